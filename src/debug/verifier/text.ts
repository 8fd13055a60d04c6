/** What there is to say of a node, as lines. */
import { frameText, regText } from '../../verifier/log/print.ts';
import { INVALID } from '../../verifier/state.ts';
import type { Cause } from './cause.ts';
import type { Graph } from './graph.ts';
import type { Listing } from './listing.ts';
import type { Asked } from './reasons.ts';
import { pruneReasons } from './reasons.ts';
import type { VerifierSession } from './session.ts';
import { endText } from './tree.ts';

/** `insn 11 (tc_main+11 at tc.bpf:40)`. */
export function placeText(listing: Listing, slot: number): string {
  const line = listing.lineOf(slot);
  return `insn ${slot} (${listing.placeName(slot)}${line === undefined ? '' : ` at ${line}`})`;
}

/** `=> 11: if r1 > 0x5 goto pc+3 | if r1 > 5 goto drop`. */
function insnLine(listing: Listing, slot: number, mark = '=>'): string {
  const text = listing.text(slot);
  const source = listing.sourceBeside(slot);
  const line = `${mark} ${`${slot}`.padStart(4)}: ${text}`;
  return source === undefined ? line : `${line.padEnd(44)} | ${source}`;
}

/** What goes on from a node: branches that were walked, that wait, and how the path ends there. */
export function eventLines({ graph, listing, rejection }: VerifierSession, node: number): string[] {
  const out: string[] = [];
  if (graph.remembers(node)) out.push('The state is remembered here, to be compared with later ones.');
  const prune = graph.prune(node);
  if (prune) out.push(`The path ends: state ${prune.into} covers it ('why' says how).`);
  const children = graph.children(node);
  if (children.length > 1 || children.some((c) => graph.edge(c) !== 'step')) {
    children.forEach((c, i) => {
      const what = graph.edge(c) === 'later' ? 'calls later' : 'goes to';
      out.push(
        `child ${i + 1} ${what} node ${c}, ${placeText(listing, graph.slot(c))}: ${endText(graph, graph.pathOf(c))}`,
      );
    });
  }
  for (const w of graph.waiting)
    if (w.from === node) out.push(`${placeText(listing, w.slot)} was never walked from here.`);
  if (node === rejection) out.push("The program is rejected here ('cause' says why).");
  else if (node !== 0 && !prune && graph.pathOf(node).last === node)
    out.push(`The path ends: ${endText(graph, graph.pathOf(node))}.`);
  return out;
}

/** Where the session stands. */
export function whereLines(session: VerifierSession): string[] {
  const { graph, listing, node, exploration } = session;
  const { verification } = exploration;
  const verdict = verification ? verdictText(session) : [`${graph.processed} insns are explored so far.`];
  if (node === 0) return [...verdict, 'No insn was walked.'];
  const path = graph.pathOf(node);
  const depth = graph.depth(node);
  const at = placeText(listing, graph.slot(node));
  const frame = depth === 0 ? '' : `, frame ${depth}${graph.frames(node).at(-1)!.in_callback_fn ? ' (callback)' : ''}`;
  return [
    `node ${node} of ${graph.count}, path ${path.first}..${path.last}: ${at}${frame}`,
    insnLine(listing, graph.slot(node)),
    ...eventLines(session, node),
  ];
}

/** How it ended, and what it cost. */
export function verdictText({ graph, exploration }: VerifierSession): string[] {
  const { verification, name } = exploration;
  if (!verification) return [`${name}: being explored, ${graph.processed} insns so far`];
  const words = {
    accept: 'accepted',
    reject: `REJECTED${verification.verdict === 'reject' ? ` (errno ${verification.errno})` : ''}`,
    not_covered: `no verdict: ${verification.verdict === 'not_covered' ? verification.what : ''}`,
  };
  const full = graph.full ? `; nodes are stored up to ${graph.count}` : '';
  const { insns } = verification;
  return [
    `${name}: ${words[verification.verdict]} after ${insns} insns on ${graph.pathCount} path${graph.pathCount === 1 ? '' : 's'}${full}`,
  ];
}

/** The whole state as the kernel's log prints it, a line a frame. */
export function stateLines(graph: Graph, node: number): string[] {
  const frames = graph.frames(node);
  return frames.map((f, i) => {
    const head = i === frames.length - 1 ? `${graph.slot(node)}:` : `${frames[i + 1]!.callsite}:`;
    return `${head}${frameText(f).trimEnd()}`;
  });
}

/** One register or slot a line, with `*` at what the insn before changed. */
export function registerLines(graph: Graph, node: number): string[] {
  const f = graph.frames(node).at(-1);
  if (!f) return [];
  const parent = graph.parent(node);
  const before = graph.frames(parent)[f.frameno];
  const known = before !== undefined && graph.frames(parent).length === graph.frames(node).length;
  const out: string[] = [];
  const add = (place: string, text: string, old: string): void => {
    if (text === '' && old === '') return;
    const changed = known && text !== old;
    out.push(
      `${changed ? '*' : ' '} ${place.padEnd(6)} ${text === '' ? '(nothing)' : text}${changed && old !== '' ? `   was ${old}` : ''}`,
    );
  };
  f.regs.forEach(({ v }, r) => {
    const text = (x: typeof v | undefined): string => (!x || x.type === 'NOT_INIT' ? '' : regText(x, f.frameno));
    add(`R${r}`, text(v), text(before?.regs[r]?.v));
  });
  const slots = Math.max(f.stack.length, known ? (before?.stack.length ?? 0) : 0);
  for (let spi = 0; spi < slots; spi++) {
    const text = (s: (typeof f.stack)[number] | undefined): string => {
      if (!s || s.types === INVALID) return '';
      return s.types[7] === 'r' ? s.types.slice(0, s.types.indexOf('r')) + regText(s.cell.v, f.frameno) : s.types;
    };
    add(`fp${-8 * (spi + 1)}`, text(f.stack[spi]), text(before?.stack[spi]));
  }
  if (f.refs.length > 0) out.push(`  refs   ${f.refs.map((r) => r.id).join(', ')}`);
  return out;
}

const ASKED: Readonly<Record<Asked, string>> = {
  'not read': 'nobody reads it later: not compared',
  'any number': 'read, but no decision rests on its value: any number will do',
  covered: 'compared: the old value stands for this one',
};

/** Why the path was pruned at a node: what mattered first. */
export function whyLines({ graph, listing }: VerifierSession, node: number): string[] {
  const prune = graph.prune(node);
  if (!prune) return [];
  const { into, how, old } = prune;
  const reasons = pruneReasons(old, graph.frames(node), how, graph.frames(into));
  const place = Math.max(5, ...reasons.map((r) => r.place.length));
  const depth = graph.depth(node);
  const line = (r: (typeof reasons)[number]): string => {
    const frame = depth === 0 ? '' : `frame ${r.frame} `;
    const values = r.old === r.now ? r.now : `${r.now || '(nothing)'}   old: ${r.old || '(nothing)'}`;
    return `    ${frame}${r.place.padEnd(place)} ${values}`;
  };
  const section = (asked: Asked): string[] => {
    const own = reasons.filter((r) => r.asked === asked);
    return own.length === 0 ? [] : [`  ${ASKED[asked]}:`, ...own.map(line)];
  };
  const loop =
    how === 'NOT_EXACT' ? [] : ['  The old state belongs to a loop that was not finished: everything is compared.'];
  return [
    `At ${placeText(listing, graph.slot(node))} the path ends, because the state remembered at node ${into} covers it:`,
    ...loop,
    ...section('covered'),
    ...section('any number'),
    ...section('not read'),
  ];
}

/** Why the path goes on where a state is remembered: what differs from the last one that was remembered there before. */
export function whyNotLines({ graph, listing }: VerifierSession, node: number): string[] {
  const slot = graph.slot(node);
  let old = node - 1;
  while (old > 0 && !(graph.slot(old) === slot && graph.remembers(old) && graph.depth(old) === graph.depth(node)))
    old--;
  if (old <= 0) return [];
  const frames = graph.frames(old);
  const differ = pruneReasons(frames, graph.frames(node), 'EXACT').filter((r) => r.old !== r.now);
  const frame = (r: (typeof differ)[number]): string => (graph.depth(node) === 0 ? '' : `frame ${r.frame} `);
  return [
    `The path is not pruned at ${placeText(listing, slot)}. Before it, node ${old} was remembered here; of it differ:`,
    ...(differ.length === 0 ? ['    nothing but ids'] : []),
    ...differ.map((r) => `    ${frame(r)}${r.place.padEnd(6)} ${r.now || '(nothing)'}   old: ${r.old || '(nothing)'}`),
    'What a later insn reads, and of numbers those that decide something, must be covered.',
  ];
}

/** The rejection, and the way to it. */
export function causeLines({ explanation, node, steps }: Cause): string[] {
  const width = Math.max(4, ...steps.map((s) => `${s.node}`.length));
  const rows = steps.map((s) => {
    const head = `${(s.node === 0 ? '-' : `${s.node}`).padStart(width)}  ${`${s.slot}`.padStart(4)}: ${s.text}`;
    return `${head.padEnd(width + 46)} ${s.what}`;
  });
  const end = node === 0 ? [] : [`${`${node}`.padStart(width)}  the insn that is refused`];
  return [
    `${explanation.id}: ${explanation.headline}`,
    `  ${explanation.message}`,
    ...(rows.length + end.length > 0 ? [`${'node'.padStart(width)}  insn`, ...rows, ...end] : []),
    "'goto NODE' goes there; 'explain' says what can be done.",
  ];
}

/** Insns around one, with how often each was processed and how many paths were pruned there. */
export function listLines({ graph, listing, slot: here }: VerifierSession, slot: number, around: number): string[] {
  const names = new Map([...listing.labels, ...listing.functions].map((s) => [s.slot, s.name]));
  const width = Math.max(4, `${graph.processed}`.length);
  const from = Math.max(0, slot - around);
  return listing.insns.slice(from, slot + around + 1).flatMap((insn) => {
    if (!insn) return [];
    const visits = graph.visits(insn.slot);
    const pruned = graph.prunedAt(insn.slot);
    const margin = `${(visits === 0 ? '-' : `${visits}`).padStart(width)} ${(pruned === 0 ? '' : `p${pruned}`).padEnd(width)}`;
    const name = names.get(insn.slot);
    const label = name === undefined ? [] : [`${' '.repeat(2 * width + 2)}${name}:`];
    return [...label, `${margin} ${insnLine(listing, insn.slot, insn.slot === here ? '=>' : '  ')}`];
  });
}
