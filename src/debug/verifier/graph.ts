/**
 * The exploration as a graph. A node is an insn that the verifier counted as processed, in the state that it had there; its number
 * is what the closing line counts, from 1. A path is a run of neighbouring nodes: from where the walk took it up until it ended.
 */
import type { Insn } from '../../isa/insn.ts';
import type { Exactness } from '../../verifier/explore/equal.ts';
import type { Recorder } from '../../verifier/recorder.ts';
import type { State } from '../../verifier/state.ts';
import { Column } from './columns.ts';
import type { SeenFrames } from './seen.ts';
import { seenFrames } from './seen.ts';

/** How a node is reached: from its parent, as a branch that waited, as a callback that runs later, or as a function's first. */
export type EdgeKind = 'step' | 'branch' | 'later' | 'start';
const EDGES: readonly EdgeKind[] = ['step', 'branch', 'later', 'start'];

/** How a path ends: at the program's exit, in a state that covers it, in the rejection; `open` while it is walked; `cut` where storing stopped. */
export type PathEnd = 'exit' | 'pruned' | 'rejected' | 'stopped' | 'open' | 'cut';

/** A run of nodes. */
export interface PathOf {
  readonly index: number;
  readonly first: number;
  readonly last: number;
  /** Node that it branches off at, 0 for the first of a function. */
  readonly parent: number;
  readonly kind: EdgeKind;
  readonly end: PathEnd;
}

/** A branch that was never taken up, because the walk ended. */
export interface Waiting {
  readonly from: number;
  readonly slot: number;
  readonly kind: EdgeKind;
}

/** Why a path ended at a node. */
export interface PruneOf {
  /** The node whose remembered state covers it. */
  readonly into: number;
  /** What was asked: only what counts; all of it (loops that are not finished). */
  readonly how: Exactness;
  /** The remembered state with the marks that it had then: what was read of it, what of it is precise. */
  readonly old: SeenFrames;
}

/** Nodes that are stored; counts go on behind it. */
export const NODE_LIMIT = 300_000;

/** A recorder that keeps the graph. */
export class Graph implements Recorder {
  readonly insns: readonly Insn[];
  readonly #limit: number;
  readonly #slots = new Column();
  readonly #parents = new Column();
  readonly #edges = new Column();
  readonly #firstChild = new Column();
  readonly #nextChild = new Column();
  readonly #frames: SeenFrames[] = [[]];
  readonly #prunes = new Map<number, PruneOf>();
  readonly #remembered = new Set<number>();
  readonly #pathFirst = new Column();
  readonly #pathEnds: PathEnd[] = [];
  readonly #roots: { readonly node: number; readonly subprog: number; readonly slot: number }[] = [];
  readonly #visits: number[] = [];
  readonly #pruned: number[] = [];
  readonly #kept = new WeakMap<State, number>();
  /** Remembered states that others were pruned into, by node, while their marks may still change; and what they are in the end. */
  readonly #covering = new Map<number, State>();
  readonly #covered = new Map<number, SeenFrames>();
  readonly #waiting = new Map<State, Waiting>();
  #left: readonly Waiting[] = [];
  #starting: number | undefined;
  #processed = 0;
  #accepted = false;

  /** `insns`: the program's, by slot. */
  constructor(limit = NODE_LIMIT, insns: readonly Insn[] = []) {
    this.insns = insns;
    this.#limit = Math.max(1, limit);
    for (const column of [this.#slots, this.#parents, this.#edges, this.#firstChild, this.#nextChild]) column.push(0);
  }

  /** Nodes that are stored: 1 to `count`. */
  get count(): number {
    return this.#slots.length - 1;
  }

  /** Insns processed, stored or not. */
  get processed(): number {
    return this.#processed;
  }

  /** Storing has stopped before the exploration did. */
  get full(): boolean {
    return this.#processed > this.count;
  }

  /** All paths were walked to their ends, and are stored. */
  get complete(): boolean {
    return this.#accepted && !this.full;
  }

  has(node: number): boolean {
    return Number.isInteger(node) && node >= 1 && node <= this.count;
  }

  /** The insn of a node. */
  slot(node: number): number {
    return this.#slots.get(node);
  }

  /** 0 for a function's first. */
  parent(node: number): number {
    return this.#parents.get(node);
  }

  edge(node: number): EdgeKind {
    return EDGES[this.#edges.get(node)]!;
  }

  /** The state before the insn. */
  frames(node: number): SeenFrames {
    return this.#frames[node] ?? [];
  }

  depth(node: number): number {
    return this.frames(node).length - 1;
  }

  /** What follows, in the order in which it was walked. */
  children(node: number): readonly number[] {
    const out: number[] = [];
    for (let c = this.#firstChild.get(node); c !== 0; c = this.#nextChild.get(c)) out.push(c);
    return out.reverse();
  }

  prune(node: number): PruneOf | undefined {
    return this.#prunes.get(node);
  }

  /** A copy of the state was kept there. */
  remembers(node: number): boolean {
    return this.#remembered.has(node);
  }

  /** Number of states that were kept. */
  get rememberedCount(): number {
    return this.#remembered.size;
  }

  /** The remembered state of a node that paths were pruned into, with the marks it has now. */
  covering(node: number): SeenFrames | undefined {
    const state = this.#covering.get(node);
    return state ? seenFrames(state, this.#frames[node]) : this.#covered.get(node);
  }

  /** First nodes of the functions that were walked, the program's own first. */
  get roots(): readonly { readonly node: number; readonly subprog: number; readonly slot: number }[] {
    return this.#roots;
  }

  /** Branches that wait, or waited when the walk ended; the next one last. */
  get waiting(): readonly Waiting[] {
    return [...this.#left, ...this.#waiting.values()];
  }

  /** How often an insn was processed, and how often a path was pruned there; of all, stored or not. */
  visits(slot: number): number {
    return this.#visits[slot] ?? 0;
  }

  prunedAt(slot: number): number {
    return this.#pruned[slot] ?? 0;
  }

  get pathCount(): number {
    return this.#pathEnds.length;
  }

  path(index: number): PathOf {
    const first = this.#pathFirst.get(index);
    const last = index + 1 < this.pathCount ? this.#pathFirst.get(index + 1) - 1 : this.count;
    return { index, first, last, parent: this.parent(first), kind: this.edge(first), end: this.#pathEnds[index]! };
  }

  /** The path that a node is on. */
  pathOf(node: number): PathOf {
    let [low, high] = [0, this.pathCount - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#pathFirst.get(middle) <= node) low = middle;
      else high = middle - 1;
    }
    return this.path(low);
  }

  /** From a function's first node to this one. */
  ancestors(node: number): number[] {
    const out: number[] = [];
    for (let n = node; n !== 0; n = this.parent(n)) out.push(n);
    return out.reverse();
  }

  /** Nodes of an insn, in the order of their numbers. */
  nodesAt(slot: number, most = Number.POSITIVE_INFINITY): number[] {
    const out: number[] = [];
    for (let n = 1; n <= this.count && out.length < most; n++) if (this.slot(n) === slot) out.push(n);
    return out;
  }

  /** The exploration is over. */
  finish(end: 'exit' | 'rejected' | 'stopped'): void {
    const last = this.#pathEnds.length - 1;
    if (this.#pathEnds[last] === 'open') this.#pathEnds[last] = this.full ? 'cut' : end;
    this.#accepted = end === 'exit';
    // States hold on to all that they came from.
    for (const [node, state] of this.#covering) this.#covered.set(node, seenFrames(state, this.#frames[node]));
    this.#covering.clear();
    this.#left = [...this.#waiting.values()];
    this.#waiting.clear();
  }

  start(_state: State, subprog: number): void {
    this.#starting = subprog;
  }

  insn(state: State, at: number): void {
    this.#visits[at] = (this.#visits[at] ?? 0) + 1;
    this.#processed++;
    const from = this.#waiting.get(state);
    this.#waiting.delete(state);
    if (this.#processed > this.#limit) return;
    const node = this.count + 1;
    const begins = this.#starting !== undefined;
    const kind = begins ? 'start' : (from?.kind ?? 'step');
    const parent = begins ? 0 : (from?.from ?? node - 1);
    if (kind !== 'step') this.#beginPath(node);
    if (begins) this.#roots.push({ node, subprog: this.#starting!, slot: at });
    this.#starting = undefined;
    this.#slots.push(at);
    this.#parents.push(parent);
    this.#edges.push(EDGES.indexOf(kind));
    this.#firstChild.push(0);
    this.#nextChild.push(this.#firstChild.get(parent));
    if (parent !== 0) this.#firstChild.set(parent, node);
    this.#frames.push(seenFrames(state, this.#frames[parent]));
  }

  branch(_from: State, state: State, at: number): void {
    this.#wait(state, at, 'branch');
  }

  later(_from: State, state: State, at: number): void {
    this.#wait(state, at, 'later');
  }

  remembered(state: State, kept: State): void {
    if (this.full) return;
    const node = this.count;
    // Its marks have begun anew.
    this.#frames[node] = seenFrames(state, this.#frames[this.parent(node)]);
    this.#remembered.add(node);
    this.#kept.set(kept, node);
  }

  pruned(_state: State, kept: State, how: Exactness): void {
    const slot = kept.insn_idx;
    this.#pruned[slot] = (this.#pruned[slot] ?? 0) + 1;
    if (this.full) return;
    const into = this.#kept.get(kept);
    if (into === undefined) throw new Error('pruned into a state that was never remembered');
    this.#covering.set(into, kept);
    this.#prunes.set(this.count, { into, how, old: seenFrames(kept, this.#frames[into]) });
    this.#pathEnds[this.#pathEnds.length - 1] = 'pruned';
  }

  #wait(state: State, slot: number, kind: EdgeKind): void {
    if (!this.full) this.#waiting.set(state, { from: this.count, slot, kind });
  }

  #beginPath(node: number): void {
    const last = this.#pathEnds.length - 1;
    if (this.#pathEnds[last] === 'open') this.#pathEnds[last] = 'exit';
    this.#pathFirst.push(node);
    this.#pathEnds.push('open');
  }
}
