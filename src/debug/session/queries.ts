/** Questions about the past: who wrote this, when did that become true. The session stands where it stood afterwards. */
import { fail, ok, type Result } from '../../util/problem.ts';
import { parseExpr, place, reads } from '../expr/index.ts';
import type { TailJump } from '../inspect/tailCalls.ts';
import { holds, parseCondition } from './condition.ts';
import { excursion } from './excursion.ts';
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

function lastMoment(mover: Mover, probe: Probe<string>): Query {
  return excursion(mover, function* () {
    const found = yield* searchBack(mover.timeline, mover.marks, probe, mover.first);
    if ('ended' in found) return undefined;
    return { tick: found.tick, frame: framesOf(mover.view())[0], detail: found.what[0]! };
  });
}

/** The tail calls that the run at work has made so far, oldest first. */
export function tailJumps(mover: Mover): Generator<undefined, TailJump[]> {
  const { timeline, marks } = mover;
  return excursion(mover, function* () {
    const now = timeline.tick;
    const jumps: TailJump[] = [];
    if (!timeline.machine || timeline.machine.tailCalls === 0) return jumps;
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
  });
}

/** How a register came to be what it is: written, returned by a function, there since a frame was entered or the program begun again. */
interface RegisterStep {
  readonly kind: 'write' | 'return' | 'call' | 'again';
  readonly detail: string;
}

/** What an insn does to a register of the frame at `depth`. */
function registerStep(mover: Mover, reg: number, depth: number): Probe<RegisterStep> {
  const hex = (value: bigint | undefined): string => `0x${(value ?? 0n).toString(16)}`;
  return {
    wants: (_prog, _slot, insn) => writesRegister(insn, reg) || insn.row?.kind === 'call' || insn.row?.kind === 'exit',
    around: () => {
      const { machine } = mover.timeline;
      const insn = machine?.prog.insns[machine.pc];
      if (!machine || !insn) return undefined;
      const from = machine.depth;
      const exits = insn.row?.kind === 'exit';
      // Of several runs of `repeat` each has new registers.
      if (exits && from === 0) return () => ({ kind: 'again', detail: '' });
      if (exits && reg !== 0) return undefined;
      const writes = from === depth && writesRegister(insn, reg);
      const before = machine.register(reg, Math.min(depth, from));
      return () => {
        const to = mover.timeline.machine?.depth ?? -1;
        const after = to < depth ? undefined : mover.timeline.machine?.register(reg, depth);
        const detail = `${hex(before)} -> ${hex(after)}`;
        if (writes && to === depth) return { kind: 'write', detail };
        if (from === depth + 1 && to === depth) return { kind: 'return', detail };
        return from === depth - 1 && to === depth ? { kind: 'call', detail } : undefined;
      };
    },
  };
}

/** Arguments are the caller's registers; those of a callback are the helper's. */
const isArgument = (reg: number): boolean => reg >= 1 && reg <= 5;

/** Follows a register back to the insn that wrote it: through returns into the function, through calls to the caller. */
function registerWrite(mover: Mover, reg: number, depth: number): Query {
  const { timeline, marks } = mover;
  return excursion(mover, function* () {
    // Nothing of an earlier run is in its registers.
    const { began } = timeline;
    for (let frame = depth; ; ) {
      const found = yield* searchBack(timeline, marks, registerStep(mover, reg, frame), began);
      if ('ended' in found) return undefined;
      const { kind, detail } = found.what[0]!;
      if (kind === 'again') return undefined;
      const insn = timeline.machine?.prog.insns[timeline.machine.pc];
      const byHelper = kind === 'call' && insn?.row?.kind === 'call' && insn.row.target === 'helper';
      if (kind === 'write' || byHelper) return { tick: found.tick, frame: framesOf(mover.view())[0], detail };
      if (kind === 'return') frame++;
      else if (isArgument(reg)) frame--;
      else return undefined;
    }
  });
}

/** Who last wrote what an expression names: a register, bytes of stack, packet or context, an element of a map. */
export function lastWrite(mover: Mover, text: string): Result<Query> {
  const parsed = parseExpr(watched(text));
  if (!parsed.ok) return parsed;
  const named = place(parsed.value, mover.view());
  if (!named) return fail(sessionProblem('no-writes', {}, { text }));
  if (named.kind === 'register') return ok(registerWrite(mover, named.reg, named.depth));
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
      insn.row?.kind === 'call' ||
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
