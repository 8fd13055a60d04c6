/** Looks for a moment, forwards or backwards: the code is marked where something may happen, and the run pauses there. */

import type { Insn } from '../../isa/insn.ts';
import type { PacketResult } from '../../kernel/replay/replay.ts';
import type { Problem } from '../../util/problem.ts';
import type { Executable } from '../../vm/executable.ts';
import type { Marks } from './marks.ts';
import type { Timeline } from './timeline.ts';

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

/** A moment that was found: where the session then stands. */
export interface Found<T> {
  readonly tick: number;
  readonly what: T;
}

/** Nothing was found. */
export type Ended =
  | { readonly ended: 'start' | 'over' }
  | { readonly ended: 'failed'; readonly problems: readonly Problem[] };

/** Ticks between two chances to pause. */
const SLICE = 100_000;

/**
 * Runs on until the probe answers. What is found before an insn is at that insn, what is found around one behind it, and
 * what a result brings is at the insn that ended the run. The insn that the search begins at is asked for `before` only
 * where `here` says so.
 */
export function* searchForward<T>(
  timeline: Timeline,
  marks: Marks,
  probe: Probe<T>,
  here = false,
): Generator<undefined, Found<T> | Ended> {
  const start = timeline.tick;
  marks.set((prog, slot, insn) => probe.wants(prog, slot, insn));
  try {
    for (;;) {
      let event = timeline.forward(SLICE);
      if (event.kind === 'stop') {
        tell(timeline, probe);
        const found = here || timeline.tick > start ? probe.before?.() : undefined;
        if (found !== undefined) return { tick: timeline.tick, what: found };
        const after = probe.around?.();
        event = timeline.step();
        const met = after?.();
        if (met !== undefined) return { tick: timeline.tick, what: met };
      }
      const { tick } = timeline;
      // A result is found at the insn that brought it; from there one goes on past it.
      const result = event.kind === 'result' && tick - 1 > start ? probe.result?.(event.result) : undefined;
      if (result !== undefined) {
        marks.clear();
        yield* timeline.seek(tick - 1);
        return { tick: tick - 1, what: result };
      }
      const found = event.kind === 'begin' ? probe.begin?.() : event.kind === 'result' ? probe.end?.() : undefined;
      if (found !== undefined) return { tick, what: found };
      if (event.kind === 'over') return { ended: 'over' };
      if (event.kind === 'failed') return { ended: 'failed', problems: event.problems };
      yield;
    }
  } finally {
    marks.clear();
  }
}

function tell<T>(timeline: Timeline, probe: Probe<T>): void {
  const { machine } = timeline;
  const insn = machine?.prog.insns[machine.pc];
  if (machine && insn) probe.at?.(machine.prog, machine.pc, insn);
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
  const note = (tick: number, what: T | undefined): void => {
    if (what !== undefined && tick >= from && tick < until) last = { tick, what };
  };
  marks.set((prog, slot, insn) => probe.wants(prog, slot, insn));
  try {
    while (timeline.tick < until) {
      const room = until - timeline.tick;
      let event = timeline.forward(Math.min(room, SLICE));
      const { tick } = timeline;
      if (event.kind === 'stop' && tick < until) {
        tell(timeline, probe);
        note(tick, probe.before?.());
        const after = probe.around?.();
        event = timeline.step();
        note(tick, after?.());
      }
      if (event.kind === 'begin') note(timeline.tick, probe.begin?.());
      if (event.kind === 'result') {
        note(timeline.tick - 1, probe.result?.(event.result));
        note(timeline.tick, probe.end?.());
      }
      if (event.kind === 'over' || event.kind === 'failed') break;
      yield;
    }
  } finally {
    marks.clear();
  }
  return last;
}
