/** Commands that run the program, forwards and backwards. */
import { fail, ok } from '../../util/problem.ts';
import type { Motion } from '../session/types.ts';
import { commandProblem } from './messages.ts';
import { moving } from './moving.ts';
import { wholeNumber } from './numbers.ts';
import { placeNames } from './placeNames.ts';
import type { CommandRow } from './row.ts';
import type { Shell } from './shell.ts';

type Row = CommandRow<Shell>;

function stepRow(names: Row['names'], help: string, motion: Motion & { readonly kind: 'step' | 'next' }): Row {
  const usage = `${names[0]} [N]`;
  return {
    names,
    group: motion.back ? 'back' : 'running',
    args: '[N]',
    help,
    repeats: true,
    run: (shell, args) => {
      const count = wholeNumber(args, usage, 1);
      return count.ok ? ok(moving(shell, { ...motion, count: count.value })) : count;
    },
  };
}

function plainRow(
  names: Row['names'],
  help: string,
  motion: Motion & { readonly back?: boolean },
  repeats = true,
): Row {
  return {
    names,
    group: motion.back ? 'back' : 'running',
    help,
    ...(repeats && { repeats: true as const }),
    run: (shell) => moving(shell, motion),
  };
}

function toPlace(names: Row['names'], back: boolean): Row {
  return {
    names,
    group: back ? 'back' : 'running',
    args: 'PLACE',
    help: back ? 'go back to a place, or to a breakpoint on the way' : 'run to a place, or to a breakpoint before it',
    complete: placeNames,
    run: (shell, args) => {
      if (args === '') return fail(commandProblem('missing', {}, { what: 'a place', usage: `${names[0]} PLACE` }));
      const place = shell.session.place(args);
      return place.ok ? ok(moving(shell, { kind: 'until', place: place.value, back })) : place;
    },
  };
}

export const RUN_COMMANDS: readonly Row[] = [
  stepRow(['step', 's'], 'one source line, into calls', { kind: 'step', unit: 'line' }),
  stepRow(['next', 'n'], 'one source line, over calls', { kind: 'next', unit: 'line' }),
  stepRow(['stepi', 'si'], 'one insn, into calls', { kind: 'step', unit: 'insn' }),
  stepRow(['nexti', 'ni'], 'one insn, over calls', { kind: 'next', unit: 'insn' }),
  plainRow(['finish', 'fin'], 'out of the current function; out of the program to its verdict', { kind: 'finish' }),
  plainRow(['continue', 'c', 'fg'], 'to the next breakpoint, or to the end', { kind: 'continue' }),
  toPlace(['until', 'u', 'advance'], false),
  {
    names: ['packet'],
    group: 'running',
    args: 'N',
    help: 'to the first insn of packet N, wherever it is',
    run: (shell, args) => {
      const number = wholeNumber(args, 'packet N');
      if (!number.ok) return number;
      const { session } = shell;
      // How many programs will run in a scenario is not known before they have.
      const count = session.input.scenario ? Number.MAX_SAFE_INTEGER : session.packets.length;
      if (number.value < 1 || number.value > count) {
        return fail(commandProblem('no-packet', {}, { number: number.value, count }));
      }
      const back = number.value <= (session.view().running?.number ?? session.resultCount + 1);
      return ok(moving(shell, { kind: 'until', place: { kind: 'packet', number: number.value }, back }));
    },
  },
  {
    names: ['run', 'r', 'start'],
    group: 'running',
    help: 'back to the first insn of the first packet; breakpoints and changes stay',
    run: (shell) => moving(shell, { kind: 'goto', tick: 0 }),
  },
  {
    names: ['goto'],
    group: 'running',
    args: 'TICK',
    help: 'to a moment, as the stops name them',
    run: (shell, args) => {
      const tick = wholeNumber(args, 'goto TICK');
      return tick.ok ? ok(moving(shell, { kind: 'goto', tick: tick.value })) : tick;
    },
  },
  stepRow(['reverse-step', 'rs'], 'one source line back, into calls', { kind: 'step', unit: 'line', back: true }),
  stepRow(['reverse-next', 'rn'], 'one source line back, over calls', { kind: 'next', unit: 'line', back: true }),
  stepRow(['reverse-stepi', 'rsi'], 'one insn back, into calls', { kind: 'step', unit: 'insn', back: true }),
  stepRow(['reverse-nexti', 'rni'], 'one insn back, over calls', { kind: 'next', unit: 'insn', back: true }),
  plainRow(['reverse-finish', 'rf'], 'to the call of the current function, or to the beginning of the run', {
    kind: 'finish',
    back: true,
  }),
  plainRow(['reverse-continue', 'rc'], 'to the breakpoint before, or to the beginning', {
    kind: 'continue',
    back: true,
  }),
  toPlace(['reverse-until', 'ru'], true),
];
