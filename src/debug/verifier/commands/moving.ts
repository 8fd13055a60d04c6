/** Commands that move over the exploration, and breakpoints. */
import { fail, ok } from '../../../util/problem.ts';
import { wholeNumber } from '../../commands/numbers.ts';
import type { CommandRow } from '../../commands/row.ts';
import { say } from '../../commands/row.ts';
import { knownProblem } from '../messages.ts';
import type { VerifierMotion } from '../motions.ts';
import type { VerifierShell } from '../shell.ts';
import { placeText } from '../text.ts';

export type Row = CommandRow<VerifierShell>;

/** Names that places begin with. */
export const placeNames = ({ session }: VerifierShell): readonly string[] =>
  [...session.listing.functions, ...session.listing.labels].map((s) => s.name);

const isBack = (motion: VerifierMotion): boolean => 'back' in motion && motion.back === true;

function counted(names: Row['names'], help: string, motion: VerifierMotion & { kind: 'step' | 'next' }): Row {
  return {
    names,
    group: isBack(motion) ? 'back' : 'running',
    args: '[N]',
    help,
    repeats: true,
    run: (shell, args) => {
      const count = wholeNumber(args, `${names[0]} [N]`, 1);
      return count.ok ? ok(shell.move({ ...motion, count: count.value })) : count;
    },
  };
}

function plain(names: Row['names'], help: string, motion: VerifierMotion, repeats = true): Row {
  return {
    names,
    group: isBack(motion) || motion.kind === 'parent' ? 'back' : 'running',
    help,
    ...(repeats && { repeats: true as const }),
    run: (shell) => shell.move(motion),
  };
}

function visiting(names: Row['names'], back: boolean): Row {
  return {
    names,
    group: back ? 'back' : 'running',
    args: '[PLACE]',
    help: back
      ? 'the visit before of a place (this insn without one)'
      : 'the next visit of a place (this insn without one)',
    complete: placeNames,
    repeats: true,
    run: (shell, args) => {
      const { session } = shell;
      const place = session.listing.place(args, session.slot);
      if (!place.ok) return place;
      return ok(shell.move({ kind: 'visit', slots: place.value.slots, number: back ? 'previous' : 'next' }));
    },
  };
}

export const MOVE_ROWS: readonly Row[] = [
  counted(['step', 's', 'si'], 'one insn on, in the order in which the verifier walked', { kind: 'step' }),
  counted(['next', 'n', 'ni'], 'one insn along the path, over calls', { kind: 'next' }),
  plain(['finish', 'fin'], 'along the path out of the function', { kind: 'finish' }),
  plain(['continue', 'c'], 'to the next visit of a breakpoint, or to the end', { kind: 'continue' }),
  visiting(['until', 'u'], false),
  plain(['branch', 'br'], 'to the next node that branches', { kind: 'branch' }),
  plain(['prune', 'pr'], 'to the next node where a path is pruned', { kind: 'prune' }),
  plain(['path'], 'to the beginning of the next path', { kind: 'path' }),
  plain(['end'], 'to the end of this path', { kind: 'end' }, false),
  {
    names: ['child', 'down'],
    group: 'running',
    args: '[N]',
    help: 'along the N-th way from here, 1 without N',
    repeats: true,
    run: (shell, args) => {
      const number = wholeNumber(args, 'child [N]', 1);
      return number.ok ? ok(shell.move({ kind: 'child', number: number.value })) : number;
    },
  },
  plain(
    ['covering', 'cov'],
    'to the state that covers this one, where the path is pruned',
    { kind: 'covering' },
    false,
  ),
  plain(['rejection', 'rej'], 'straight to the insn that is refused', { kind: 'rejection' }, false),
  {
    names: ['goto'],
    group: 'running',
    args: 'NODE',
    help: 'to a node: the N-th insn that the verifier processed',
    run: (shell, args) => {
      const node = wholeNumber(args, 'goto NODE');
      return node.ok ? ok(shell.move({ kind: 'goto', node: node.value })) : node;
    },
  },
  {
    names: ['visit'],
    group: 'running',
    args: 'N [PLACE]',
    help: 'to the N-th visit of a place (this insn without one)',
    complete: placeNames,
    run: (shell, args) => {
      const [first = '', ...rest] = args.split(/\s+/);
      const number = wholeNumber(first, 'visit N [PLACE]');
      if (!number.ok) return number;
      const place = shell.session.listing.place(rest.join(' '), shell.session.slot);
      return place.ok ? ok(shell.move({ kind: 'visit', slots: place.value.slots, number: number.value })) : place;
    },
  },
  {
    names: ['run', 'r', 'start'],
    group: 'running',
    help: 'back to the first node',
    run: (shell) => shell.move({ kind: 'goto', node: 1 }),
  },
  counted(['reverse-step', 'rs', 'rsi'], 'one insn back, in the order in which the verifier walked', {
    kind: 'step',
    back: true,
  }),
  counted(['reverse-next', 'rn', 'rni'], 'one insn back along the path, over calls', { kind: 'next', back: true }),
  plain(['reverse-finish', 'rf'], 'back along the path to the call of the function', { kind: 'finish', back: true }),
  plain(['reverse-continue', 'rc'], 'to the visit before of a breakpoint, or to the beginning', {
    kind: 'continue',
    back: true,
  }),
  visiting(['reverse-until', 'ru'], true),
  plain(['reverse-branch', 'rb'], 'to the node before that branches', { kind: 'branch', back: true }),
  plain(['reverse-prune', 'rp'], 'to the node before where a path is pruned', { kind: 'prune', back: true }),
  plain(['reverse-path'], 'to the beginning of this path, or of the one before', { kind: 'path', back: true }),
  plain(['parent', 'up'], 'to the node before, on the way from the beginning', { kind: 'parent' }),
  {
    names: ['break', 'b'],
    group: 'breaks',
    args: '[PLACE]',
    help: 'stop at every visit of a place (this insn without one)',
    more: ["*12 is an insn, 40 or file.bpf:40 a line; labels and functions have names: 'b drop+2'"],
    complete: placeNames,
    run: ({ session }, args) => {
      const made = session.addBreakpoint(args);
      if (!made.ok) return made;
      const { number, slots } = made.value;
      return ok(say(`Breakpoint ${number}: ${slots.map((slot) => placeText(session.listing, slot)).join(', ')}`));
    },
  },
  {
    names: ['delete', 'd'],
    group: 'breaks',
    args: '[N]',
    help: 'forget a breakpoint, or all',
    complete: ({ session }) => session.breakpoints.map((b) => `${b.number}`),
    run: ({ session }, args) => {
      if (args === '') {
        for (const b of session.breakpoints) session.removeBreakpoint(b.number);
        return say('There are no breakpoints now.');
      }
      const number = wholeNumber(args, 'delete [N]');
      if (!number.ok) return number;
      if (session.removeBreakpoint(number.value)) return ok(say(`Breakpoint ${number.value} is gone.`));
      return fail(knownProblem('no-verifier-breakpoint', {}, { text: args }));
    },
  },
];
