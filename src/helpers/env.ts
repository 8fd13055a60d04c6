/**
 * The port of `helpers/`: everything a helper needs that is not linear memory. `vm/` and `kernel/` implement it; what
 * belongs to one theme stands in `ports/`.
 *
 * ABI: pointers, sizes and 32-bit values are one `number`; a 64-bit scalar is two (low half, high half). A helper
 * returns a `number` (negative errno, count, address or u32) or, when its result is a 64-bit scalar, writes it with
 * `ret64` and returns nothing. A helper with nothing behind it (no route, no socket) returns what the kernel returns then.
 */
import type { KernelBtf } from '../btf/kernelBtf.ts';
import type { MapEnv } from '../maps/attr.ts';
import type { Arena } from '../mem/arena.ts';
import type { DevicePort } from './ports/devices.ts';
import type { FibPort } from './ports/fib.ts';
import type { SocketPort } from './ports/sockets.ts';
import type { SyscallPort } from './ports/syscall.ts';
import type { TaskPort } from './ports/task.ts';
import type { TimerPort } from './ports/timers.ts';

export type ClockName = 'monotonic' | 'boottime' | 'coarse' | 'tai' | 'jiffies';

/** A record that left through a perf event array. */
export interface PerfRecord {
  readonly map: number;
  readonly cpu: number;
  /** The program's record, then (skb and xdp programs) the bytes of the packet that it asked for. */
  readonly data: Uint8Array;
}

export interface HelperEnv {
  readonly arena: Arena;
  readonly maps: MapEnv;
  /** Key of the flow hash: four 32-bit words, random at a kernel's boot. */
  readonly flowHashKey?: readonly [number, number, number, number];
  /** The CPU the program runs on. */
  readonly cpu: number;
  /** Kernel name of the running program's type: `xdp`, `sched_cls` … */
  readonly progType: string;
  readonly sockets: SocketPort;
  readonly fib: FibPort;
  readonly devices: DevicePort;
  /** Address of the bpf_cg_run_ctx of a cgroup program's hook, 0 for other programs. */
  readonly cgRunCtx: number;
  /** Address of the seq_file that an iterator prints to, 0 for other programs. */
  readonly seqFile: number;
  readonly tasks: TaskPort;
  readonly syscalls: SyscallPort;
  readonly timers: TimerPort;
  /** Result of a helper that returns a 64-bit scalar. */
  ret64(lo: number, hi: number): void;
  /** The kernel object (sk_buff, xdp_buff, sock) behind the pointer that a program was given. */
  object(pointer: number): number;
  /** Packet data moved or changed its bounds: recompute what the program may touch. */
  packetMoved(object: number): void;
  /** Nanoseconds (jiffies: ticks) through ret64. */
  clock(name: ClockName): void;
  /** The next random number, unsigned 32 bits. */
  random(): number;
  /** Cookie of the network namespace through ret64. */
  netnsCookie(object: number): void;
  /** bpf_trace_printk's line, without the newline that ends it. */
  trace(line: string): void;
  /** Hands a record to whoever reads the perf buffer; 0 or a negative errno. */
  perfEvent(record: PerfRecord): number;
  /** Return addresses in the program and its subprograms, innermost first: where the text of each goes on. */
  callChain(): readonly number[];
  /** The kernel's own types; undefined where the kernel was made without. */
  kernelBtf(): KernelBtf | undefined;
  /** The call asks for something that is not simulated, named here: the run ends with a fault that says so. */
  notSimulated(what: string): void;
}

/** State words that a callback loop keeps in its frame, so that it can be paused and snapshot. */
export interface LoopState {
  /** Address of 512 bytes that the callback may read: where a map's key is put for it. */
  readonly buffer: number;
  get(word: number): number;
  set(word: number, value: number): void;
}

/**
 * What a callback loop does next: call the callback with these arguments (low, high halves of R1 …), or be done with a
 * result, whose high half is the sign of the low one unless it says otherwise.
 */
export type LoopStep =
  | { readonly call: readonly (readonly [number, number])[] }
  | { readonly done: number; readonly hi?: number };

/**
 * A helper that calls back into the program. `callbackArg` says which argument (0-based) is the callback; the
 * interpreter keeps the loop in the callback's frame and asks `next` after each return.
 */
export interface LoopHelper {
  readonly callbackArg: number;
  start(env: HelperEnv, state: LoopState, args: readonly (readonly [number, number])[]): LoopStep;
  /** `r0` is the low half of what the callback returned. */
  next(env: HelperEnv, state: LoopState, r0: number): LoopStep;
}
