/** The tree of paths: where each branches off, and how it ends. */
import type { Graph, PathOf } from './graph.ts';
import type { Listing } from './listing.ts';

/** A path in the tree. */
interface TreeRow {
  readonly path: PathOf;
  /** Branches away from the function's first path. */
  readonly depth: number;
  /** On the way to the current node. */
  readonly marked: boolean;
  readonly text: string;
}

/** A page of the tree. */
export interface TreePage {
  readonly rows: readonly TreeRow[];
  /** Index of the first row, of so many. */
  readonly from: number;
  readonly count: number;
}

/** Deeper branches are not indented further. */
const DEEPEST = 16;

interface Ordered {
  readonly path: number;
  readonly depth: number;
}

/** All paths, each before those that branch off it, in the order of the nodes that they branch off at. */
function ordered(graph: Graph): Ordered[] {
  const children = new Map<number, number[]>();
  const roots: number[] = [];
  for (let i = 0; i < graph.pathCount; i++) {
    const { parent } = graph.path(i);
    if (parent === 0) roots.push(i);
    else {
      const on = graph.pathOf(parent).index;
      const list = children.get(on);
      if (list) list.push(i);
      else children.set(on, [i]);
    }
  }
  for (const list of children.values()) list.sort((a, b) => graph.path(a).parent - graph.path(b).parent || a - b);
  const out: Ordered[] = [];
  const stack: Ordered[] = roots.reverse().map((path) => ({ path, depth: 0 }));
  for (let next = stack.pop(); next; next = stack.pop()) {
    out.push(next);
    const { depth } = next;
    for (const path of (children.get(next.path) ?? []).toReversed()) stack.push({ path, depth: depth + 1 });
  }
  return out;
}

/** `exit`, `pruned into state 20 at insn 22`, `rejected at insn 7`. */
export function endText(graph: Graph, { last, end }: PathOf): string {
  const at = `at insn ${graph.slot(last)}`;
  switch (end) {
    case 'pruned':
      return `pruned into state ${graph.prune(last)!.into} ${at}`;
    case 'exit':
      return `exit ${at}`;
    case 'rejected':
      return `REJECTED ${at}`;
    case 'stopped':
      return `no verdict ${at}`;
    case 'open':
      return `being walked, ${at}`;
    case 'cut':
      return 'not stored further';
  }
}

function beginText(graph: Graph, listing: Listing, { first, parent, kind }: PathOf): string {
  const slot = graph.slot(first);
  if (kind === 'start') return `${listing.placeName(slot)}, insn ${slot}`;
  const from = `${parent} insn ${graph.slot(parent)} ${listing.text(graph.slot(parent))}`;
  if (kind === 'later') return `${from} calls later ${listing.placeName(slot)}`;
  return `${from} -> insn ${slot}`;
}

/** `[46..60] 45 insn 11 if r1 > 0x5 goto pc+3 -> insn 15: 15 insns, exit at insn 22`. */
function pathText(graph: Graph, listing: Listing, path: PathOf): string {
  const count = path.last - path.first + 1;
  const range = path.last === path.first ? `${path.first}` : `${path.first}..${path.last}`;
  const begin = beginText(graph, listing, path);
  return `[${range}] ${begin}: ${count} insn${count === 1 ? '' : 's'}, ${endText(graph, path)}`;
}

/** Paths that lead to a node: its own, and those that it branched off. */
function pathsTo(graph: Graph, node: number): Set<number> {
  const out = new Set<number>();
  for (let n = node; n !== 0; ) {
    const path = graph.pathOf(n);
    out.add(path.index);
    n = path.parent;
  }
  return out;
}

/** The rows of a tree, kept as long as no path is added. */
export class PathTree {
  readonly #graph: Graph;
  readonly #listing: Listing;
  #rows: readonly Ordered[] = [];
  #built = -1;

  constructor(graph: Graph, listing: Listing) {
    this.#graph = graph;
    this.#listing = listing;
  }

  /** Index of the row of a node's path. */
  rowOf(node: number): number {
    this.#build();
    const { index } = this.#graph.pathOf(node);
    return this.#rows.findIndex((r) => r.path === index);
  }

  #build(): void {
    if (this.#built === this.#graph.pathCount) return;
    this.#rows = ordered(this.#graph);
    this.#built = this.#graph.pathCount;
  }

  /** `height` rows from row `from` on, by default around the path of the current node. */
  page(node: number, height: number, from?: number): TreePage {
    const graph = this.#graph;
    this.#build();
    const count = this.#rows.length;
    const own = graph.has(node) ? graph.pathOf(node).index : 0;
    const middle = this.#rows.findIndex((r) => r.path === own) - (height >> 1);
    const first = Math.max(0, Math.min(from ?? middle, count - height));
    const marked = graph.has(node) ? pathsTo(graph, node) : new Set<number>();
    const rows = this.#rows.slice(first, first + height).map(({ path: index, depth }): TreeRow => {
      const path = graph.path(index);
      return { path, depth, marked: marked.has(index), text: pathText(graph, this.#listing, path) };
    });
    return { rows, from: first, count };
  }
}

/** The rows of a page, indented; `>` is the current node's path, `*` one that leads to it. */
export function treeLines(page: TreePage, node: number): string[] {
  return page.rows.map(({ path, depth, marked, text }) => {
    const here = node >= path.first && node <= path.last;
    return `${here ? '>' : marked ? '*' : ' '} ${'  '.repeat(Math.min(depth, DEEPEST))}${text}`;
  });
}
