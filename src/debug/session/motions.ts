/** How a session moves: one function a motion, forwards and backwards, over the same search. */
import type { Problem } from '../../util/problem.ts';
import type { View } from '../view.ts';
import type { Marks } from './marks.ts';
import type { Ended, Found, Probe } from './search.ts';
import { landing, meetBack, searchBack, searchForward, stepForward } from './search.ts';
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

const NEVER = (): boolean => false;

/** The frame that runs: which run, how deep, which insn. */
interface Here {
  readonly began: number;
  readonly prog: number;
  readonly depth: number;
  readonly slot: number;
  readonly line: string;
}

/** The source line of an insn; an insn that has none is a line of its own. */
function lineAt({ view }: Mover, prog: number, slot: number): string {
  const pos = view().symbols.prog(prog)?.insns[slot]?.position?.pos;
  return pos ? `${pos.file}:${pos.line}` : `insn ${slot}`;
}

function hereOf(mover: Mover): Here | undefined {
  const { timeline } = mover;
  const { machine } = timeline;
  if (!machine) return undefined;
  return {
    began: timeline.began,
    prog: machine.prog.id,
    depth: machine.depth,
    slot: machine.pc,
    line: lineAt(mover, machine.prog.id, machine.pc),
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
  const what = found.what.flat();
  const hits = what.flatMap((m) => (typeof m === 'string' ? [] : m));
  if (what.includes('fault')) return { reason: 'fault', hits };
  return { reason: hits.length > 0 ? 'breakpoint' : 'step', hits };
}

function* search(mover: Mover, back: boolean, done?: Probe<Met>, here = false): Moving {
  const { timeline, marks, first } = mover;
  const probe = probeOf(mover, !back, done);
  const found = yield* back
    ? searchBack(timeline, marks, probe, first)
    : searchForward(timeline, marks, probe, { here, fault: mover.fault === undefined });
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

/** One tick; it stays before a fault unless it stood there already. */
function* stepInsn(mover: Mover): Moving {
  const { timeline } = mover;
  const from = timeline.tick;
  const probe = mover.breakpoints(true);
  const { event, what } = stepForward(timeline, probe);
  if (event.kind === 'failed') return { reason: 'end', hits: [], problems: event.problems };
  if (event.kind === 'over') return { reason: 'end', hits: [] };
  if (event.kind === 'result' && event.result.fault && mover.fault !== from) {
    yield* timeline.seek(from);
    return { reason: 'fault', hits: probe.result?.(event.result) ?? [] };
  }
  return steppedTo([...what, ...landing(timeline, probe, event)].flat());
}

const steppedTo = (hits: readonly Hit[]): Rest => ({ reason: hits.length > 0 ? 'breakpoint' : 'step', hits });

/** One insn, and the whole of what it calls. */
function* nextInsn(mover: Mover): Moving {
  const here = hereOf(mover);
  const first = yield* stepInsn(mover);
  const now = hereOf(mover);
  const entered = here && now && now.began === here.began && now.depth > here.depth;
  return entered && first.reason === 'step' ? yield* search(mover, false, comesTo(mover, here, here.slot + 1)) : first;
}

/** At an insn of the same run and depth, or where the run is over. */
function comesTo(mover: Mover, here: Here, slot: number): Probe<Met> {
  const { timeline } = mover;
  return {
    ...isOver(mover, here),
    wants: (p, at) => p.id === here.prog && at === slot,
    before: () => doneWhen(timeline.machine?.depth === here.depth && timeline.began === here.began),
  };
}

/** Behind the end of a run; of a timer's callback that is where the next run begins. */
function isOver({ timeline }: Mover, { began }: Here): Probe<Met> {
  return { wants: NEVER, begin: () => doneWhen(timeline.began > began), end: () => 'done' };
}

/** One tick back. */
function* stepBack(mover: Mover): Moving {
  const { timeline, first } = mover;
  if (timeline.tick <= first) return { reason: 'start', hits: [] };
  yield* timeline.seek(timeline.tick - 1);
  return steppedTo((yield* meetBack(timeline, mover.breakpoints(false))).flat());
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

/** Steps between two chances to pause. */
const OFTEN = 256;

/** Insn by insn until another line, frame or run is reached. */
function* lineForward(mover: Mover, one: OneInsn): Moving {
  const from = hereOf(mover);
  for (let n = 1; ; n++) {
    const rested = yield* one(mover);
    if (rested.reason !== 'step' || !sameLine(hereOf(mover), from)) return rested;
    if (n % OFTEN === 0) yield;
  }
}

/** To the first insn of the line before, or of this one where it has begun. */
function* lineBack(mover: Mover, one: OneInsn, over: boolean): Moving {
  for (;;) {
    const rested = yield* one(mover);
    if (rested.reason !== 'step' || (yield* beginsLine(mover, over))) return rested;
    yield;
  }
}

/** Is what runs before the insn at hand on another line, in another frame or another run? */
function* beginsLine(mover: Mover, over: boolean): Generator<undefined, boolean> {
  const { timeline, first } = mover;
  const { tick } = timeline;
  const here = hereOf(mover);
  if (!here || tick <= first) return true;
  yield* timeline.seek(tick - 1);
  const before = hereOf(mover);
  yield* timeline.seek(tick);
  const returned = over && before?.began === here.began && before.depth > here.depth;
  // What it returned from is passed over, to the call.
  return returned ? lineAt(mover, here.prog, here.slot - 1) !== here.line : !sameLine(before, here);
}

/** One step into (`step`) or over (`next`) what is called. */
export function oneStep(mover: Mover, over: boolean, unit: 'insn' | 'line', back: boolean): Moving {
  const one = back ? (over ? nextBack : stepBack) : over ? nextInsn : stepInsn;
  if (unit === 'insn') return one(mover);
  return back ? lineBack(mover, one, over) : lineForward(mover, one);
}

/** Out of the current function to behind its call, or to the end of the run; backwards to the call, or to the run's beginning. */
export function finish(mover: Mover, back: boolean): Moving {
  const here = hereOf(mover);
  const caller = mover.timeline.machine?.stack[1];
  if (here && caller) {
    const frame = { ...here, depth: caller.depth, prog: caller.prog.id };
    return search(mover, back, comesTo(mover, frame, back ? caller.slot : caller.slot + 1));
  }
  if (back) return search(mover, back, { wants: NEVER, begin: () => 'done' });
  return search(mover, back, here ? isOver(mover, here) : { wants: NEVER, end: () => 'done' });
}
