/** What a session is asked to do, carried out: one case for each kind of motion. */
import { continueOn, finish, goTo, type Mover, oneStep, type Rest, until } from './motions.ts';
import { triggerOf } from './triggers.ts';
import type { Motion } from './types.ts';

/** Of a motion of many steps: steps between two chances to pause. */
const STEPS = 256;

type Moving = Generator<undefined, Rest>;

/** The motion as a walk; each yield is a chance to pause. */
export function* carryOut(mover: Mover, motion: Motion): Moving {
  switch (motion.kind) {
    case 'step':
    case 'next':
      return yield* steps(mover, motion);
    case 'finish':
      return yield* finish(mover, motion.back === true);
    case 'continue':
      return yield* continueOn(mover, motion.back === true, motion.here);
    case 'until': {
      const probe = triggerOf(motion.place, { view: () => mover.view() });
      if (!probe.ok) return { reason: 'step', hits: [], problems: probe.problems };
      return yield* until(mover, probe.value, motion.back === true);
    }
    case 'goto':
      return yield* goTo(mover, Math.max(mover.first, motion.tick));
  }
}

function* steps(mover: Mover, { kind, unit, count, back }: Motion & { readonly kind: 'step' | 'next' }): Moving {
  let rest: Rest = { reason: 'step', hits: [] };
  for (let i = 0; i < (count ?? 1); i++) {
    rest = yield* oneStep(mover, kind === 'next', unit, back === true);
    if (rest.reason !== 'step') break;
    if (i % STEPS === STEPS - 1) yield;
  }
  return rest;
}
