/** What every command line does with a line: finds the command, remembers what an empty line repeats, says what is wrong. */
import type { Problem } from '../../util/problem.ts';
import { commandProblem } from './messages.ts';
import type { CommandRow, CommandRun, Reply } from './row.ts';
import { failed } from './row.ts';
import { findCommand, splitLine } from './words.ts';

/** Characters of a line. */
const MAX_LINE = 4096;

const done = (reply: Reply): CommandRun => ({ advance: () => reply, pause: () => reply });
const wrong = (problems: readonly Problem[]): CommandRun => done(failed(problems));

/** The lines of one session of kind `S`. */
export class LineReader<S> {
  readonly #table: readonly CommandRow<S>[];
  #last = '';
  #format = '';

  constructor(table: readonly CommandRow<S>[]) {
    this.#table = table;
  }

  /** Letters behind the name of the command at work: `x` of `/x`. */
  get format(): string {
    return this.#format;
  }

  /** Begins a command; an empty line repeats the last step, `#` begins a comment. */
  begin(session: S, line: string): CommandRun {
    if (line.length > MAX_LINE) {
      return wrong([commandProblem('long-line', {}, { length: line.length, limit: MAX_LINE })]);
    }
    const text = line.trim() === '' ? this.#last : line;
    if (text === '' || text.trimStart().startsWith('#')) return done({ lines: [] });
    const { word, format, args } = splitLine(text);
    const row = findCommand(this.#table, word === '' ? text.trim() : word);
    if (!row.ok) return wrong(row.problems);
    this.#last = row.value.repeats ? text : '';
    this.#format = format.slice(1);
    const ran = row.value.run(session, args);
    if ('ok' in ran && !ran.ok) return wrong(ran.problems);
    const reply = 'ok' in ran ? (ran as { value: Reply | CommandRun }).value : ran;
    return 'advance' in reply ? reply : done(reply);
  }
}

/** All of a command at once. */
export function finished(running: CommandRun): Reply {
  for (;;) {
    const reply = running.advance();
    if (reply) return reply;
  }
}
