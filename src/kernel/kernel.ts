/** A simulated kernel: maps and programs in one memory, and the runs over them. */
import type { KernelBtf } from '../btf/kernelBtf.ts';
import type { Cgroup, Task } from '../helpers/ports/task.ts';
import type { MapEnv } from '../maps/attr.ts';
import { ringbufConsume } from '../maps/ringbuf.ts';
import { type UserSampleState, userRingbufProduce } from '../maps/userRingbuf.ts';
import { Arena } from '../mem/arena.ts';
import type { LinearMemoryOptions } from '../mem/linear.ts';
import { Snapshots } from '../mem/snapshot.ts';
import { loopbackNetNs } from '../net/route/link.ts';
import type { NetNs } from '../net/route/netns.ts';
import { deviceByIndex } from '../net/route/netns.ts';
import { ERRNO } from '../spec/errno.ts';
import { MAP_TYPES } from '../spec/mapTypes.ts';
import type { KernelBehaviour, KernelName } from '../spec/profiles.ts';
import { DEFAULT_KERNEL, kernelProfile } from '../spec/profiles.ts';
import type { LoadRequest } from '../spec/request.ts';
import { ok, type Result } from '../util/problem.ts';
import type { Frames } from '../vm/frames.ts';
import { allocFrames } from '../vm/frames.ts';
import { listPins, type Pin, pinnedObject, pinObject, unpinObject } from './bpffs.ts';
import { ROOT_CGROUP, withCgroup } from './cgroups.ts';
import type { Clock } from './clock.ts';
import { clockAt } from './clock.ts';
import type { KernelCore, KernelSnapshot } from './core.ts';
import { FIRST_FDS } from './fds.ts';
import { type IterInput, IterRun } from './iter/run.ts';
import { closeObject } from './lifetime.ts';
import type { LoadOptions } from './load/existing.ts';
import type { LoadedRequest } from './load/request.ts';
import { loadRequest } from './load/request.ts';
import type { LocalInput } from './local/local.ts';
import { prepareLocal } from './local/run.ts';
import { MapFile, openMapFile } from './mapCommands.ts';
import { IDLE_NODE } from './node/state.ts';
import { cookieOf } from './ports/sockets.ts';
import { listenSockets } from './sockets/listen.ts';
import { groupOf, NO_SOCKETS } from './sockets/table.ts';
import { fillTask, INIT_TASK } from './task.ts';
import { TestRun } from './testRun/run.ts';
import type { SockRunInput } from './testRun/uarg.ts';
import { TimerRun } from './timers.ts';
import type { MapRecord, Output, OutputList, ProgRecord, World } from './world.ts';
import { outputsSince, withOutput } from './world.ts';

/** How a kernel is made. Two kernels with equal options answer alike, byte for byte. */
export interface KernelOptions extends LinearMemoryOptions {
  /** Possible CPUs; default 1. */
  readonly cpus?: number;
  /** Seed of everything random: bpf_get_prandom_u32, hash seeds. Default 1. */
  readonly seed?: number;
  /**
   * What every byte of the stack holds when a program begins, 0 to 255; default 0. Linux clears nothing: with another value than
   * 0 a program shows whether it depends on bytes that it never wrote.
   */
  readonly stackFill?: number;
  /** The kernel profile whose behaviour is simulated; default `6.12`. */
  readonly kernel?: KernelName;
  /** Single flags of behaviour other than the profile's. */
  readonly behaviour?: Partial<KernelBehaviour>;
  /** Nanoseconds since boot at which the clock starts; default 1,000 seconds. */
  readonly clockNs?: bigint;
  /** The node's network namespace; default one with nothing but the loopback, up. */
  readonly node?: NetNs;
  /**
   * The kernel's BTF, asked for when a program looks a type up in it or prints a value by it (bpf_snprintf_btf,
   * bpf_btf_find_by_name_kind): `builtinBtf`, or that of a file (`openKernelBtf`). Without it such a call is not simulated.
   */
  readonly kernelBtf?: () => KernelBtf;
}

/** The largest number of insns that one run may execute, unless it is asked for more. */
export const DEFAULT_INSN_LIMIT = 100_000_000;

export class Kernel implements KernelCore {
  readonly arena: Arena;
  readonly maps: MapEnv;
  readonly seed: number;
  readonly kernelBtf: (() => KernelBtf) | undefined;
  world: World;
  readonly #frames: Frames;
  readonly #snapshots: Snapshots;

  private constructor(arena: Arena, frames: Frames, options: KernelOptions) {
    this.arena = arena;
    this.#frames = frames;
    this.seed = options.seed ?? 1;
    this.kernelBtf = options.kernelBtf;
    const { behaviour } = kernelProfile(options.kernel ?? DEFAULT_KERNEL);
    this.maps = {
      arena,
      cpus: options.cpus ?? 1,
      deviceExists: (ifindex) => deviceByIndex(this.world.net, ifindex) !== undefined,
      cgroupExists: (id) => this.world.cgroups.some((c) => c.id === id),
      sockCookie: (sk) => cookieOf(this, sk),
      inReuseport: (sk) => groupOf(this.world.sockets, sk) !== undefined,
      locks: undefined,
      ...behaviour,
      ...options.behaviour,
    };
    this.#snapshots = new Snapshots(arena);
    this.world = {
      clock: clockAt(options.clockNs ?? 1_000_000_000_000n),
      random: this.seed | 0,
      cpu: 0,
      nextId: 1,
      maps: [],
      progs: [],
      open: [],
      pins: [],
      output: undefined,
      timers: { queue: undefined, seq: 0, running: undefined },
      iterSessions: 0,
      net: options.node ?? loopbackNetNs(),
      redirect: undefined,
      sockets: NO_SOCKETS,
      parked: [],
      node: IDLE_NODE,
      task: INIT_TASK,
      taskObjects: undefined,
      cgroups: [ROOT_CGROUP],
      files: FIRST_FDS,
      interleave: undefined,
    };
  }

  /** A kernel with nothing loaded; fails only where the memory limit does not even hold its tables. */
  static create(options: KernelOptions = {}): Result<Kernel> {
    const arena = new Arena(options);
    const frames = allocFrames(arena, options.stackFill ?? 0);
    if (!frames.ok) return frames;
    const kernel = new Kernel(arena, frames.value, options);
    const opened = listenSockets(kernel, options.node?.sockets ?? []);
    return opened.ok ? ok(kernel) : opened;
  }

  /** The frames of the program that runs now: a CPU that runs while others are suspended has its own. */
  get frames(): Frames {
    return this.world.interleave?.frames ?? this.#frames;
  }

  /**
   * Creates the maps of a request, then loads its programs, as a loader over bpf(2) would. With `pins` maps declared with
   * `pinning=by_name` are shared by all loads: what is pinned there with the same attributes is used, else it is made and
   * pinned. The loader keeps a descriptor of each map and program: {@link Kernel.close}.
   */
  load(request: LoadRequest, options?: LoadOptions): LoadedRequest {
    return loadRequest(this, request, options);
  }

  /**
   * Closes a descriptor that a load or `openOrCreateMap` gave: 0, or -EBADF when none is left. A map or program that nothing
   * holds any more (descriptors, pins; a map: programs and outer maps; a program: prog_arrays, timers) goes.
   */
  close(object: MapRecord | ProgRecord): number {
    return closeObject(this, object);
  }

  /**
   * Pins a map or program in the BPF file system, below /sys/fs/bpf; directories on the way are made. 0 or a negative errno:
   * -EEXIST, -EPERM outside of it and for names with a dot, -ENOTDIR below a pin, -EINVAL for an object that is gone.
   */
  pin(object: MapRecord | ProgRecord, path: string): number {
    return pinObject(this, object, path);
  }

  /** Removes a pin: 0, or -ENOENT, -EISDIR, -ENOTDIR. */
  unpin(path: string): number {
    return unpinObject(this, path);
  }

  /** The map or program that is pinned at a path, or -ENOENT, -EACCES for a directory, -ENOTDIR below a pin. */
  pinned(path: string): MapRecord | ProgRecord | number {
    return pinnedObject(this, path);
  }

  /** What is pinned in a directory and below it, by path; everything without one. */
  pins(directory?: string): readonly Pin[] {
    return listPins(this.world, directory);
  }

  /** A BPF_PROG_TEST_RUN of a loaded program, to be advanced until it is done. */
  testRun(prog: ProgRecord, input: SockRunInput, insnLimit = DEFAULT_INSN_LIMIT): TestRun {
    return new TestRun(this, prog, input, insnLimit);
  }

  /**
   * A run of a program whose type has no BPF_PROG_TEST_RUN: `input.ctx` is the context's uapi struct, from which the
   * kernel objects behind it are filled; the struct as the program leaves it comes back.
   */
  localRun(prog: ProgRecord, input: LocalInput, insnLimit = DEFAULT_INSN_LIMIT): TestRun {
    return new TestRun(this, prog, input, insnLimit, (kernel, p) => prepareLocal(kernel, p, input));
  }

  /** A run of an iterator program (SEC("iter/bpf_map_elem"), "iter/bpf_sk_storage_map") over a map, until its reader is done. */
  iterRun(prog: ProgRecord, input: IterInput, insnLimit = DEFAULT_INSN_LIMIT): IterRun {
    return new IterRun(this, prog, input, insnLimit);
  }

  /** Sets the virtual clock. */
  setClock(clock: Clock): void {
    this.world = { ...this.world, clock };
  }

  /** Lets time pass until `clock`: timers and work queues that are due run, then the clock stands there. */
  advanceClock(clock: Clock, insnLimit = DEFAULT_INSN_LIMIT): TimerRun {
    return new TimerRun(this, clock, insnLimit);
  }

  /** The CPU that the next runs happen on, from 0. */
  setCpu(cpu: number): void {
    this.world = { ...this.world, cpu };
  }

  /** Plays user space that fills a user ring buffer: 0, -E2BIG where a sample can never fit, -ENOSPC where it does not now. */
  fillUserRingbuf(map: MapRecord, sample: Uint8Array, state: UserSampleState = 'committed'): number {
    return userRingbufProduce(this.maps, map.address, sample, state);
  }

  /** Makes another task the current one; what is not given stays. Its cgroup must be there. */
  setTask(task: Partial<Task>): void {
    this.world = { ...this.world, task: { ...this.world.task, ...task } };
    if (this.world.taskObjects) fillTask(this.maps, this.world.taskObjects, this.world.task);
  }

  /** Adds a cgroup below another; false when its id is taken, its parent missing, or a program has already seen the tree. */
  addCgroup(cgroup: Cgroup): boolean {
    const cgroups = this.world.taskObjects ? undefined : withCgroup(this.world.cgroups, cgroup);
    if (cgroups) this.world = { ...this.world, cgroups };
    return cgroups !== undefined;
  }

  /** A loaded map by name; of several the one that was loaded first. */
  map(name: string): MapRecord | undefined {
    return this.world.maps.find((m) => m.name === name);
  }

  /**
   * A descriptor of a loaded map, for what user space does with maps: the creator's, or with `flags` (BPF_F_RDONLY,
   * BPF_F_WRONLY or 0) one of its own. A negative errno: -EINVAL for other flags, -ENOENT when there is no such map.
   */
  openMap(map: string | MapRecord, flags?: number): MapFile | number {
    const record = typeof map === 'string' ? this.map(map) : map;
    if (!record) return -ERRNO.ENOENT;
    return flags === undefined ? new MapFile(this, record) : openMapFile(this, record, flags);
  }

  /** A loaded program by name; of several the one that was loaded first. */
  prog(name: string): ProgRecord | undefined {
    return this.world.progs.find((p) => p.name === name);
  }

  /** What programs have said since `mark` (a former `kernel.world.output`), oldest first. */
  outputs(mark?: OutputList): Output[] {
    return outputsSince(this.world, mark);
  }

  /** Plays a reader of every ring buffer: takes the committed samples out, each an output of kind `ringbuf`. */
  readRingbufs(): void {
    for (const { type, address } of this.world.maps) {
      if (type !== MAP_TYPES.ringbuf.id) continue;
      for (let data = ringbufConsume(this.maps, address); data; data = ringbufConsume(this.maps, address)) {
        this.world = withOutput(this.world, { kind: 'ringbuf', map: address, data });
      }
    }
  }

  /** The state of memory and World now; later changes do not reach it. */
  snapshot(): KernelSnapshot {
    return { memory: this.#snapshots.take(), world: this.world };
  }

  /** Goes back to a snapshot of this kernel. */
  restore(snapshot: KernelSnapshot): void {
    this.#snapshots.restore(snapshot.memory);
    this.world = snapshot.world;
  }
}
