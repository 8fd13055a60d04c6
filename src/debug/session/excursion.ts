/** Looking elsewhere in time without moving. */
import type { Mover } from './motions.ts';

/** Runs what goes to other moments, then is back at the present one: also when it is given up half-way. */
export function* excursion<T>(
  mover: Pick<Mover, 'timeline' | 'marks'>,
  visit: () => Generator<undefined, T>,
): Generator<undefined, T> {
  const { timeline, marks } = mover;
  const now = timeline.tick;
  try {
    return yield* visit();
  } finally {
    marks.clear();
    timeline.goTo(now);
  }
}
