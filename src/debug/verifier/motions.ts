/** How a session moves over the exploration: one row for each kind of motion. */
import { fail, ok, type Result } from '../../util/problem.ts';
import type { Graph } from './graph.ts';
import { knownProblem } from './messages.ts';
import type { VerifierSession, VerifierStop } from './session.ts';

/** How one moves. `back` goes to smaller numbers, or up the path. */
export type VerifierMotion =
  /** In the order in which the verifier processed insns, from path to path. */
  | { readonly kind: 'step'; readonly count?: number; readonly back?: boolean }
  /** Along the path, over functions and callbacks that are called. */
  | { readonly kind: 'next'; readonly count?: number; readonly back?: boolean }
  /** Out of the function, along the path; back: to its call. */
  | { readonly kind: 'finish'; readonly back?: boolean }
  /** To the next node that branches, that a path is pruned at, or that begins a path. */
  | { readonly kind: 'branch' | 'prune' | 'path'; readonly back?: boolean }
  /** To the end of the path, or to its first node. */
  | { readonly kind: 'end'; readonly back?: boolean }
  /** To the node before on the way from the beginning. */
  | { readonly kind: 'parent' }
  /** Along the n-th edge from here, from 1. */
  | { readonly kind: 'child'; readonly number: number }
  /** To the n-th visit of the insns, from 1; `next` to the next one, or the one before. */
  | { readonly kind: 'visit'; readonly slots: readonly number[]; readonly number: number | 'next' | 'previous' }
  /** To the next visit of a breakpoint's insns, or to the end. */
  | { readonly kind: 'continue'; readonly back?: boolean }
  | { readonly kind: 'goto'; readonly node: number }
  /** To the node that covers this one, where the path was pruned. */
  | { readonly kind: 'covering' }
  | { readonly kind: 'rejection' };

type Kind = VerifierMotion['kind'];
type Of<K extends Kind> = Extract<VerifierMotion, { kind: K }>;
type Move<K extends Kind> = (session: VerifierSession, motion: Of<K>) => Result<VerifierStop>;

const stop = (node: number, reason: VerifierStop['reason'] = 'moved'): Result<VerifierStop> => ok({ node, reason });

/** What follows on the path: the child that the walk went on with. */
function onward(graph: Graph, node: number): number {
  return graph.has(node + 1) && graph.parent(node + 1) === node && graph.edge(node + 1) === 'step' ? node + 1 : 0;
}

/** One node along the path that is not in a function called from here; 0 at the end. */
function over(graph: Graph, node: number, back: boolean): number {
  const depth = graph.depth(node);
  const go = (n: number): number => (back ? graph.parent(n) : onward(graph, n));
  let n = go(node);
  while (n !== 0 && graph.depth(n) > depth) n = go(n);
  return n;
}

/** The next node, in the order of numbers, of which something is true. */
function seek(graph: Graph, node: number, back: boolean, wanted: (n: number) => boolean): Result<VerifierStop> {
  for (let n = node + (back ? -1 : 1); graph.has(n); n += back ? -1 : 1) if (wanted(n)) return stop(n);
  return stop(node, 'end');
}

const branches = (graph: Graph, n: number): boolean => graph.children(n).length > 1;

const MOVES: { readonly [K in Kind]: Move<K> } = {
  step: ({ graph, node }, { count = 1, back }) => {
    const to = Math.max(1, Math.min(graph.count, node + (back ? -count : count)));
    return stop(to, Math.abs(to - node) === count ? 'moved' : 'end');
  },
  next: ({ graph, node }, { count = 1, back = false }) => {
    let at = node;
    for (let i = 0; i < count; i++) {
      const to = over(graph, at, back);
      if (to === 0) return stop(at, 'end');
      at = to;
    }
    return stop(at);
  },
  finish: ({ graph, node }, { back }) => {
    const depth = graph.depth(node);
    let n = node;
    for (;;) {
      const to = back ? graph.parent(n) : onward(graph, n);
      if (to === 0) return stop(n, 'end');
      n = to;
      if (graph.depth(n) < depth) return stop(n);
    }
  },
  branch: ({ graph, node }, { back = false }) => seek(graph, node, back, (n) => branches(graph, n)),
  prune: ({ graph, node }, { back = false }) => seek(graph, node, back, (n) => graph.prune(n) !== undefined),
  path: ({ graph, node }, { back = false }) => seek(graph, node, back, (n) => graph.edge(n) !== 'step'),
  end: ({ graph, node }, { back }) => {
    const { first, last } = graph.pathOf(node);
    return stop(back ? first : last);
  },
  parent: ({ graph, node }) => {
    const to = graph.parent(node);
    return to === 0 ? stop(node, 'end') : stop(to);
  },
  child: ({ graph, node }, { number }) => {
    const children = graph.children(node);
    const to = children[number - 1];
    if (to !== undefined) return stop(to);
    return fail(knownProblem('no-child', {}, { node, text: number, count: children.length }));
  },
  visit: ({ graph, node }, { slots, number }) => {
    const here = (n: number): boolean => slots.includes(graph.slot(n));
    if (number !== 'next' && number !== 'previous') {
      let seen = 0;
      for (let n = 1; n <= graph.count; n++) if (here(n) && ++seen === number) return stop(n);
      return fail(knownProblem('bad-number', {}, { text: number, what: 'visit of it', from: 1, to: seen }));
    }
    return seek(graph, node, number === 'previous', here);
  },
  continue: ({ graph, node, breakpoints }, { back }) => {
    const by = new Map(breakpoints.flatMap((b) => b.slots.map((slot) => [slot, b.number] as const)));
    const by1 = back ? -1 : 1;
    let n = node;
    while (graph.has(n + by1)) {
      n += by1;
      const breakpoint = by.get(graph.slot(n));
      if (breakpoint !== undefined) return ok({ node: n, reason: 'breakpoint', breakpoint });
    }
    return stop(n, 'end');
  },
  goto: ({ graph }, { node }) =>
    graph.has(node) ? stop(node) : fail(knownProblem('no-node', {}, { text: node, count: graph.count })),
  covering: ({ graph, node }) => {
    const prune = graph.prune(node);
    return prune ? stop(prune.into) : fail(knownProblem('not-pruned', {}, { node }));
  },
  rejection: ({ graph, rejection, exploration }) => {
    if (rejection !== 0) return stop(rejection);
    const { verification } = exploration;
    if (verification?.verdict !== 'reject') {
      return fail(knownProblem('not-rejected', {}, { verdict: verification?.verdict ?? 'it is being explored' }));
    }
    return graph.full
      ? fail(knownProblem('not-stored', {}, { count: graph.count }))
      : fail(knownProblem('no-path', {}, { errno: verification.errno }));
  },
};

/** Where a motion leads. */
export function moved(session: VerifierSession, motion: VerifierMotion): Result<VerifierStop> {
  if (session.node === 0) return fail(knownProblem('no-nodes', {}, {}));
  const move = MOVES[motion.kind] as Move<Kind>;
  return move(session, motion);
}
