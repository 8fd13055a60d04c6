/** What `info` tells: one row a subject. */
import { ctxLines } from '../inspect/ctx.ts';
import { frameLines } from '../inspect/frames.ts';
import { packetLines } from '../inspect/packetView.ts';
import { registerLines } from '../inspect/registers.ts';
import { stackLines } from '../inspect/stack.ts';
import { placeText } from './breaks.ts';
import { displayLines } from './display.ts';
import type { Shell } from './shell.ts';
import { resultLine } from './stopText.ts';

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
  return symbols.progs.flatMap((p) =>
    p.functions
      .map((f) => `${p.name}:*${f.slot}`.padEnd(24) + f.name)
      .concat(p.labels.map((l) => `${p.name}:*${l.slot}`.padEnd(24) + `${l.name} (label)`)),
  );
}

export const INFO: readonly InfoRow[] = [
  {
    names: ['registers', 'r'],
    help: 'the registers, and what they point to',
    lines: (s) => registerLines(s.view(), s.before),
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
