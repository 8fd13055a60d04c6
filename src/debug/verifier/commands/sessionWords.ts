/** Commands about the session itself. */
import { ok } from '../../../util/problem.ts';
import { say } from '../../commands/row.ts';
import { commandNames, helpLines } from '../../commands/words.ts';
import { VERIFIER_COMMANDS } from '../commands.ts';
import type { Row } from './moving.ts';

export const SESSION_ROWS: readonly Row[] = [
  {
    names: ['where', 'status'],
    group: 'session',
    help: 'where the session stands',
    run: (shell) => say(...shell.where()),
  },
  { names: ['echo'], group: 'session', args: 'TEXT', help: 'say a text, in scripts', run: (_shell, args) => say(args) },
  {
    names: ['help', 'h', '?'],
    group: 'session',
    args: '[COMMAND]',
    help: 'what there is to say',
    complete: () => commandNames(VERIFIER_COMMANDS),
    run: (_shell, args) => {
      const lines = helpLines(VERIFIER_COMMANDS, args);
      return lines.ok ? ok(say(...lines.value)) : lines;
    },
  },
  { names: ['quit', 'q', 'exit'], group: 'session', help: 'end', run: () => ({ lines: [], quit: true }) },
];
