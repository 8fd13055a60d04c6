/** Commands that say where to stop. */
import { toHex } from '../../util/hex.ts';
import { fail, ok, type Result } from '../../util/problem.ts';
import { sessionProblem } from '../session/messages.ts';
import type { BreakPlace, Breakpoint, BreakSpec } from '../session/types.ts';
import { commandProblem } from './messages.ts';
import { wholeNumber } from './numbers.ts';
import { placeNames } from './placeNames.ts';
import type { CommandRow, Reply } from './row.ts';
import { say } from './row.ts';
import type { Shell } from './shell.ts';

type Row = CommandRow<Shell>;

/** A breakpoint's place in words. */
export function placeText(place: BreakPlace): string {
  switch (place.kind) {
    case 'insn':
      return place.text;
    case 'call':
      return `call ${place.name}`;
    case 'tail-call':
      return place.to === undefined ? 'tail-call' : `tail-call ${place.to}`;
    case 'map': {
      const key = place.key && ` [${toHex(place.key)}]`;
      return `${place.op === 'any' ? 'change' : place.op} ${place.map}${key ?? ''}`;
    }
    case 'watch':
      return `watch ${place.expr}`;
    case 'fault':
      return 'fault';
    case 'verdict':
      return place.name === undefined ? 'verdict' : `verdict ${place.name}`;
    case 'packet':
      return place.number === undefined ? 'packet' : `packet ${place.number}`;
  }
}

/** `PLACE [if EXPR]`; the condition is the last thing. */
function splitIf(args: string): { readonly what: string; readonly condition: string | undefined } {
  const found = /^(.*?)(?:^|\s+)if\b(.*)$/s.exec(args);
  return found ? { what: found[1]!.trim(), condition: found[2]!.trim() } : { what: args, condition: undefined };
}

/** Sets a breakpoint and says so. */
function add(
  shell: Shell,
  place: BreakPlace,
  condition: string | undefined,
  more: Partial<BreakSpec> = {},
): Result<Reply> {
  const spec = { place, ...(condition !== undefined && { condition }), ...more };
  const result = shell.session.breakpoints.add(spec);
  return result.ok ? ok(addedReply(result.value)) : result;
}

function addedReply({ number, place, condition, temporary, log }: Breakpoint): Reply {
  const kind = log !== undefined ? 'Log point' : place.kind === 'watch' ? 'Watchpoint' : 'Breakpoint';
  const when = condition === undefined ? '' : ` if ${condition}`;
  const what = temporary ? 'Temporary breakpoint' : kind;
  return { ...say(`${what} ${number}: ${placeText(place)}${when}`), moved: true };
}

function breakRow(names: Row['names'], help: string, more: Partial<BreakSpec>): Row {
  return {
    names,
    group: 'breaks',
    args: '[PLACE] [if EXPR]',
    help,
    more: [
      'PLACE: 40 or file.bpf:40 (a line), *12 (an insn), a label or function, label+2, PROG:label,',
      '       call HELPER, tail-call [PROG], update MAP [KEY], delete MAP [KEY], change MAP [KEY],',
      '       fault, verdict [NAME], packet [N]; nothing: here',
      'break drop if pkt[12:2] == 0x0800',
    ],
    complete: placeNames,
    run: (shell, args) => {
      const { what, condition } = splitIf(args);
      const place = shell.session.place(what);
      if (!place.ok) return place;
      return add(shell, place.value, condition, more);
    },
  };
}

function onNumbers(args: string, shell: Shell, usage: string, each: (number: number) => boolean): Result<Reply> {
  const words = args.split(/[\s,]+/).filter((w) => w !== '');
  const all = shell.session.breakpoints.list.map((b) => b.number);
  const numbers: number[] = [];
  for (const word of words) {
    const number = wholeNumber(word, usage);
    if (!number.ok) return number;
    numbers.push(number.value);
  }
  for (const number of words.length === 0 ? all : numbers) {
    if (!each(number)) return fail(sessionProblem('no-breakpoint', {}, { number }));
  }
  return ok({ ...say(), moved: true });
}

export const BREAK_COMMANDS: readonly Row[] = [
  breakRow(['break', 'b', 'br'], 'stop at a place', {}),
  breakRow(['tbreak', 'tb'], 'stop at a place once', { temporary: true }),
  {
    names: ['catch'],
    group: 'breaks',
    args: 'WHAT [if EXPR]',
    help: 'stop at a fault, a verdict, a packet, a call, a tail call, a change of a map (the places of break that begin with a word)',
    complete: placeNames,
    run: (shell, args) => {
      const { what, condition } = splitIf(args);
      if (what === '') return fail(commandProblem('missing', {}, { what: 'what to catch', usage: 'catch fault' }));
      const place = shell.session.place(what);
      if (!place.ok) return place;
      return add(shell, place.value, condition);
    },
  },
  {
    names: ['watch', 'wa'],
    group: 'breaks',
    args: 'EXPR [if EXPR]',
    help: 'stop behind each write to a register, bytes of stack, packet or context, or a value in a map',
    more: [
      'watch r6',
      'watch fp-8',
      'watch pkt[26:4]',
      'watch ct4_global[KEY].lifetime',
      'Going back, it stops at the insn that wrote.',
    ],
    run: (shell, args) => {
      const { what, condition } = splitIf(args);
      if (what === '') return fail(commandProblem('missing', {}, { what: 'an expression', usage: 'watch EXPR' }));
      return add(shell, { kind: 'watch', expr: what }, condition);
    },
  },
  {
    names: ['log', 'dprintf'],
    group: 'breaks',
    args: 'PLACE, TEXT',
    help: 'say a text with {expressions} at a place, and go on',
    more: ['log drop, dropped {ipv4.src} with r0 = {r0}'],
    complete: placeNames,
    run: (shell, args) => {
      const [, where, text] = /^(.*?),\s*(.*)$/s.exec(args) ?? [];
      if (where === undefined || text === undefined) {
        return fail(commandProblem('missing', {}, { what: 'the text', usage: 'log PLACE, TEXT' }));
      }
      const place = shell.session.place(where);
      return place.ok ? add(shell, place.value, undefined, { log: text }) : place;
    },
  },
  {
    names: ['condition'],
    group: 'breaks',
    args: 'N [EXPR]',
    help: 'give a breakpoint a condition, or take it away',
    run: (shell, args) => {
      const [, first = '', expr = ''] = /^(\S+)\s*(.*)$/s.exec(args) ?? [];
      const number = wholeNumber(first, 'condition N [EXPR]');
      if (!number.ok) return number;
      const set = shell.session.breakpoints.setCondition(number.value, expr === '' ? undefined : expr);
      return set.ok ? ok(say()) : set;
    },
  },
  {
    names: ['delete', 'd'],
    group: 'breaks',
    args: '[N…]',
    help: 'take breakpoints away; all without a number',
    run: (shell, args) => onNumbers(args, shell, 'delete [N…]', (n) => shell.session.breakpoints.remove(n)),
  },
  {
    names: ['enable', 'en'],
    group: 'breaks',
    args: '[N…]',
    help: 'let breakpoints stop again',
    run: (shell, args) => onNumbers(args, shell, 'enable [N…]', (n) => shell.session.breakpoints.enable(n, true)),
  },
  {
    names: ['disable', 'dis'],
    group: 'breaks',
    args: '[N…]',
    help: 'let breakpoints be without effect',
    run: (shell, args) => onNumbers(args, shell, 'disable [N…]', (n) => shell.session.breakpoints.enable(n, false)),
  },
];
