/** The visits of one insn side by side: the rounds of a loop as columns. */
import { regText } from '../../verifier/log/print.ts';
import { INVALID } from '../../verifier/state.ts';
import type { Graph } from './graph.ts';
import type { SeenFrame } from './seen.ts';

/** What a place held at one visit. */
interface VisitCell {
  /** '' where nothing was there. */
  readonly text: string;
  /** Other than at the visit before. */
  readonly changed: boolean;
}

/** A register or slot over all visits shown. */
interface VisitRow {
  readonly place: string;
  readonly cells: readonly VisitCell[];
}

/** Visits with what they held; the current frame only. */
export interface Visits {
  readonly slot: number;
  /** Nodes of the columns. */
  readonly nodes: readonly number[];
  /** All visits that were asked for. */
  readonly count: number;
  /** Index of the first column. */
  readonly from: number;
  readonly rows: readonly VisitRow[];
}

function valuesOf(f: SeenFrame | undefined): Map<string, string> {
  const out = new Map<string, string>();
  if (!f) return out;
  f.regs.forEach(({ v }, i) => {
    if (v.type !== 'NOT_INIT' && i < 10) out.set(`R${i}`, regText(v, f.frameno));
  });
  f.stack.forEach(({ types, cell }, spi) => {
    if (types === INVALID) return;
    const text = types[7] === 'r' ? types.slice(0, types.indexOf('r')) + regText(cell.v, f.frameno) : types;
    out.set(`fp${-8 * (spi + 1)}`, text);
  });
  return out;
}

const order = (place: string): number =>
  place.startsWith('R') ? Number(place.slice(1)) : 100 - Number(place.slice(2));

/** `nodes` are the visits that are meant (all, or those on one path), of which `most` from `from` on are shown. */
export function visitsOf(graph: Graph, slot: number, nodes: readonly number[], from: number, most: number): Visits {
  const first = Math.max(0, Math.min(from, nodes.length - most));
  const shown = nodes.slice(first, first + most);
  const values = shown.map((n) => valuesOf(graph.frames(n).at(-1)));
  const before = first > 0 ? valuesOf(graph.frames(nodes[first - 1]!).at(-1)) : undefined;
  const places = [...new Set(values.flatMap((v) => [...v.keys()]))].sort((a, b) => order(a) - order(b));
  const rows = places.map((place): VisitRow => {
    const cells = values.map((v, i): VisitCell => {
      const old = i > 0 ? values[i - 1] : before;
      const text = v.get(place) ?? '';
      return { text, changed: old !== undefined && (old.get(place) ?? '') !== text };
    });
    return { place, cells };
  });
  return { slot, nodes: shown, count: nodes.length, from: first, rows };
}

const cut = (text: string, width: number): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text);

/** As a table, one line a place; `*` marks what changed. Columns that do not fit the width are left out. */
export function visitLines({ nodes, rows }: Visits, columns: number): string[] {
  const cells = [
    ['', ...nodes.map((n) => `node ${n}`)],
    ...rows.map((r) => [r.place, ...r.cells.map((c) => `${c.changed ? '*' : ' '}${c.text}`)]),
  ];
  const most = Math.max(12, Math.floor((columns - 8) / Math.max(1, Math.min(nodes.length, 4))) - 2);
  const widths = cells[0]!.map((_, i) => Math.min(most, Math.max(...cells.map((row) => row[i]!.length))));
  return cells.map((row) => {
    let line = '';
    for (const [i, cell] of row.entries()) {
      if (line.length + widths[i]! > columns) break;
      line += `${cut(cell, widths[i]!).padEnd(widths[i]!)}  `;
    }
    return line.trimEnd();
  });
}
