/** What there is to look at in one moment of a session; everything that shows or evaluates something takes one. */
import type { Kernel } from '../kernel/kernel.ts';
import type { Running } from '../kernel/replay/replay.ts';
import type { Machine } from '../vm/machine.ts';
import type { Symbols } from './symbols.ts';

/** One moment. It is valid until the session moves. */
export interface View {
  readonly kernel: Kernel;
  readonly symbols: Symbols;
  /** What runs: a program or a timer's callback; undefined between packets. */
  readonly machine: Machine | undefined;
  /** The test run that it belongs to; undefined between packets and in callbacks of timers. */
  readonly running: Running | undefined;
  /** Frame that is looked at, 0 for the program's first. */
  readonly depth: number;
  /** Ticks since the session began; undefined for views that belong to none. */
  readonly tick?: number;
}
