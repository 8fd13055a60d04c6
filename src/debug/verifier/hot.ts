/** What the exploration costs: insns processed for each source line, function or insn. */
import type { Graph } from './graph.ts';
import type { Listing } from './listing.ts';

export type HotUnit = 'line' | 'insn' | 'function';
export const HOT_UNITS: readonly HotUnit[] = ['line', 'insn', 'function'];

/** One place with what it costs. */
export interface HotRow {
  readonly name: string;
  /** First insn. */
  readonly slot: number;
  /** Insns processed there over all paths. */
  readonly insns: number;
  /** Paths that were pruned there. */
  readonly pruned: number;
  /** Of all insns processed, 0 to 1. */
  readonly share: number;
  /** Source text or insn; '' where there is none. */
  readonly text: string;
}

/** Insns that one program may cost (BPF_COMPLEXITY_LIMIT_INSNS). */
const BUDGET = 1_000_000;

/** The dearest first. Counts are of the whole exploration, stored or not. */
export function hotRows(graph: Graph, listing: Listing, unit: HotUnit): HotRow[] {
  const groups = new Map<string, { slot: number; insns: number; pruned: number; text: string }>();
  listing.insns.forEach((insn, slot) => {
    const insns = graph.visits(slot);
    if (!insn || insns === 0) return;
    const line = unit === 'line' ? listing.lineOf(slot) : undefined;
    const name = unit === 'function' ? listing.functionAt(slot).name : (line ?? `insn ${slot}`);
    const text = unit === 'function' ? '' : line === undefined ? insn.text : (listing.sourceOf(slot) ?? insn.text);
    const group = groups.get(name) ?? { slot, insns: 0, pruned: 0, text };
    group.insns += insns;
    group.pruned += graph.prunedAt(slot);
    groups.set(name, group);
  });
  const all = Math.max(1, graph.processed);
  return [...groups]
    .map(([name, g]) => ({ name, ...g, share: g.insns / all }))
    .sort((a, b) => b.insns - a.insns || a.slot - b.slot);
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

/** A table of the dearest, with the sum. */
export function hotLines(graph: Graph, rows: readonly HotRow[], most: number): string[] {
  const shown = rows.slice(0, most);
  const name = Math.max(5, ...shown.map((r) => r.name.length));
  const width = Math.max(5, `${graph.processed}`.length);
  const head = `${'insns'.padStart(width)}  share  pruned  ${'place'.padEnd(name)}`;
  const lines = shown.map((r) =>
    `${`${r.insns}`.padStart(width)}  ${percent(r.share).padStart(5)}  ${`${r.pruned}`.padStart(6)}  ${r.name.padEnd(name)}  ${r.text}`.trimEnd(),
  );
  const more = rows.length > shown.length ? [`${rows.length - shown.length} more places`] : [];
  const sum = `${graph.processed} insns in all, ${percent(graph.processed / BUDGET)} of the ${BUDGET} that a program may cost`;
  return [head, ...lines, ...more, sum];
}
