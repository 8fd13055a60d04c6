/** Commands that ask the past. */
import { fail, ok, type Result } from '../../util/problem.ts';
import { capture } from '../inspect/capture.ts';
import { changeLines, diffCaptures } from '../inspect/changes.ts';
import { tailChainLines } from '../inspect/tailCalls.ts';
import { type Answer, becameTrue, lastWrite, type Query, tailJumps } from '../session/queries.ts';
import { commandProblem } from './messages.ts';
import { wholeNumber } from './numbers.ts';
import type { CommandRow, CommandRun, Reply } from './row.ts';
import { say } from './row.ts';
import type { Shell } from './shell.ts';
import { frameText, insnLines, resultLine } from './stopText.ts';

type Row = CommandRow<Shell>;

/** A question as a command that runs in slices. */
function asking(query: Query, answer: (found: Answer | undefined) => Reply): CommandRun {
  return {
    advance: () => {
      const next = query.next();
      return next.done ? answer(next.value) : undefined;
    },
    pause: () => {
      query.return(undefined);
      return say('Given up.');
    },
  };
}

/** A moment of the past, and how to get there. */
function answerLines(shell: Shell, { tick, frame, detail }: Answer): string[] {
  if (!frame) return [`tick ${tick}: ${detail}`];
  return [
    `tick ${tick}: ${frameText(shell, frame)}: ${detail}`,
    ...insnLines(shell, frame, '  '),
    `'goto ${tick}' goes there.`,
  ];
}

/** Registers are there only while something runs. */
function namesRegister(text: string): boolean {
  return /^\$?([rw]\d|r10|fp)\b/i.test(text);
}

function askRow(
  names: Row['names'],
  args: string,
  help: string,
  more: readonly string[],
  never: string,
  ask: (shell: Shell, text: string) => Result<Query>,
): Row {
  return {
    names,
    group: 'history',
    args,
    help,
    more,
    run: (shell, text) => {
      if (text === '') return fail(commandProblem('missing', {}, { what: args, usage: `${names[0]} ${args}` }));
      const query = ask(shell, text);
      if (!query.ok)
        return namesRegister(text) && !shell.session.view().machine ? fail(commandProblem('nowhere')) : query;
      return ok(asking(query.value, (found) => say(...(found ? answerLines(shell, found) : [never]))));
    },
  };
}

export const HISTORY_COMMANDS: readonly Row[] = [
  askRow(
    ['who', 'last-write'],
    'EXPR',
    'the insn that last wrote a register, bytes of stack, packet or context, or a value in a map',
    ['who r6', 'who pkt[26:4]', 'who ct4_global[KEY].lifetime'],
    'Nothing wrote it before now.',
    (shell, text) => lastWrite(shell.session.mover, text),
  ),
  askRow(
    ['when'],
    'EXPR',
    'the insn that last made a condition true',
    ['when r1 > 5 && pkt[12:2] == 0x0800'],
    'It did not become true before now.',
    (shell, text) => becameTrue(shell.session.mover, text),
  ),
  {
    names: ['changes'],
    group: 'history',
    args: '[FROM [TO]]',
    help: 'everything that is different between two ticks; from the beginning of this run until now without them',
    run: ({ session }, args) => {
      const [a = '', b = ''] = args.split(/\s+/);
      const from = wholeNumber(a, 'changes [FROM [TO]]', session.began);
      if (!from.ok) return from;
      const to = wholeNumber(b, 'changes [FROM [TO]]', session.tick);
      if (!to.ok) return to;
      const before = session.at(from.value, capture);
      const lines = session.at(to.value, (view) => changeLines(diffCaptures(view, before, capture(view))));
      return ok(say(...(lines.length === 0 ? ['Nothing is different.'] : lines)));
    },
  },
  {
    names: ['tail-calls'],
    group: 'history',
    help: 'the programs that led here by tail calls',
    run: (shell) => {
      const jumps = tailJumps(shell.session.mover);
      return {
        advance: () => {
          const next = jumps.next();
          return next.done ? say(...tailChainLines(shell.session.view(), next.value)) : undefined;
        },
        pause: () => {
          jumps.return([]);
          return say('Given up.');
        },
      };
    },
  },
  {
    names: ['results'],
    group: 'history',
    help: 'the verdicts so far',
    run: ({ session }) => {
      const lines = session.results().map(resultLine);
      return say(...(lines.length === 0 ? ['No packet is through yet.'] : lines));
    },
  },
];
