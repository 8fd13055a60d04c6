/** Commands that ask what the verifier knew, and what it cost. */
import { renderExplanation } from '../../../explain/render.ts';
import { fail, ok, type Result } from '../../../util/problem.ts';
import { wholeNumber } from '../../commands/numbers.ts';
import type { CommandRun, Reply } from '../../commands/row.ts';
import { say } from '../../commands/row.ts';
import type { Cause } from '../cause.ts';
import { HOT_UNITS, hotLines, hotRows } from '../hot.ts';
import { knownProblem } from '../messages.ts';
import type { VerifierSession } from '../session.ts';
import type { VerifierShell } from '../shell.ts';
import {
  causeLines,
  listLines,
  placeText,
  registerLines,
  stateLines,
  verdictText,
  whyLines,
  whyNotLines,
} from '../text.ts';
import { treeLines } from '../tree.ts';
import { visitLines, visitsOf } from '../visits.ts';
import { placeNames, type Row } from './moving.ts';

const PAGE = 30;
const COLUMNS = 6;
const LOG_SLICE = 20_000;

function tree({ session }: VerifierShell, args: string): Result<Reply> {
  const from = args === '' ? undefined : wholeNumber(args, 'tree [ROW]');
  if (from && !from.ok) return from;
  const page = session.tree.page(session.node, PAGE, from?.value);
  const to = page.from + page.rows.length;
  const more =
    page.rows.length < page.count ? [`rows ${page.from} to ${to - 1} of ${page.count}: 'tree ROW' shows others`] : [];
  return ok(say(...treeLines(page, session.node), ...more));
}

/** Visits along the current path when it comes here more than once, otherwise all. */
function visits({ session, columns }: VerifierShell, args: string): Result<Reply> {
  const { graph, listing, node } = session;
  const words = args.split(/\s+/).filter((w) => w !== '');
  const all = words.includes('all');
  const place = listing.place(words.filter((w) => w !== 'all').join(' '), session.slot);
  if (!place.ok) return place;
  const { slots } = place.value;
  const own = graph.ancestors(node).filter((n) => slots.includes(graph.slot(n)));
  const onPath = !all && own.length > 1;
  const nodes = onPath ? own : slots.flatMap((slot) => graph.nodesAt(slot)).sort((a, b) => a - b);
  if (nodes.length === 0) return ok(say(`${placeText(listing, slots[0]!)} was never walked.`));
  const at = nodes.findIndex((n) => n >= node);
  const from = Math.max(0, (at < 0 ? nodes.length : at + 1) - COLUMNS);
  const shown = visitsOf(graph, slots[0]!, nodes, from, COLUMNS);
  const last = shown.from + shown.nodes.length;
  const which = onPath ? 'on the way here' : 'in all';
  const head = `${placeText(listing, slots[0]!)}: visits ${shown.from + 1} to ${last} of ${nodes.length} ${which}`;
  return ok(say(head, ...visitLines(shown, columns)));
}

function hot({ session }: VerifierShell, args: string): Result<Reply> {
  const unit = args === '' ? 'line' : HOT_UNITS.find((u) => u.startsWith(args));
  if (!unit) return fail(knownProblem('no-info', {}, { text: `hot ${args}`, known: HOT_UNITS.join(', ') }));
  const { graph, listing } = session;
  return ok(say(...hotLines(graph, hotRows(graph, listing, unit), 20)));
}

function cause(session: VerifierSession, words: (cause: Cause) => readonly string[]): Result<Reply> {
  const found = session.cause;
  if (found) return ok(say(...words(found)));
  const { verification } = session.exploration;
  if (verification?.verdict === 'reject') return fail(knownProblem('no-explanation'));
  return fail(knownProblem('not-rejected', {}, { verdict: verdictText(session)[0]! }));
}

/** The lines are looked for in slices: the verification runs again up to the node. */
function log({ session }: VerifierShell): CommandRun {
  const { node } = session;
  return {
    advance: () => {
      const lines = session.log(node, LOG_SLICE);
      return lines && { lines };
    },
    pause: () => say('The log of this node was not found yet.'),
  };
}

interface Info {
  readonly help: string;
  readonly run: (shell: VerifierShell) => readonly string[];
}

const INFO: Readonly<Record<string, Info>> = {
  registers: {
    help: 'registers and stack, * marks what changed',
    run: ({ session: s }) => registerLines(s.graph, s.node),
  },
  breakpoints: {
    help: 'where it stops',
    run: ({ session: { breakpoints, listing, graph } }) =>
      breakpoints.length === 0
        ? ['There are no breakpoints.']
        : breakpoints.map(({ number, slots }) => {
            const at = slots.map(
              (slot) =>
                `${placeText(listing, slot)}, ${graph.visits(slot)} visit${graph.visits(slot) === 1 ? '' : 's'}`,
            );
            return `${number}  ${at.join('; ')}`;
          }),
  },
  frames: {
    help: 'the functions that called one another',
    run: ({ session: { graph, listing, node } }) => {
      const frames = graph.frames(node);
      return frames.toReversed().map((f, i) => {
        const at = i === 0 ? graph.slot(node) : frames[frames.length - i]!.callsite;
        const kind = f.in_callback_fn ? ', callback' : f.in_async_callback_fn ? ', callback that runs later' : '';
        return `#${f.frameno}  ${placeText(listing, at)}${kind}`;
      });
    },
  },
  waiting: {
    help: 'branches that were never walked',
    run: ({ session: { graph, listing } }) =>
      graph.waiting.length === 0
        ? ['No branch waits.']
        : graph.waiting.slice(-PAGE).map((w) => `from node ${w.from} to ${placeText(listing, w.slot)}`),
  },
  stats: {
    help: 'the verdict and the closing numbers',
    run: ({ session }) => {
      const { verification } = session.exploration;
      const { graph } = session;
      const numbers = Object.entries(verification?.stats ?? {}).map(([name, n]) => `  ${name} ${n}`);
      return [...verdictText(session), ...numbers, `  remembered ${graph.rememberedCount}`];
    },
  },
};

export const QUERY_ROWS: readonly Row[] = [
  {
    names: ['state'],
    group: 'data',
    help: "the whole state as the kernel's log prints it",
    run: ({ session }) => say(...stateLines(session.graph, session.node)),
  },
  {
    names: ['info', 'i'],
    group: 'data',
    args: 'registers|breakpoints|frames|waiting|stats',
    help: 'more about the node and the exploration',
    more: Object.entries(INFO).map(([name, { help }]) => `${name.padEnd(12)} ${help}`),
    complete: () => Object.keys(INFO),
    run: (shell, args) => {
      const names = Object.keys(INFO).filter((name) => args !== '' && name.startsWith(args));
      const [name] = names;
      if (name !== undefined && names.length === 1) return ok(say(...INFO[name]!.run(shell)));
      return fail(knownProblem('no-info', {}, { text: `info ${args}`.trim(), known: Object.keys(INFO).join(', ') }));
    },
  },
  {
    names: ['list', 'l'],
    group: 'data',
    args: '[PLACE]',
    help: 'insns around a place; in the margin visits and pruned paths',
    complete: placeNames,
    run: ({ session }, args) => {
      const place = session.listing.place(args, session.slot);
      return place.ok ? ok(say(...listLines(session, place.value.slots[0]!, 8))) : place;
    },
  },
  {
    names: ['tree', 't'],
    group: 'data',
    args: '[ROW]',
    help: 'all paths: where they branch off, how they end',
    more: ['[NODES] NODE insn N ... -> insn M: > is the path at hand, * those that lead to it'],
    run: tree,
  },
  {
    names: ['why'],
    group: 'data',
    help: 'why the path is pruned here, or is not: which places were compared, and with what',
    run: ({ session }) => {
      const lines = whyLines(session, session.node);
      if (lines.length > 0) return ok(say(...lines));
      const not = whyNotLines(session, session.node);
      if (not.length > 0) return ok(say(...not));
      return fail(knownProblem('not-pruned', {}, { node: session.node }));
    },
  },
  {
    names: ['visits', 'v'],
    group: 'data',
    args: '[PLACE] [all]',
    help: 'visits of an insn side by side: the rounds of a loop; * marks what changed',
    complete: placeNames,
    run: visits,
  },
  {
    names: ['hot'],
    group: 'data',
    args: '[line|insn|function]',
    help: 'what costs most of the insns that a program may take',
    complete: () => HOT_UNITS,
    run: hot,
  },
  {
    names: ['cause'],
    group: 'data',
    help: 'why the program is rejected: the steps that led there, with their nodes',
    run: ({ session }) => cause(session, causeLines),
  },
  {
    names: ['explain'],
    group: 'data',
    help: 'the whole explanation of the rejection',
    run: ({ session, columns }) => cause(session, (c) => renderExplanation(c.explanation, { columns })),
  },
  { names: ['log'], group: 'data', help: "the kernel's log lines of this node (level 2)", run: log },
];
