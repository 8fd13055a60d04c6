/** Questions about the past: who wrote this, when did that become true. The session stands where it stood afterwards. */
import { fail, ok, type Result } from '../../util/problem.ts';
import { parseExpr, place, reads } from '../expr/index.ts';
import type { TailJump } from '../inspect/tailCalls.ts';
import { holds, parseCondition } from './condition.ts';
import { framesOf } from './frames.ts';
import { calleeName, writesMemory, writesRegister } from './insnEffects.ts';
import { sessionProblem } from './messages.ts';
import type { Mover } from './motions.ts';
import { type Probe, searchBack } from './search.ts';
import type { Frame } from './types.ts';
import { watched, watchProbe } from './watch.ts';

/** A moment in the past that answers a question. */
export interface Answer {
  readonly tick: number;
  /** The insn in question: the innermost frame of that moment. */
  readonly frame: Frame | undefined;
  /** `0 -> 22609`, where something was written. */
  readonly detail: string;
}

/** A question at work: each yield is a chance to pause; the answer, or undefined when there was no such moment. */
export type Query = Generator<undefined, Answer | undefined>;

function* lastMoment(mover: Mover, probe: Probe<string>): Query {
  const { timeline, marks, first } = mover;
  const now = timeline.tick;
  try {
    const found = yield* searchBack(timeline, marks, probe, first);
    if ('ended' in found) return undefined;
    return { tick: found.tick, frame: framesOf(mover.view())[0], detail: found.what };
  } finally {
    // Also when it is given up: nobody has moved.
    marks.clear();
    const back = timeline.seek(now);
    while (!back.next().done);
  }
}

/** The tail calls that the run at work has made so far, oldest first. */
export function* tailJumps(mover: Mover): Generator<undefined, TailJump[]> {
  const { timeline, marks } = mover;
  const now = timeline.tick;
  const jumps: TailJump[] = [];
  if (!timeline.machine || timeline.machine.tailCalls === 0) return jumps;
  try {
    yield* timeline.seek(timeline.began);
    marks.set((prog, slot, insn) => insn.row?.kind === 'call' && calleeName(prog, slot, insn) === 'bpf_tail_call');
    while (timeline.tick < now) {
      const event = timeline.forward(Math.min(now - timeline.tick, 100_000));
      const { machine } = timeline;
      if (event.kind === 'stop' && machine && timeline.tick < now) {
        const [jump, made] = [{ prog: machine.prog.id, slot: machine.pc }, machine.tailCalls];
        timeline.step();
        if ((timeline.machine?.tailCalls ?? 0) > made) jumps.push(jump);
      }
      yield;
    }
    return jumps;
  } finally {
    marks.clear();
    const back = timeline.seek(now);
    while (!back.next().done);
  }
}

/** Who last wrote what an expression names: a register, bytes of stack, packet or context, an element of a map. */
export function lastWrite(mover: Mover, text: string): Result<Query> {
  const parsed = parseExpr(watched(text));
  if (!parsed.ok) return parsed;
  if (!place(parsed.value, mover.view())) return fail(sessionProblem('no-writes', {}, { text }));
  const probe = watchProbe(text, { view: () => mover.view() });
  return probe.ok ? ok(lastMoment(mover, probe.value)) : probe;
}

/** When a condition last became true: the insn that made it so, or the beginning of a run in which it was. */
export function becameTrue(mover: Mover, text: string): Result<Query> {
  const parsed = parseCondition(text, mover.view());
  if (!parsed.ok) return parsed;
  const expr = parsed.value;
  const depends = reads(expr);
  const isSo = (): boolean => holds(expr, mover.view());
  const probe: Probe<string> = {
    wants: (_prog, _slot, insn) =>
      depends.always ||
      insn.row?.kind === 'exit' ||
      (insn.row?.kind === 'call' && insn.row.target === 'local') ||
      (depends.memory && writesMemory(insn)) ||
      depends.registers.some((r) => writesRegister(insn, r)),
    around: () => {
      const before = isSo();
      return () => (!before && isSo() ? `${text} became true` : undefined);
    },
    begin: () => (isSo() ? `${text} was true from the beginning` : undefined),
  };
  return ok(lastMoment(mover, probe));
}
