/** Motions in slices, for whoever must look at a keyboard or a client between them. */
import type { Rest } from './motions.ts';
import type { Stop } from './types.ts';

/** Ticks of a slice. */
const SLICE = 100_000;
/** Ticks that one piece of running counts for at least: a short one begins a packet or goes back to a checkpoint. */
const LEAST = 5000;
/** Texts of log points that are kept. */
const MOST_SAID = 10_000;

/** A motion at work. */
export interface MoveRun {
  /** Goes on by roughly `budget` ticks; why it stopped, once it has. */
  advance(budget?: number): Stop | undefined;
  /** Ends it where it is. */
  pause(): Stop;
  /** What log points have said since this was last asked; the stop tells the rest. */
  said(): readonly string[];
}

/** A walk as a run of slices; `rested` makes a stop of where it came to rest, `tick` says how far it is. */
export function moveRun(
  motion: Generator<undefined, Rest>,
  said: Said,
  rested: (rest: Rest) => Stop,
  tick: () => number,
): MoveRun {
  let stop: Stop | undefined;
  return {
    advance: (budget = SLICE) => {
      // Pieces of running are of at most SLICE ticks; those of short programs are taken together.
      for (let spent = 0, first = true; !stop && (first || spent < budget); first = false) {
        const from = tick();
        const next = motion.next();
        spent += Math.max(LEAST, Math.abs(tick() - from));
        if (next.done) stop = rested(next.value);
      }
      return stop;
    },
    pause: () => {
      if (stop) return stop;
      motion.return({ reason: 'pause', hits: [] });
      stop = rested({ reason: 'pause', hits: [] });
      return stop;
    },
    said: () => said.take(),
  };
}

/** What log points say until somebody takes it; beyond a limit only that there is more. */
export class Said {
  #lines: string[] = [];

  add(text: string): void {
    if (this.#lines.length < MOST_SAID) this.#lines.push(text);
    else if (this.#lines.length === MOST_SAID) this.#lines.push('… (more was said)');
  }

  take(): readonly string[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }
}
