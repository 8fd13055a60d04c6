/** What a screen shows of a session over the exploration: lines are made as they are seen, looks are named and not coloured. */
import type { VerifierSession } from './session.ts';
import { eventLines, placeText, registerLines, stateLines, whyLines } from './text.ts';
import type { TreePage } from './tree.ts';
import { treeLines } from './tree.ts';

/** How a piece of a line is meant. */
export type PaneLook = 'plain' | 'here' | 'changed' | 'faint' | 'label' | 'warning' | 'known' | 'error';

interface PaneSpan {
  readonly text: string;
  readonly look: PaneLook;
}

/** The inside of a pane. */
export interface PaneContent {
  readonly count: number;
  line(index: number): readonly PaneSpan[];
  /** The line that is to be seen. */
  readonly here?: number;
  /** What is shown, beside the pane's name. */
  readonly title?: string;
}

export interface VerifierPane {
  readonly id: 'code' | 'state' | 'tree' | 'log';
  readonly title: string;
  /** Has a line that is chosen. */
  readonly choose?: true;
  /** `rows`: lines that there is room for. */
  content(rows: number): PaneContent;
  /** The command of a chosen line. */
  enter?(line: number): string | undefined;
}

const plain = (text: string, look: PaneLook = 'plain'): readonly PaneSpan[] => [{ text, look }];

function ofLines(lines: readonly (readonly PaneSpan[])[], title?: string): PaneContent {
  return { count: lines.length, line: (i) => lines[i] ?? [], ...(title !== undefined && { title }) };
}

/** A line of the listing: a function's or label's name, or an insn. */
interface CodeRow {
  readonly slot: number;
  readonly name?: string;
}

function codeRows({ listing }: VerifierSession): CodeRow[] {
  const names = new Map([...listing.labels, ...listing.functions].map((s) => [s.slot, s.name]));
  return listing.insns.flatMap((insn): CodeRow[] => {
    if (!insn) return [];
    const { slot } = insn;
    const name = names.get(slot);
    return name === undefined ? [{ slot }] : [{ slot, name }, { slot }];
  });
}

/** Insns with how often each was processed, and how many paths were pruned there. */
function codePane(session: VerifierSession): VerifierPane {
  const { graph, listing } = session;
  const rows = codeRows(session);
  const insnAt = new Map(rows.flatMap((r, i) => (r.name === undefined ? [[r.slot, i] as const] : [])));
  const line = ({ slot, name }: CodeRow): readonly PaneSpan[] => {
    const width = Math.max(3, `${graph.processed}`.length);
    if (name !== undefined) return plain(`${' '.repeat(2 * width + 4)}${name}:`, 'label');
    const visits = graph.visits(slot);
    const pruned = graph.prunedAt(slot);
    const counts = `${(visits === 0 ? '-' : `${visits}`).padStart(width)} ${(pruned === 0 ? '' : `p${pruned}`).padEnd(width)}`;
    const stop = session.breakpoints.some((b) => b.slots.includes(slot)) ? '*' : ' ';
    const here = slot === session.slot;
    const text = listing.text(slot);
    const source = listing.sourceBeside(slot);
    const head = `${here ? '=>' : '  '}${stop}${`${slot}`.padStart(4)}: ${text}`;
    const tail = source === undefined ? [] : [{ text: `  | ${source}`, look: 'faint' as const }];
    const look: PaneLook = here ? 'here' : visits === 0 ? 'faint' : 'plain';
    return [{ text: counts, look: 'faint' }, { text: head.padEnd(36), look }, ...tail];
  };
  return {
    id: 'code',
    title: 'Program',
    choose: true,
    content: () => {
      const here = insnAt.get(session.slot);
      const title = session.node === 0 ? '' : placeText(listing, session.slot);
      return {
        count: rows.length,
        line: (i) => (rows[i] ? line(rows[i]) : []),
        title,
        ...(here !== undefined && { here }),
      };
    },
    enter: (i) => rows[i] && `until *${rows[i].slot}`,
  };
}

/** The current frame a line a place, what happens at the node, and why a path ends. */
function statePane(session: VerifierSession): VerifierPane {
  return {
    id: 'state',
    title: 'State',
    content: () => {
      const { graph, node } = session;
      if (node === 0) return ofLines([]);
      const outer = stateLines(graph, node).slice(0, -1);
      return ofLines(
        [
          ...registerLines(graph, node).map((text) => plain(text, text.startsWith('*') ? 'changed' : 'plain')),
          ...eventLines(session, node).map((text) => plain(text, /reject/.test(text) ? 'error' : 'known')),
          ...whyLines(session, node).map((text) => plain(text, 'known')),
          ...outer.toReversed().map((text) => plain(`caller ${text}`, 'faint')),
        ],
        `node ${node} of ${graph.count}`,
      );
    },
  };
}

const CHUNK = 64;

function treePane(session: VerifierSession): VerifierPane {
  const { graph, tree } = session;
  let kept: { readonly node: number; readonly count: number; readonly page: TreePage } | undefined;
  const pageAt = (index: number): TreePage => {
    const { node } = session;
    const { page } = kept ?? {};
    const inside = page && index >= page.from && index < page.from + page.rows.length;
    if (inside && kept?.node === node && kept.count === graph.pathCount) return page;
    const made = tree.page(node, CHUNK, Math.max(0, index - (CHUNK >> 1)));
    kept = { node, count: graph.pathCount, page: made };
    return made;
  };
  return {
    id: 'tree',
    title: 'Paths',
    choose: true,
    content: () => ({
      count: graph.pathCount,
      line: (i) => {
        const page = pageAt(i);
        const row = page.rows[i - page.from];
        if (!row) return [];
        const { node } = session;
        const text = treeLines({ ...page, rows: [row] }, node)[0]!;
        return plain(text, row.path.end === 'rejected' ? 'error' : row.marked ? 'known' : 'plain');
      },
      ...(session.node !== 0 && { here: tree.rowOf(session.node) }),
      title: `${graph.pathCount}`,
    }),
    enter: (i) => {
      const page = pageAt(i);
      const row = page.rows[i - page.from];
      return row && `goto ${row.path.first}`;
    },
  };
}

const LOG_SLICE = 2000;

/** The kernel's log of the node; it is looked for a slice at a time, as often as the pane is shown. */
function logPane(session: VerifierSession): VerifierPane {
  return {
    id: 'log',
    title: 'Log',
    content: () => {
      const lines = session.log(session.node, LOG_SLICE);
      return ofLines((lines ?? ['…']).map((text) => plain(text)));
    },
  };
}

/** The panes of a session. */
export function verifierPanes(session: VerifierSession): readonly VerifierPane[] {
  return [codePane(session), statePane(session), treePane(session), logPane(session)];
}
