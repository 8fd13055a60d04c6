/** What a session travels through: something that runs, counts its ticks, and can be saved at each of them. */
import type { Running } from '../../kernel/replay/replay.ts';
import type { PacketResult } from '../../kernel/replay/result.ts';
import type { Problem } from '../../util/problem.ts';
import type { Machine } from '../../vm/machine.ts';

/** A replay of packets, or a scenario. What `save` answers is for `restore` alone. */
export interface Journey {
  readonly ticks: number;
  /** What runs now, a program or a timer's callback. */
  readonly machine: Machine | undefined;
  /** The test run at work. */
  readonly running: Running | undefined;
  /** There is nothing more to run. */
  readonly over: boolean;
  /**
   * Goes on by at most `budget` ticks, and no further than to the first insn of a program. A result when a program has
   * ended, `paused` when it needs more, undefined at the end.
   */
  advance(budget: number): PacketResult | 'paused' | Problem[] | undefined;
  save(): unknown;
  restore(state: unknown): void;
}
