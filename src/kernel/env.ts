/** The kernel's side of the helpers' port and of the interpreter's host. */
import type { ClockName, DevicePort, FibPort, HelperEnv, PerfRecord, SocketPort } from '../helpers/env.ts';
import type { MapEnv } from '../maps/attr.ts';
import { mapInfo } from '../maps/object.ts';
import { progArrayGet } from '../maps/progArray.ts';
import type { Arena } from '../mem/arena.ts';
import { kindNumber } from '../mem/kinds.ts';
import { LOOPBACK_IFINDEX } from '../net/netDevice.ts';
import { UAPI } from '../spec/constants.ts';
import type { CtxUser } from '../vm/ctxView.ts';
import { ctxLoad, ctxStore } from '../vm/ctxView.ts';
import type { Executable } from '../vm/executable.ts';
import type { MachineHost } from '../vm/host.ts';
import { clockJiffies, clockNs } from './clock.ts';
import { nextRandomState, randomOf } from './random.ts';
import { type Output, type World, withOutput } from './world.ts';

/** Where the world is kept: whoever changes it puts the new one here. */
export interface WorldHolder {
  world: World;
}

/** What a packet program's objects look like to the helpers. */
export interface PacketObjects {
  /** Recomputes what the program may touch after its packet moved. */
  moved(object: number): void;
  /** LD_ABS/LD_IND on the object: big-endian value or -1. */
  load(object: number, offset: number, size: number): number;
}

/** Only the loopback device (ifindex 1) exists; sockets and routes come with the simulated node. */
const NO_SOCKETS: SocketPort = {
  lookup: () => 0,
  release: () => undefined,
  cookie: () => undefined,
};
/** The loopback forwards nothing. */
const NO_ROUTES: FibPort = { lookup: () => UAPI.BPF_FIB_LKUP_RET_FWD_DISABLED };

/** The network namespace's cookie: the first one of a boot is 1. */
const INIT_NET_COOKIE = 1;

const TEXT_KIND = kindNumber('text');
const CTX_KIND = kindNumber('ctx');

/** The environment of one program run; it lives as long as the run. */
export class RunEnv implements HelperEnv, MachineHost {
  readonly arena: Arena;
  readonly maps: MapEnv;
  readonly result = { lo: 0, hi: 0 };
  readonly sockets = NO_SOCKETS;
  readonly fib = NO_ROUTES;
  readonly devices: DevicePort;
  readonly progType: string;
  readonly #holder: WorldHolder;
  readonly #packets: PacketObjects;
  readonly #user: CtxUser;

  constructor(holder: WorldHolder, maps: MapEnv, user: CtxUser, packets: PacketObjects) {
    this.#holder = holder;
    this.#packets = packets;
    this.maps = maps;
    this.arena = maps.arena;
    this.progType = user.progType;
    this.#user = user;
    this.devices = {
      exists: (ifindex) => ifindex === LOOPBACK_IFINDEX,
      // The loopback takes the copy and, with nobody listening, drops it.
      cloneRedirect: () => 0,
      setRedirect: (redirect) => {
        holder.world = { ...holder.world, redirect };
      },
    };
  }

  get env(): HelperEnv {
    return this;
  }

  get cpu(): number {
    return this.#holder.world.cpu;
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
    const { clock } = this.#holder.world;
    const [lo, hi] = name === 'jiffies' ? clockJiffies(clock) : clockNs(clock);
    this.ret64(lo, hi);
  }

  random(): number {
    const { world } = this.#holder;
    this.#holder.world = { ...world, random: nextRandomState(world.random) };
    return randomOf(this.#holder.world.random);
  }

  netnsCookie(): void {
    this.ret64(INIT_NET_COOKIE, 0);
  }

  trace(line: string): void {
    this.#emit({ kind: 'trace', line });
  }

  perfEvent(record: PerfRecord): number {
    this.#emit({ kind: 'perf', record });
    return 0;
  }

  program(id: number): Executable | undefined {
    return this.#holder.world.progs.find((p) => p.id === id)?.executable;
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
    this.#holder.world = withOutput(this.#holder.world, entry);
  }
}
