/** When a frame was entered: time is turned back to there, which is what restarting it means here. */
import { excursion } from '../session/excursion.ts';
import { searchBack } from '../session/search.ts';
import type { Session } from '../session/session.ts';

/** Tick of the first insn of a frame that is there now; each yield is a chance to pause. The session stays where it is. */
export function* entryOf(session: Session, depth: number): Generator<undefined, number> {
  const frames = session.frames();
  const own = frames.find((f) => f.depth === depth);
  const caller = frames.find((f) => f.depth === depth - 1);
  if (!own || !caller) return session.began;
  // The helper that calls a callback calls it again and again: its first insn counts. A function is behind its call.
  const called = own.via === undefined;
  const [prog, slot, at] = called ? [caller.progId, caller.slot, depth - 1] : [own.progId, own.func.slot, depth];
  const { mover } = session;
  const { timeline, marks } = mover;
  if (!called && frames[0] === own && own.slot === slot) return session.tick;
  return yield* excursion(mover, function* () {
    const probe = {
      wants: (p: { readonly id: number }, s: number) => p.id === prog && s === slot,
      before: () => (timeline.machine?.depth === at ? true : undefined),
    };
    const found = yield* searchBack(timeline, marks, probe, session.began);
    if ('ended' in found) return session.began;
    return called ? found.tick + 1 : found.tick;
  });
}
