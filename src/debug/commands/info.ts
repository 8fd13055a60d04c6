/** What `info` tells: one row a subject. */

import { ctxLines } from '../inspect/ctx.ts';
import { frameLines } from '../inspect/frames.ts';
import { elementLines, findMap, mapLines } from '../inspect/maps.ts';
import { packetLines } from '../inspect/packetView.ts';
import { referenceLines, snapshotHolders } from '../inspect/references.ts';
import { registerLines } from '../inspect/registers.ts';
import { stackLines } from '../inspect/stack.ts';
import { worldLines } from '../inspect/world.ts';
import { placeText } from './breaks.ts';
import { displayLines } from './display.ts';
import { problemLines } from './row.ts';
import type { Shell } from './shell.ts';
import { resultLine } from './stopText.ts';

/** Elements that are shown at once, at most. */
const MAX_ELEMENTS = 1000;

/** One subject. */
interface InfoRow {
  readonly names: readonly [string, ...string[]];
  readonly help: string;
  lines(shell: Shell, args: string): readonly string[];
}

function breakpointLines({ session: { breakpoints } }: Shell): string[] {
  if (breakpoints.list.length === 0) return ['There are no breakpoints.'];
  return breakpoints.list.map((b) => {
    const notes = [
      ...(b.enabled ? [] : ['disabled']),
      ...(b.temporary ? ['once'] : []),
      ...(b.condition === undefined ? [] : [`if ${b.condition}`]),
      ...(b.hits === undefined ? [] : [`hits ${b.hits}`]),
      ...(b.log === undefined ? [] : [`log ${b.log}`]),
    ];
    const met = breakpoints.count(b.number);
    const count = met === 0 ? '' : `, met ${met} time${met === 1 ? '' : 's'}`;
    return `${String(b.number).padStart(3)}  ${placeText(b.place)}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}${count}`;
  });
}

function programLines({ session: { symbols } }: Shell): string[] {
  return symbols.progs.map((p) => {
    const { progType } = p.prog.executable;
    const at = p.insns[0]?.position?.pos;
    return `${p.name}  ${progType}, ${p.insns.length} insns${at ? `, ${at.file}:${at.line}` : ''}`;
  });
}

function functionLines({ session: { symbols } }: Shell): string[] {
  const line = (prog: string, slot: number, name: string): string => `${`${prog}:*${slot}`.padEnd(24)}${name}`;
  return symbols.progs.flatMap((p) => [
    ...p.functions.map((f) => line(p.name, f.slot, f.name)),
    ...p.labels.map((l) => line(p.name, l.slot, `${l.name} (label)`)),
  ]);
}

/** The lines of the registers that are asked for; of all without names. */
function chosenRegisters(lines: readonly string[], args: string): readonly string[] {
  const asked = args.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const wanted = new Set(asked.map((name) => (name === 'fp' ? 'r10' : name)));
  if (wanted.size === 0 || wanted.has('all')) return lines;
  return lines.filter((line) => wanted.has(/r\d+/i.exec(line)?.[0].toLowerCase() ?? ''));
}

/** A page of a map's elements. */
function elementsOf(shell: Shell, args: string): readonly string[] {
  const [name = '', from = '0', count = '20'] = args.split(/\s+/);
  const map = findMap(shell.view(), name);
  if (!map.ok) return problemLines(...map.problems);
  return elementLines(shell.view(), map.value, Number(from) || 0, Math.min(Number(count) || 20, MAX_ELEMENTS));
}

export const INFO: readonly InfoRow[] = [
  {
    names: ['registers', 'r'],
    help: 'the registers, and what they point to; some of them: info registers r1 r6',
    lines: (s, args) => chosenRegisters(registerLines(s.view(), s.before), args),
  },
  {
    names: ['stack', 'locals'],
    help: 'the stack of the frame',
    lines: (s) => stackLines(s.view(), s.stackBefore ? { since: s.stackBefore } : {}),
  },
  { names: ['frames', 'frame', 'f'], help: 'the call frames', lines: (s) => frameLines(s.view()) },
  { names: ['packet', 'pkt'], help: 'the packet: headers, bytes, what changed', lines: (s) => packetLines(s.view()) },
  {
    names: ['ctx', 'context'],
    help: 'the fields of the context; all of them with "all"',
    lines: (s, args) => ctxLines(s.view(), args === 'all'),
  },
  {
    names: ['maps', 'map'],
    help: 'the maps, or the elements of one: info map NAME [FROM [COUNT]]',
    lines: (s, args) => (args === '' ? mapLines(s.view()) : elementsOf(s, args)),
  },
  {
    names: ['references', 'refs'],
    help: 'what the program holds and must give back',
    lines: ({ session }) => referenceLines(session.view(), session.at(session.began, snapshotHolders)),
  },
  {
    names: ['world', 'clock'],
    help: 'clock, CPU, timers, task, what was said so far',
    lines: (s) => worldLines(s.view()),
  },
  { names: ['breakpoints', 'b', 'watchpoints'], help: 'where it stops', lines: breakpointLines },
  { names: ['display'], help: 'what is shown at every stop', lines: (s) => displayLines(s) },
  { names: ['programs', 'progs'], help: 'the loaded programs', lines: programLines },
  { names: ['functions', 'labels'], help: 'functions and labels', lines: functionLines },
  {
    names: ['results', 'verdicts'],
    help: 'the verdicts so far',
    lines: ({ session }) => session.results().map(resultLine),
  },
];
