/** The kernel's side of the helpers' port and of the interpreter's host. */
import type { KernelBtf } from '../btf/kernelBtf.ts';
import type { ClockName, HelperEnv, PerfRecord } from '../helpers/env.ts';
import type { DevicePort } from '../helpers/ports/devices.ts';
import type { FibPort } from '../helpers/ports/fib.ts';
import type { SocketPort } from '../helpers/ports/sockets.ts';
import type { SyscallPort } from '../helpers/ports/syscall.ts';
import type { TaskPort } from '../helpers/ports/task.ts';
import type { TimerPort } from '../helpers/ports/timers.ts';
import type { MapEnv } from '../maps/attr.ts';
import { mapInfo } from '../maps/object.ts';
import { progArrayGet } from '../maps/progArray.ts';
import type { Arena } from '../mem/arena.ts';
import { kindNumber } from '../mem/kinds.ts';
import type { CtxUser } from '../vm/ctxView.ts';
import { ctxLoad, ctxStore } from '../vm/ctxView.ts';
import type { Executable } from '../vm/executable.ts';
import type { MachineHost } from '../vm/host.ts';
import { clockJiffies, clockNs } from './clock.ts';
import type { KernelCore } from './core.ts';
import { devicePort } from './ports/devices.ts';
import { fibPort } from './ports/fib.ts';
import { socketPort } from './ports/sockets.ts';
import { syscallPort } from './ports/syscall.ts';
import { taskPort } from './ports/task.ts';
import { timerPort } from './ports/timers.ts';
import { nextRandomState, randomOf } from './random.ts';
import { copyWorld, type Output, withOutput } from './world.ts';

/** What a packet program's objects look like to the helpers. */
export interface PacketObjects {
  /** Recomputes what the program may touch after its packet moved. */
  moved(object: number): void;
  /** LD_ABS/LD_IND on the object: big-endian value or -1. */
  load(object: number, offset: number, size: number): number;
}

/** The network namespace's cookie: the first one of a boot is 1. */
const INIT_NET_COOKIE = 1;

const TEXT_KIND = kindNumber('text');
const CTX_KIND = kindNumber('ctx');

/** The environment of one program run; it lives as long as the run. */
export class RunEnv implements HelperEnv, MachineHost {
  readonly arena: Arena;
  readonly maps: MapEnv;
  readonly result = { lo: 0, hi: 0 };
  readonly lack = { what: '' };
  readonly progType: string;
  readonly cgRunCtx: number;
  readonly seqFile: number;
  readonly #kernel: KernelCore;
  readonly #packets: PacketObjects;
  readonly #user: CtxUser;
  #sockets: SocketPort | undefined;
  #fib: FibPort | undefined;
  #devices: DevicePort | undefined;
  #tasks: TaskPort | undefined;
  #syscalls: SyscallPort | undefined;
  #timers: TimerPort | undefined;
  #chain: () => readonly number[] = () => [];

  constructor(kernel: KernelCore, user: CtxUser, packets: PacketObjects, cgRunCtx = 0, seqFile = 0) {
    this.cgRunCtx = cgRunCtx;
    this.seqFile = seqFile;
    this.#kernel = kernel;
    this.#packets = packets;
    this.#user = user;
    this.maps = kernel.maps;
    this.arena = kernel.arena;
    this.progType = user.progType;
  }

  // Ports are made when a helper asks for them: most runs need none, and there is a run for every packet.

  get sockets(): SocketPort {
    this.#sockets ??= socketPort(this.#kernel, (lo, hi) => this.ret64(lo, hi));
    return this.#sockets;
  }

  get fib(): FibPort {
    this.#fib ??= fibPort(this.#kernel);
    return this.#fib;
  }

  get devices(): DevicePort {
    this.#devices ??= devicePort(this.#kernel);
    return this.#devices;
  }

  get tasks(): TaskPort {
    this.#tasks ??= taskPort(this.#kernel);
    return this.#tasks;
  }

  get syscalls(): SyscallPort {
    this.#syscalls ??= syscallPort(this.#kernel, (what) => this.notSimulated(what));
    return this.#syscalls;
  }

  get timers(): TimerPort {
    this.#timers ??= timerPort(this.#kernel);
    return this.#timers;
  }

  get env(): HelperEnv {
    return this;
  }

  get cpu(): number {
    return this.#kernel.world.cpu;
  }

  ret64(lo: number, hi: number): void {
    this.result.lo = lo | 0;
    this.result.hi = hi | 0;
  }

  object(pointer: number): number {
    return this.arena.ownerAt(pointer);
  }

  packetMoved(object: number): void {
    this.#packets.moved(object);
  }

  clock(name: ClockName): void {
    const { clock } = this.#kernel.world;
    const [lo, hi] = name === 'jiffies' ? clockJiffies(clock) : clockNs(clock);
    this.ret64(lo, hi);
  }

  random(): number {
    const world = copyWorld(this.#kernel.world);
    world.random = nextRandomState(world.random);
    this.#kernel.world = world;
    return randomOf(this.#kernel.world.random);
  }

  netnsCookie(object: number): void {
    this.ret64(object === 0 ? INIT_NET_COOKIE : this.#kernel.world.net.cookie, 0);
  }

  trace(line: string): void {
    this.#emit({ kind: 'trace', line });
  }

  perfEvent(record: PerfRecord): number {
    this.#emit({ kind: 'perf', record });
    return 0;
  }

  callChain(): readonly number[] {
    return this.#chain();
  }

  setCallChain(chain: () => readonly number[]): void {
    this.#chain = chain;
  }

  kernelBtf(): KernelBtf | undefined {
    return this.#kernel.kernelBtf?.();
  }

  notSimulated(what: string): void {
    this.lack.what = what;
  }

  program(id: number): Executable | undefined {
    return this.#kernel.world.progs.find((p) => p.id === id)?.executable;
  }

  programAt(address: number): Executable | undefined {
    if (this.arena.kindAt(address) !== TEXT_KIND || (address & 7) !== 0) return undefined;
    return this.program(this.arena.ownerAt(address));
  }

  tailCallTarget(map: number, index: number): Executable | undefined {
    const id = progArrayGet(this.maps, map, index);
    return id === 0 ? undefined : this.program(id);
  }

  ctxLoad(address: number, size: number): boolean {
    return ctxLoad(this.arena, this.#user, address, size, this.result);
  }

  ctxStore(address: number, size: number, lo: number, hi: number): boolean {
    return ctxStore(this.arena, this.#user, address, size, lo, hi);
  }

  packetLoad(ctx: number, offset: number, size: number): number {
    return this.arena.kindAt(ctx) === CTX_KIND ? this.#packets.load(this.object(ctx), offset, size) : -1;
  }

  ownerName(kind: string, owner: number): string {
    return kind.startsWith('map') && owner !== 0 ? mapInfo(this.maps, owner).name : '';
  }

  #emit(entry: Output): void {
    this.#kernel.world = withOutput(this.#kernel.world, entry);
  }
}
