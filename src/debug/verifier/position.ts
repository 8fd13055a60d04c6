/**
 * Where a concrete run is in the exploration. Positions are immutable: who steps back takes an older one. A run may be at several
 * nodes at once, because a forked number has a node for each of its values, and because loops are explored in fewer rounds than they run.
 */
import type { Doubt } from './doubt.ts';
import { doubtAfter, doubtAtPrune, doubtKey } from './doubt.ts';
import type { Graph } from './graph.ts';

/** A node that the run may be at; `exact` until its path was pruned into another. */
export interface Candidate {
  readonly node: number;
  readonly exact: boolean;
  /** The last state that the path was pruned into, 0 for none. */
  readonly into: number;
  /** What of the node's state is another path's. */
  readonly doubt: Doubt;
}

/** A walk of the verifier that describes the frames from `base` on: the program's, or a global function's on top of it. */
interface Level {
  /** Undefined for a program that was not explored. */
  readonly graph: Graph | undefined;
  /** The machine's frame that is frame 0 in the walk. */
  readonly base: number;
  /** Empty when the run went where no path was explored. */
  readonly at: readonly Candidate[];
}

export interface Position {
  /** The innermost last. */
  readonly levels: readonly Level[];
  readonly depth: number;
}

/** An insn that the run comes to. */
export interface Arrival {
  readonly slot: number;
  /** Index of the machine's frame. */
  readonly depth: number;
  /** The exploration of the program that the insn is of; undefined when there is none. */
  readonly graph: Graph | undefined;
}

/** So many nodes are followed at once. */
const MOST = 256;

const keyOf = (c: Candidate): string => `${c.node} ${c.exact ? '' : `p${doubtKey(c.doubt)}`}`;

/** Candidates, each once. */
class Candidates {
  readonly list: Candidate[] = [];
  readonly #keys = new Set<string>();

  constructor(from: readonly Candidate[] = []) {
    for (const c of from) this.add(c);
  }

  add(c: Candidate): void {
    const key = keyOf(c);
    if (this.#keys.has(key) || this.list.length >= MOST) return;
    this.#keys.add(key);
    this.list.push(c);
  }
}

/** The candidates with those that wait at the same insn (other values of a number that was forked), and with `pruned` what covers them. */
function reach(graph: Graph, at: readonly Candidate[], pruned: boolean): Candidates {
  const out = new Candidates(at);
  for (const c of out.list) {
    const into = pruned ? graph.prune(c.node)?.into : undefined;
    if (into !== undefined) out.add({ node: into, exact: false, into, doubt: doubtAtPrune(graph, c.node, c.doubt) });
    for (const child of graph.children(c.node)) {
      if (graph.edge(child) !== 'branch' || graph.slot(child) !== graph.slot(c.node)) continue;
      if (graph.depth(child) === graph.depth(c.node)) out.add({ ...c, node: child });
    }
  }
  return out;
}

/** The nodes whose values a moment's are compared with. */
export const withForks = (graph: Graph, at: readonly Candidate[]): Candidate[] => reach(graph, at, false).list;

/** The call that a callback returns to is walked once more; a run does not stop there. */
function returnsTo(graph: Graph, node: number): number | undefined {
  const frames = graph.frames(node);
  const f = frames[frames.length - 1];
  return f?.in_callback_fn && frames.length > 1 ? f.callsite : undefined;
}

/** What follows the candidates at an insn with so many frames. */
function successors(graph: Graph, at: readonly Candidate[], slot: number, depth: number): Candidate[] {
  const out = new Candidates();
  const from = reach(graph, at, true);
  for (const c of from.list) {
    const call = returnsTo(graph, c.node);
    for (const child of graph.children(c.node)) {
      if (graph.edge(child) === 'later') continue;
      const here = graph.slot(child) === slot && graph.depth(child) === depth;
      const again = graph.slot(child) === call && graph.depth(child) === graph.depth(c.node) - 1;
      if (!here && !again) continue;
      const next = { ...c, node: child, doubt: doubtAfter(graph, c.node, child, c.doubt) };
      if (here) out.add(next);
      else for (const more of reach(graph, [next], true).list) from.add(more);
    }
  }
  return out.list;
}

/** The beginning of a run: at the program's first insn, or at a callback that runs by itself (a timer's). */
export function begin({ slot, depth, graph }: Arrival): Position {
  if (!graph) return { levels: [{ graph, base: depth, at: [] }], depth };
  const roots = graph.roots.filter((r) => r.slot === slot && (r.subprog === 0 || slot !== 0)).map((r) => r.node);
  const nodes = roots.length > 0 ? roots : laterNodes(graph, slot);
  return {
    levels: [{ graph, base: depth, at: nodes.map((node) => ({ node, exact: true, into: 0, doubt: undefined })) }],
    depth,
  };
}

/** Where callbacks that run later begin at an insn. */
function laterNodes(graph: Graph, slot: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < graph.pathCount && out.length < MOST; i++) {
    const { first, kind } = graph.path(i);
    if (kind === 'later' && graph.slot(first) === slot) out.push(first);
  }
  return out;
}

const globalRoot = (graph: Graph, slot: number): number | undefined =>
  graph.roots.find((r) => r.subprog > 0 && r.slot === slot)?.node;

/** The position after one more insn was executed, which brought the run to `to`. */
export function follow(position: Position, to: Arrival): Position {
  const { slot, depth, graph } = to;
  // What was called has returned.
  const levels = position.levels.filter((l) => l.base <= depth);
  const level = levels[levels.length - 1];
  const below = levels.slice(0, -1);
  if (!level) return begin(to);
  const returned = levels.length < position.levels.length;
  const again = slot === 0 && depth === position.depth && !returned;
  if (level.graph !== graph || (again && !isSuccessor(level, slot, depth))) {
    // A tail call: a program from its start in the same frame.
    const outer = level.base < depth ? [...below, level] : below;
    return { levels: [...outer, ...begin(to).levels], depth };
  }
  if (!graph) return { levels, depth };
  const root = depth === position.depth + 1 ? globalRoot(graph, slot) : undefined;
  if (root !== undefined) {
    const own: Level = { graph, base: depth, at: [{ node: root, exact: true, into: 0, doubt: undefined }] };
    return { levels: [...levels, own], depth };
  }
  const at = successors(graph, level.at, slot, depth - level.base);
  const found = at.length > 0 || !returned ? at : anywhere(graph, slot, depth - level.base);
  return { levels: [...below, { ...level, at: found }], depth };
}

function isSuccessor(level: Level, slot: number, depth: number): boolean {
  return !level.graph || successors(level.graph, level.at, slot, depth - level.base).length > 0;
}

const ALL_DOUBTED = { regs: 0x3ff, slots: (1n << 64n) - 1n };

/** A program that was tail-called returned for the function that called it: any visit of the insn behind may be meant. */
function anywhere(graph: Graph, slot: number, depth: number): Candidate[] {
  const nodes = graph.nodesAt(slot, MOST).filter((n) => graph.depth(n) === depth);
  return nodes.map((node) => ({ node, exact: false, into: 0, doubt: graph.frames(node).map(() => ALL_DOUBTED) }));
}
