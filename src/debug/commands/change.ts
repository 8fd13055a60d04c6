/** Commands that change what runs. */
import { fail, ok, type Result } from '../../util/problem.ts';
import { assignment } from '../expr/index.ts';
import { commandProblem } from './messages.ts';
import type { CommandRow, Reply } from './row.ts';
import { say } from './row.ts';
import type { Shell } from './shell.ts';

type Row = CommandRow<Shell>;

function set(shell: Shell, args: string): Result<Reply> {
  const found = /^(?:var\s+)?(.+?[^=!<>])=(?!=)(.+)$/s.exec(args);
  if (!found) return fail(commandProblem('bad-set', {}, { text: args }));
  const edit = assignment(found[1]!.trim(), found[2]!.trim(), shell.view());
  if (!edit.ok) return edit;
  const done = shell.session.edit(edit.value);
  return done.ok ? ok({ ...say(), moved: true }) : done;
}

export const CHANGE_COMMANDS: readonly Row[] = [
  {
    names: ['set'],
    group: 'change',
    args: 'PLACE = EXPR',
    help: 'change a register, memory, a context field or a value in a map; what came later is forgotten',
    more: ['set r1 = 5', 'set pkt[12:2] = 0x86dd', 'set ctx.mark = 7', 'set ct4_global[KEY].lifetime = 0'],
    run: set,
  },
];
