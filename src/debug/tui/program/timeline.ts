/** Where the session is in its history: the packets, what became of those that are through, and the breakpoints. */

import type { PacketResult } from '../../../kernel/replay/result.ts';
import { packetLine } from '../../../net/print.ts';
import { INFO } from '../../commands/info.ts';
import type { Shell } from '../../commands/shell.ts';
import type { Content, PaneRow } from '../face.ts';
import { line, type StyledLine, span } from '../line.ts';
import { LOOK, PLAIN } from '../style.ts';
import type { Kept } from './kept.ts';

/** Verdicts of packets by their numbers. */
type Verdicts = ReadonlyMap<number, readonly PacketResult[]>;

const MOST_BREAKPOINTS = 50;
/** Columns of the bar, at most. */
const BAR = 60;

function verdictsOf({ session }: Shell): Verdicts {
  const byNumber = new Map<number, PacketResult[]>();
  for (const result of session.results()) {
    const list = byNumber.get(result.number);
    if (list) list.push(result);
    else byNumber.set(result.number, [result]);
  }
  return byNumber;
}

/** The packet that is at work, or that comes next. */
export function packetNow({ session }: Shell): number {
  const running = session.view().running?.number;
  return running ?? (session.lastResult?.number ?? 0) + (session.over ? 0 : 1);
}

/** `[=====>......]`: how many of the packets are through. */
function bar(done: number, all: number, columns: number): string {
  const width = Math.max(4, columns - 2);
  const at = Math.min(width - 1, Math.floor((done * width) / Math.max(1, all)));
  return `[${'='.repeat(at)}>${'.'.repeat(width - at - 1)}]`;
}

function breakpointLines(shell: Shell): StyledLine[] {
  const lines = INFO.find((row) => row.names[0] === 'breakpoints')!.lines(shell, '');
  const shown = lines.slice(0, MOST_BREAKPOINTS).map((text) => line(`*${text}`));
  return shell.session.breakpoints.list.length === 0 ? [] : shown;
}

/** Where the session stands, by numbers and in words. */
function standing(shell: Shell): { all: number; now: number; over: boolean; text: string } {
  const { session } = shell;
  const { over, tick, began } = session;
  const all = session.packets.length;
  const now = packetNow(shell);
  const text = over
    ? `all ${all} packets are through, tick ${tick}`
    : `packet ${now} of ${all}, tick ${tick} (run began at ${began})`;
  return { all, now, over, text };
}

export function timelinePane(shell: Shell, kept: Kept): PaneRow {
  const top = (columns: number): StyledLine[] => {
    const { all, now, over, text } = kept.get('timeline', () => standing(shell));
    return [
      line(text),
      line(bar(now - (over ? 0 : 1), all, Math.min(columns, BAR)), LOOK.known),
      ...kept.get('breakpoints', () => breakpointLines(shell)),
    ];
  };
  const first = (): number => 2 + kept.get('breakpoints', () => breakpointLines(shell)).length;
  return {
    id: 'timeline',
    title: 'timeline',
    choose: true,
    content: ({ columns }): Content => {
      const head = top(columns);
      const verdicts = kept.get('verdicts', () => verdictsOf(shell));
      const { now, over } = kept.get('timeline', () => standing(shell));
      const { packets } = shell.session;
      const make = (number: number): StyledLine => {
        const here = number === now && !over;
        const said = verdicts.get(number)?.map((r) => `${r.prog.name} ${r.verdict}`) ?? [];
        const verdict = said.join(', ');
        const packet = packets[number - 1];
        const text = packet ? packetLine(packet.bytes) : '';
        return [
          span(
            `${here ? '>' : ' '}${`${number}`.padStart(`${packets.length}`.length)}  `,
            here ? LOOK.title : LOOK.faint,
          ),
          span(verdict === '' ? '' : `${verdict}  `, LOOK.label),
          span(text, verdict === '' && !here ? LOOK.faint : PLAIN),
        ];
      };
      return {
        count: head.length + packets.length,
        line: (i) => head[i] ?? make(i - head.length + 1),
        here: now > 0 ? head.length + now - 1 : undefined,
      };
    },
    /** Goes to the packet of a line. */
    enter: (index) => {
      const number = index - first() + 1;
      return number >= 1 && number <= shell.session.packets.length ? `packet ${number}` : false;
    },
  };
}
