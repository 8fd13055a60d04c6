import type { Problem } from '../../util/problem.ts';
import type { KernelCore } from '../core.ts';
import type { PacketObjects } from '../env.ts';
import type { ProgRecord } from '../world.ts';
import type { SockRunInput, TestRunOutput } from './uarg.ts';

/**
 * What a program finds in R1: a view of a kernel object (sk_buff, xdp_buff …) through the prog type's context struct, or
 * an address of memory that is the context itself.
 */
type RunCtx = { readonly object: number } | { readonly address: number };

/** What one run of one prog type works on, set up in linear memory. */
export interface PreparedRun {
  readonly ctx: RunCtx;
  readonly packets: PacketObjects;
  /** Address of a bpf_cg_run_ctx, for cgroup programs. */
  readonly cgRunCtx?: number;
  /** How often the program runs over it, at least once. */
  readonly repeat: number;
  /** Makes ready for run number `n`, counted from 0. What it needs to remember between runs lies in linear memory. */
  before?(n: number): void;
  /** What the caller makes of R0 (unsigned 32 bits) after run number `n`; absent: R0 itself. */
  after?(retval: number, n: number): number;
  /** What the syscall answers once the program has run; `retval` is that of the last run. */
  finish(retval: number): TestRunOutput;
  /** Gives the memory back. */
  free(): void;
}

/** Why there is nothing to run: a positive errno, an answer that needs no program, or what is not simulated. */
type NotPrepared = { readonly errno: number } | { readonly output: TestRunOutput } | { readonly problem: Problem };

/** Sets up a run of one prog type. One of these stands in the table for each type that can be run. */
export type PrepareRun = (kernel: KernelCore, prog: ProgRecord, input: SockRunInput) => PreparedRun | NotPrepared;

/** For contexts that have no packet. */
export const NO_PACKET: PacketObjects = { moved: () => undefined, load: () => -1 };
