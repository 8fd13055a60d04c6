/** The breakpoints of a session: kept by number, made into one probe when the session moves. */
import { fail, ok, type Result } from '../../util/problem.ts';
import type { Expr } from '../expr/index.ts';
import { holds, parseCondition } from './condition.ts';
import type { Hits } from './hits.ts';
import { parseHits } from './hits.ts';
import { type LogPiece, logText, parseLog } from './logPoint.ts';
import { sessionProblem } from './messages.ts';
import type { Probe } from './search.ts';
import { anyOf, type TriggerEnv, triggerOf } from './triggers.ts';
import type { Breakpoint, BreakSpec, Hit } from './types.ts';

const MAX_BREAKPOINTS = 1000;

/** What breakpoints get to look at. */
export interface BreakEnv extends TriggerEnv {
  /** Looks at the insn that brought the result at hand. */
  atResult<T>(look: () => T): T;
  /** Tick of that insn. */
  resultTick(): number;
}

interface Entry {
  readonly breakpoint: Breakpoint;
  readonly probe: Probe<string>;
  readonly condition: Expr | undefined;
  readonly hits: Hits | undefined;
  readonly log: readonly LogPiece[] | undefined;
  /** How often its condition was met on the way forward. */
  count: number;
}

/** The breakpoints of one session, by number. */
export class Breakpoints {
  readonly #env: BreakEnv;
  #entries: Entry[] = [];
  #next = 1;

  constructor(env: BreakEnv) {
    this.#env = env;
  }

  get list(): readonly Breakpoint[] {
    return this.#entries.map((e) => e.breakpoint);
  }

  /** How often a breakpoint was met on the way forward. */
  count(number: number): number {
    return this.#entries.find((e) => e.breakpoint.number === number)?.count ?? 0;
  }

  /** Sets a breakpoint; its condition, hit count and log text are read now. */
  add(spec: BreakSpec): Result<Breakpoint> {
    if (this.#entries.length >= MAX_BREAKPOINTS) {
      return fail(sessionProblem('too-many-breakpoints', {}, { limit: MAX_BREAKPOINTS }));
    }
    const probe = triggerOf(spec.place, this.#env);
    if (!probe.ok) return probe;
    const condition = spec.condition === undefined ? ok(undefined) : parseCondition(spec.condition, this.#env.view());
    if (!condition.ok) return condition;
    const hits = spec.hits === undefined ? ok(undefined) : parseHits(spec.hits);
    if (!hits.ok) return hits;
    const log = spec.log === undefined ? ok(undefined) : parseLog(spec.log, this.#env.view());
    if (!log.ok) return log;
    const breakpoint: Breakpoint = { ...spec, number: this.#next++, enabled: true };
    const entry = {
      breakpoint,
      probe: probe.value,
      condition: condition.value,
      hits: hits.value,
      log: log.value,
      count: 0,
    };
    this.#entries = [...this.#entries, entry];
    return ok(breakpoint);
  }

  /** Another condition (none: always) for a breakpoint. */
  setCondition(number: number, text: string | undefined): Result<void> {
    const entry = this.#entries.find((e) => e.breakpoint.number === number);
    if (!entry) return fail(sessionProblem('no-breakpoint', {}, { number }));
    const condition = text === undefined ? ok(undefined) : parseCondition(text, this.#env.view());
    if (!condition.ok) return condition;
    const { condition: _old, ...rest } = entry.breakpoint;
    const breakpoint: Breakpoint = { ...rest, ...(text !== undefined && { condition: text }) };
    this.#replace(number, { ...entry, breakpoint, condition: condition.value });
    return ok(undefined);
  }

  /** Takes one away; false when there is none of this number. */
  remove(number: number): boolean {
    const before = this.#entries.length;
    this.#entries = this.#entries.filter((e) => e.breakpoint.number !== number);
    return this.#entries.length < before;
  }

  /** Lets one stop or not; false when there is none of this number. */
  enable(number: number, enabled: boolean): boolean {
    const entry = this.#entries.find((e) => e.breakpoint.number === number);
    if (entry) this.#replace(number, { ...entry, breakpoint: { ...entry.breakpoint, enabled } });
    return entry !== undefined;
  }

  #holds(condition: Expr | undefined): boolean {
    return condition === undefined || holds(condition, this.#env.view());
  }

  #replace(number: number, by: Entry): void {
    this.#entries = this.#entries.map((e) => (e.breakpoint.number === number ? by : e));
  }

  /**
   * @internal
   * All enabled breakpoints as one probe. Forward, hit counts count and log points say their text through `say`; backward,
   * counts are not looked at and log points are passed over.
   */
  probe(forward: boolean, say: (text: string) => void): Probe<readonly Hit[]> {
    const probes = this.#entries
      .filter((e) => e.breakpoint.enabled && (forward || !e.log))
      .map((e) => this.#watched(e.breakpoint.number, e.probe, forward, say));
    return anyOf(probes);
  }

  #watched(number: number, probe: Probe<string>, forward: boolean, say: (text: string) => void): Probe<Hit> {
    const met = (detail: string | undefined): Hit | undefined => {
      const entry = this.#entries.find((e) => e.breakpoint.number === number);
      if (detail === undefined || !entry || !this.#holds(entry.condition)) return undefined;
      if (forward) {
        entry.count++;
        if (entry.hits && !entry.hits(entry.count)) return undefined;
        if (entry.log) {
          say(logText(entry.log, this.#env.view()));
          return undefined;
        }
      }
      return { breakpoint: number, ...(detail !== '' && { detail }) };
    };
    const { before, around, begin, result } = probe;
    // Going back to the insn behind each result costs much: what the condition says is noted on the way past it.
    const condition = result && this.#entries.find((e) => e.breakpoint.number === number)?.condition;
    let noted: { readonly tick: number; readonly holds: boolean } | undefined;
    const note = (): undefined => {
      noted = { tick: this.#env.resultTick(), holds: this.#holds(condition) };
    };
    const refused = (): boolean => noted?.holds === false && noted.tick === this.#env.resultTick();
    return {
      wants: (prog, slot, insn) =>
        probe.wants(prog, slot, insn) || (condition !== undefined && insn.row?.kind === 'exit'),
      ...(before && { before: () => met(before()) }),
      ...(condition && { before: note }),
      ...(around && {
        around: () => {
          const after = around();
          return after && (() => met(after()));
        },
      }),
      ...(begin && { begin: () => met(begin()) }),
      ...(result && {
        result: (r) => {
          const detail = result(r);
          return detail === undefined || refused() ? undefined : this.#env.atResult(() => met(detail));
        },
      }),
    };
  }
}
