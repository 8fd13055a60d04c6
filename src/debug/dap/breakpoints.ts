/**
 * The client's breakpoints: each request replaces a group of them (of one source, of functions …). They outlive
 * sessions: a restart binds them anew.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Problem } from '../../util/problem.ts';
import { problemText } from '../../util/problem.ts';
import type { BreakSpec } from '../session/types.ts';
import type { Debuggee } from './debuggee.ts';

/** What the client calls the reason of a stop at one. */
export type BreakKind = 'source' | 'function' | 'instruction' | 'data' | 'exception';

/** What a breakpoint is in one session, or why it is none. */
export type Bound =
  | { readonly spec: BreakSpec; readonly shown?: Partial<DebugProtocol.Breakpoint> }
  /** Nothing that the session would have to know. */
  | { readonly shown: Partial<DebugProtocol.Breakpoint> }
  | { readonly problem: Problem };

/** A breakpoint as the client asked for it. */
export type Wish = (debuggee: Debuggee) => Bound;

interface Booked {
  readonly id: number;
  readonly kind: BreakKind;
  readonly wish: Wish;
  readonly shown: DebugProtocol.Breakpoint;
  /** Of the session, and what it was made from. */
  readonly number?: number;
  readonly key?: string;
}

const keyOf = (spec: BreakSpec): string =>
  JSON.stringify(spec, (_, v: unknown) => (v instanceof Uint8Array ? Array.from(v) : v));

export class BreakpointBook {
  readonly #groups = new Map<string, readonly Booked[]>();
  #debuggee: Debuggee | undefined;
  #nextId = 1;

  /** Replaces the breakpoints of a group; answers in the order of the wishes. */
  replace(group: string, kind: BreakKind, wishes: readonly Wish[]): DebugProtocol.Breakpoint[] {
    const old = [...(this.#groups.get(group) ?? [])];
    // What is asked for again keeps its number, and so its count of hits.
    const booked = wishes.map((wish) => this.#book(kind, wish, old));
    for (const { number } of old) if (number !== undefined) this.#debuggee?.session.breakpoints.remove(number);
    if (booked.length > 0) this.#groups.set(group, booked);
    else this.#groups.delete(group);
    this.#debuggee?.runner.again();
    return booked.map((b) => b.shown);
  }

  /** Binds everything to what was launched; answers those that the client should hear of. */
  bind(debuggee: Debuggee): DebugProtocol.Breakpoint[] {
    this.#debuggee = debuggee;
    const changed: DebugProtocol.Breakpoint[] = [];
    for (const [group, list] of this.#groups) {
      const bound = list.map(({ id, kind, wish }) => this.#book(kind, wish, [], id));
      this.#groups.set(group, bound);
      changed.push(...bound.map((b) => b.shown));
    }
    return changed;
  }

  /** The session is over. */
  release(): void {
    this.#debuggee = undefined;
  }

  /** The client's breakpoint behind a number of the session's. */
  hit(number: number): { readonly id: number; readonly kind: BreakKind } | undefined {
    for (const list of this.#groups.values()) {
      const found = list.find((b) => b.number === number);
      if (found) return found;
    }
    return undefined;
  }

  /** `old`: those that may be taken over; one that is, is taken out. */
  #book(kind: BreakKind, wish: Wish, old: Booked[], known?: number): Booked {
    const debuggee = this.#debuggee;
    const bound = debuggee && wish(debuggee);
    const key = bound && 'spec' in bound ? keyOf(bound.spec) : undefined;
    const same = key === undefined ? -1 : old.findIndex((b) => b.key === key && b.number !== undefined);
    if (same >= 0) return { ...old.splice(same, 1)[0]!, wish };
    const id = known ?? this.#nextId++;
    if (!debuggee || !bound) {
      return { id, kind, wish, shown: { id, verified: false, reason: 'pending', message: 'nothing is launched yet' } };
    }
    if ('problem' in bound) return { id, kind, wish, shown: failed(id, bound.problem) };
    if (!('spec' in bound)) return { id, kind, wish, shown: { ...bound.shown, id, verified: true } };
    const added = debuggee.session.breakpoints.add(bound.spec);
    if (!added.ok) return { id, kind, wish, shown: failed(id, added.problems[0]!) };
    return { id, kind, wish, number: added.value.number, key: key!, shown: { ...bound.shown, id, verified: true } };
  }
}

function failed(id: number, problem: Problem): DebugProtocol.Breakpoint {
  return { id, verified: false, reason: 'failed', message: problemText(problem) };
}
