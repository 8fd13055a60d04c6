/** Commands about the session itself. */
import { fail, ok } from '../../util/problem.ts';
import { commandProblem } from './messages.ts';
import type { CommandRow } from './row.ts';
import { say } from './row.ts';
import { COMMANDS, type Shell } from './shell.ts';
import { commandNames, helpLines } from './words.ts';

export const SESSION_COMMANDS: readonly CommandRow<Shell>[] = [
  {
    names: ['where', 'status'],
    group: 'session',
    help: 'why and where the session stands',
    run: (shell) => say(...shell.where()),
  },
  {
    names: ['echo'],
    group: 'session',
    args: 'TEXT',
    help: 'say a text, in scripts',
    run: (_shell, args) => say(args),
  },
  {
    names: ['record'],
    group: 'session',
    args: 'FILE',
    help: 'write everything that it takes to come back here into one file',
    run: (shell, args) => {
      const { writeFile } = shell.options;
      if (args === '') return fail(commandProblem('missing', {}, { what: 'a file', usage: 'record FILE' }));
      if (!writeFile) return fail(commandProblem('no-writer'));
      const written = writeFile(args);
      if (!written.ok) return written;
      return ok(say(`Recorded in ${args}: 'bpflab debug ${args}' comes back here.`));
    },
  },
  {
    names: ['help', 'h', '?'],
    group: 'session',
    args: '[COMMAND]',
    help: 'what there is to say',
    complete: () => commandNames(COMMANDS),
    run: (_shell, args) => {
      const lines = helpLines(COMMANDS, args);
      return lines.ok ? ok(say(...lines.value)) : lines;
    },
  },
  {
    names: ['quit', 'q', 'exit'],
    group: 'session',
    help: 'end',
    run: () => ({ lines: [], quit: true }),
  },
];
