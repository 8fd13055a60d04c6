import type { Problem } from '../../util/problem.ts';
import type { KernelCore } from '../core.ts';
import type { PacketObjects } from '../env.ts';
import type { ProgRecord } from '../world.ts';
import type { TestRunInput, TestRunOutput } from './uarg.ts';

/** A packet and context set up in linear memory for one test run. */
export interface PreparedRun {
  /** The kernel object behind the context (sk_buff, xdp_buff). */
  readonly object: number;
  readonly packets: PacketObjects;
  /** What the syscall answers once the program has run. */
  finish(retval: number): TestRunOutput;
  /** Gives the packet's memory back. */
  free(): void;
}

/** Sets up a run of one prog type, or says with which errno (positive) it is refused, or what is not simulated. */
export type PrepareRun = (
  kernel: KernelCore,
  prog: ProgRecord,
  input: TestRunInput,
) => PreparedRun | { readonly errno: number } | { readonly problem: Problem };
