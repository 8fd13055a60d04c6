/** Looks for a moment, forwards or backwards: the code is marked where something may happen, and the run pauses there. */

import type { Insn } from '../../isa/insn.ts';
import type { PacketResult } from '../../kernel/replay/result.ts';
import type { Problem } from '../../util/problem.ts';
import type { Executable } from '../../vm/executable.ts';
import type { Marks } from './marks.ts';
import type { Event, Timeline } from './timeline.ts';

/** What is looked for. Everything it answers is kept by the search and means "this is it". */
export interface Probe<T> {
  /** Insns at which it may happen. */
  wants(prog: Executable, slot: number, insn: Insn): boolean;
  /** Told of each such insn before it is asked. */
  at?(prog: Executable, slot: number, insn: Insn): void;
  /** Asked before such an insn. */
  before?(): T | undefined;
  /** Asked before such an insn, what it answers right after it. */
  around?(): (() => T | undefined) | undefined;
  /** Asked when a run has begun, at its first insn. */
  begin?(): T | undefined;
  /** Asked when a run has ended; what it finds is at the insn that ended it. */
  result?(result: PacketResult): T | undefined;
  /** Asked when a run has ended; what it finds is behind it, where nothing runs. */
  end?(): T | undefined;
}

/** A moment that was found, with all that was met there: where the session then stands. */
export interface Found<T> {
  readonly tick: number;
  readonly what: readonly T[];
}

/** Nothing was found. */
export type Ended =
  | { readonly ended: 'start' | 'over' }
  | { readonly ended: 'failed'; readonly problems: readonly Problem[] };

/** Ticks between two chances to pause. */
const SLICE = 100_000;

/**
 * Runs on until the probe answers. What is found before an insn is at that insn, what is found around one behind it, and
 * what a result brings is at the insn that ended the run; what is found at the same moment is found together. The insn that
 * the search begins at is asked for `before` only where `here` says so, for a fault only where `fault` does.
 */
export function* searchForward<T>(
  timeline: Timeline,
  marks: Marks,
  probe: Probe<T>,
  ask: { readonly here?: boolean; readonly fault?: boolean } = {},
): Generator<undefined, Found<T> | Ended> {
  const start = timeline.tick;
  marks.set((prog, slot, insn) => probe.wants(prog, slot, insn));
  try {
    if (ask.here) {
      const what = standing(timeline, probe);
      if (what.length > 0) return { tick: start, what };
    }
    for (;;) {
      const { event, what } = timeline.machine?.stopped
        ? stepForward(timeline, probe)
        : { event: timeline.forward(SLICE), what: [] };
      if (event.kind === 'over') return { ended: 'over' };
      if (event.kind === 'failed') return { ended: 'failed', problems: event.problems };
      const { tick } = timeline;
      if (event.kind === 'result' && (tick - 1 > start || (ask.fault && event.result.fault))) {
        // A result is found at the insn that brought it; from there one goes on past it.
        const result = given(probe.result?.(event.result));
        if (result.length > 0) {
          marks.clear();
          yield* timeline.seek(tick - 1);
          return { tick: tick - 1, what: result };
        }
      }
      if (tick > start) what.push(...arrived(probe, event.kind), ...standing(timeline, probe));
      if (what.length > 0) {
        marks.clear();
        what.push(...leaving(timeline, probe));
        return { tick, what };
      }
      yield;
    }
  } finally {
    marks.clear();
  }
}

const given = <T>(answer: T | undefined): T[] => (answer === undefined ? [] : [answer]);

/** Does the probe want the insn at hand? It is then told of it. */
function wantedHere<T>({ machine }: Timeline, probe: Probe<T>): boolean {
  const insn = machine?.prog.insns[machine.pc];
  if (!machine || !insn || !probe.wants(machine.prog, machine.pc, insn)) return false;
  probe.at?.(machine.prog, machine.pc, insn);
  return true;
}

/** What is met because of what happened on the way here. */
function arrived<T>(probe: Probe<T>, how: Event['kind'] | undefined): T[] {
  if (how === 'begin') return given(probe.begin?.());
  return how === 'result' ? given(probe.end?.()) : [];
}

/** What is met before the insn at hand. */
function standing<T>(timeline: Timeline, probe: Probe<T>): T[] {
  return wantedHere(timeline, probe) ? given(probe.before?.()) : [];
}

/** What the verdict meets that the insn at hand gives. */
function leaving<T>(timeline: Timeline, probe: Probe<T>): T[] {
  const { machine } = timeline;
  if (!probe.result || machine?.depth !== 0 || machine.prog.insns[machine.pc]?.row?.kind !== 'exit') return [];
  const result = timeline.resultAhead();
  return result && !result.fault ? given(probe.result(result)) : [];
}

/** One tick forwards, with what is met around it. An insn that faults has not happened. */
export function stepForward<T>(timeline: Timeline, probe: Probe<T>): { readonly event: Event; readonly what: T[] } {
  const after = wantedHere(timeline, probe) ? probe.around?.() : undefined;
  const event = timeline.step();
  const faults = event.kind === 'failed' || (event.kind === 'result' && event.result.fault !== undefined);
  return { event, what: faults ? [] : given(after?.()) };
}

/** What a step forwards meets where it ends. */
export function landing<T>(timeline: Timeline, probe: Probe<T>, event: Event): T[] {
  return [...arrived(probe, event.kind), ...standing(timeline, probe), ...leaving(timeline, probe)];
}

/** All that is met at the moment at hand, as a search backwards meets it. */
export function* meetBack<T>(timeline: Timeline, probe: Probe<T>): Generator<undefined, readonly T[]> {
  const { tick } = timeline;
  const what = [...arrived(probe, timeline.arrival), ...standing(timeline, probe)];
  if (!probe.result && !wantedHere(timeline, probe)) return what;
  const { event, what: around } = stepForward(timeline, probe);
  what.push(...around);
  if (event.kind === 'result') what.push(...given(probe.result?.(event.result)));
  yield* timeline.seek(tick);
  return what;
}

/**
 * The last moment before now, and not before `first`, at which the probe answers; the session then stands there: at the
 * insn in question in every case. Where there is none, it stands at `first`.
 */
export function* searchBack<T>(
  timeline: Timeline,
  marks: Marks,
  probe: Probe<T>,
  first: number,
): Generator<undefined, Found<T> | Ended> {
  for (let until = timeline.tick; until > first; ) {
    const from = timeline.checkpointBefore(until);
    timeline.restoreBefore(until);
    const found = yield* lastBetween(timeline, marks, probe, Math.max(first, from), until);
    if (found) {
      yield* timeline.seek(found.tick);
      return found;
    }
    until = from;
  }
  yield* timeline.seek(first);
  return { ended: 'start' };
}

/** The last answer at a tick of `from` to `until` (without it); the timeline stands at or before `from`. */
function* lastBetween<T>(
  timeline: Timeline,
  marks: Marks,
  probe: Probe<T>,
  from: number,
  until: number,
): Generator<undefined, Found<T> | undefined> {
  let last: Found<T> | undefined;
  const note = (tick: number, what: readonly T[]): void => {
    if (what.length === 0 || tick < from || tick >= until) return;
    last = { tick, what: last?.tick === tick ? [...last.what, ...what] : what };
  };
  marks.set((prog, slot, insn) => probe.wants(prog, slot, insn));
  try {
    note(timeline.tick, arrived(probe, timeline.arrival));
    while (timeline.tick < until) {
      const at = timeline.tick;
      let event: Event;
      if (timeline.machine?.stopped) {
        note(at, standing(timeline, probe));
        const step = stepForward(timeline, probe);
        note(at, step.what);
        event = step.event;
      } else event = timeline.forward(Math.min(until - at, SLICE));
      if (event.kind === 'over' || event.kind === 'failed') break;
      if (event.kind === 'result') note(timeline.tick - 1, given(probe.result?.(event.result)));
      note(timeline.tick, arrived(probe, event.kind));
      yield;
    }
  } finally {
    marks.clear();
  }
  return last;
}
