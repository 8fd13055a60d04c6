/** How a session moves: one function a motion, forwards and backwards, over the same search. */
import type { Problem } from '../../util/problem.ts';
import type { View } from '../view.ts';
import type { Marks } from './marks.ts';
import type { Ended, Found, Probe } from './search.ts';
import { searchBack, searchForward } from './search.ts';
import type { Timeline } from './timeline.ts';
import { anyOf } from './triggers.ts';
import type { Hit, StopReason } from './types.ts';

/** What a motion works with. */
export interface Mover {
  readonly timeline: Timeline;
  readonly marks: Marks;
  /** The earliest moment. */
  readonly first: number;
  /** Tick of the fault that the session stands at. */
  readonly fault: number | undefined;
  view(): View;
  /** All breakpoints as one probe. */
  breakpoints(forward: boolean): Probe<readonly Hit[]>;
}

/** Where a motion came to rest. */
export interface Rest {
  readonly reason: StopReason;
  readonly hits: readonly Hit[];
  /** What cannot be run at all. */
  readonly problems?: readonly Problem[];
}

type Moving = Generator<undefined, Rest>;
/** A hit list, or that the motion is where it wants to be. */
type Met = readonly Hit[] | 'done' | 'fault';

const STEP: Rest = { reason: 'step', hits: [] };
const NEVER = (): boolean => false;

/** The frame that runs: which run, how deep, which insn. */
interface Here {
  readonly began: number;
  readonly prog: number;
  readonly depth: number;
  readonly slot: number;
  readonly line: string;
}

function hereOf({ timeline, view }: Mover): Here | undefined {
  const { machine } = timeline;
  if (!machine) return undefined;
  const pos = view().symbols.prog(machine.prog.id)?.insns[machine.pc]?.position?.pos;
  return {
    began: timeline.began,
    prog: machine.prog.id,
    depth: machine.depth,
    slot: machine.pc,
    line: pos ? `${pos.file}:${pos.line}` : `insn ${machine.pc}`,
  };
}

const FAULT: Probe<Met> = { wants: NEVER, result: ({ fault }) => (fault ? 'fault' : undefined) };

/** Breakpoints and faults end every motion; `done` ends this one. */
function probeOf(mover: Mover, forward: boolean, done?: Probe<Met>): Probe<readonly Met[]> {
  const breakpoints = mover.breakpoints(forward) as Probe<Met>;
  return anyOf([breakpoints, FAULT, ...(done ? [done] : [])]);
}

function rest(found: Found<readonly Met[]> | Ended, forward: boolean): Rest {
  if ('ended' in found) {
    if (found.ended === 'failed') return { reason: 'end', hits: [], problems: found.problems };
    return { reason: forward ? 'end' : 'start', hits: [] };
  }
  const hits = found.what.flatMap((m) => (typeof m === 'string' ? [] : m));
  if (found.what.includes('fault')) return { reason: 'fault', hits };
  return { reason: hits.length > 0 ? 'breakpoint' : 'step', hits };
}

function* search(mover: Mover, back: boolean, done?: Probe<Met>, here = false): Moving {
  const { timeline, marks, first } = mover;
  const probe = probeOf(mover, !back, done);
  const found = yield* back ? searchBack(timeline, marks, probe, first) : searchForward(timeline, marks, probe, here);
  return rest(found, !back);
}

/** To the next (or last) breakpoint. */
export function continueOn(mover: Mover, back: boolean, here = false): Moving {
  return search(mover, back, undefined, here);
}

const doneWhen = (is: boolean): Met | undefined => (is ? 'done' : undefined);

/** To where another probe answers, or a breakpoint before it. */
export function until(mover: Mover, probe: Probe<string>, back: boolean): Moving {
  const { before, around, begin, result } = probe;
  return search(mover, back, {
    wants: (prog, slot, insn) => probe.wants(prog, slot, insn),
    ...(before && { before: () => doneWhen(before() !== undefined) }),
    ...(around && {
      around: () => {
        const after = around();
        return after && (() => doneWhen(after() !== undefined));
      },
    }),
    ...(begin && { begin: () => doneWhen(begin() !== undefined) }),
    ...(result && { result: (r) => doneWhen(result(r) !== undefined) }),
  });
}

/** To a moment; breakpoints on the way do not count. */
export function* goTo({ timeline }: Mover, tick: number): Moving {
  yield* timeline.seek(tick);
  return { reason: timeline.tick < tick ? 'end' : 'goto', hits: [] };
}

/** One tick; watches that it meets are told, and so is a fault, before which it stays unless it stood there already. */
function* stepInsn(mover: Mover): Moving {
  const { timeline } = mover;
  const from = timeline.tick;
  const probe = mover.breakpoints(true);
  const { machine } = timeline;
  const insn = machine?.prog.insns[machine.pc];
  const wanted = machine !== undefined && insn !== undefined && probe.wants(machine.prog, machine.pc, insn);
  if (wanted) probe.at?.(machine.prog, machine.pc, insn);
  const after = wanted ? probe.around?.() : undefined;
  const event = timeline.step();
  const hits = [...(after?.() ?? [])];
  if (event.kind === 'begin') hits.push(...(probe.begin?.() ?? []));
  if (event.kind === 'failed') return { reason: 'end', hits, problems: event.problems };
  if (event.kind === 'over') return { reason: 'end', hits };
  if (event.kind === 'result' && event.result.fault && mover.fault !== from) {
    yield* timeline.seek(from);
    return { reason: 'fault', hits };
  }
  return { reason: hits.length > 0 ? 'breakpoint' : 'step', hits };
}

/** One insn, and the whole of what it calls. */
function* nextInsn(mover: Mover): Moving {
  const here = hereOf(mover);
  const first = yield* stepInsn(mover);
  const now = hereOf(mover);
  const entered = here && now && now.began === here.began && now.depth > here.depth;
  return entered && first.reason === 'step'
    ? yield* search(mover, false, comesTo(mover, here, here.slot + 1), true)
    : first;
}

/** At an insn of the same run and depth. */
function comesTo({ timeline }: Mover, { began, depth, prog }: Here, slot: number): Probe<Met> {
  return {
    wants: (p, at) => p.id === prog && at === slot,
    before: () => doneWhen(timeline.machine?.depth === depth && timeline.began === began),
  };
}

/** One tick back. */
function* stepBack({ timeline, first }: Mover): Moving {
  if (timeline.tick <= first) return { reason: 'start', hits: [] };
  yield* timeline.seek(timeline.tick - 1);
  return STEP;
}

/** One insn back, and the whole of what it called. */
function* nextBack(mover: Mover): Moving {
  const here = hereOf(mover);
  const first = yield* stepBack(mover);
  const now = hereOf(mover);
  const returned = here && now && now.began === here.began && now.depth > here.depth;
  return returned && first.reason === 'step' ? yield* search(mover, true, comesTo(mover, here, here.slot - 1)) : first;
}

const sameLine = (a: Here | undefined, b: Here | undefined): boolean =>
  a !== undefined &&
  b !== undefined &&
  a.began === b.began &&
  a.depth === b.depth &&
  a.prog === b.prog &&
  a.line === b.line;

type OneInsn = (mover: Mover) => Moving;

/** Insn by insn until another line, frame or run is reached. */
function* lineForward(mover: Mover, one: OneInsn): Moving {
  const from = hereOf(mover);
  for (;;) {
    const rested = yield* one(mover);
    if (rested.reason !== 'step' || !sameLine(hereOf(mover), from)) return rested;
    const hits = breakHere(mover);
    if (hits) return { reason: 'breakpoint', hits };
    yield;
  }
}

/** Breakpoints of the insn at hand. */
function breakHere(mover: Mover): readonly Hit[] | undefined {
  const { machine } = mover.timeline;
  const insn = machine?.prog.insns[machine.pc];
  const probe = mover.breakpoints(true);
  if (!machine || !insn || !probe.wants(machine.prog, machine.pc, insn)) return undefined;
  probe.at?.(machine.prog, machine.pc, insn);
  return probe.before?.();
}

/** To the first insn of the line before, or of this one where it has begun. */
function* lineBack(mover: Mover, one: OneInsn): Moving {
  const rested = yield* one(mover);
  if (rested.reason !== 'step') return rested;
  const line = hereOf(mover);
  for (;;) {
    const { tick } = mover.timeline;
    const before = yield* one(mover);
    if (before.reason === 'start') return STEP;
    if (before.reason !== 'step') return before;
    if (!sameLine(hereOf(mover), line)) {
      yield* mover.timeline.seek(tick);
      return STEP;
    }
    yield;
  }
}

/** One step into (`step`) or over (`next`) what is called. */
export function oneStep(mover: Mover, over: boolean, unit: 'insn' | 'line', back: boolean): Moving {
  const one = back ? (over ? nextBack : stepBack) : over ? nextInsn : stepInsn;
  if (unit === 'insn') return one(mover);
  return back ? lineBack(mover, one) : lineForward(mover, one);
}

/** Out of the current function to behind its call, or to the end of the run; backwards to the call, or to the run's beginning. */
export function finish(mover: Mover, back: boolean): Moving {
  const here = hereOf(mover);
  const caller = mover.timeline.machine?.stack[1];
  if (here && caller) {
    const frame = { ...here, depth: caller.depth, prog: caller.prog.id };
    return search(mover, back, comesTo(mover, frame, back ? caller.slot : caller.slot + 1));
  }
  return search(mover, back, back ? { wants: NEVER, begin: () => 'done' } : { wants: NEVER, end: () => 'done' });
}
