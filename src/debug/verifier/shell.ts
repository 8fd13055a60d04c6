/** gdb's command line over the verifier's exploration: a line in, lines out. */
import { explainProblem, type Problem } from '../../util/problem.ts';
import { commandProblem } from '../commands/messages.ts';
import type { CommandRun, Reply } from '../commands/row.ts';
import { failed } from '../commands/row.ts';
import { completions, findCommand, splitLine } from '../commands/words.ts';
import { VERIFIER_COMMANDS } from './commands.ts';
import type { VerifierMotion } from './motions.ts';
import type { VerifierSession } from './session.ts';
import { whereLines } from './text.ts';

const MAX_LINE = 4096;

const done = (reply: Reply): CommandRun => ({ advance: () => reply, pause: () => reply });

export class VerifierShell {
  readonly session: VerifierSession;
  /** Columns that tables may take. */
  columns = 120;
  #last = '';

  /** `session` may still be exploring: see `VerifierSession.advance`. */
  constructor(session: VerifierSession) {
    this.session = session;
  }

  /** Begins a command; an empty line repeats the last step. */
  begin(line: string): CommandRun {
    if (line.length > MAX_LINE) {
      return done(this.#failed([commandProblem('long-line', {}, { length: line.length, limit: MAX_LINE })]));
    }
    const text = line.trim() === '' ? this.#last : line;
    if (text === '' || text.trimStart().startsWith('#')) return done({ lines: [] });
    const { word, args } = splitLine(text);
    const row = findCommand(VERIFIER_COMMANDS, word === '' ? text.trim() : word);
    if (!row.ok) return done(this.#failed(row.problems));
    this.#last = row.value.repeats ? text : '';
    const ran = row.value.run(this, args);
    if ('ok' in ran && !ran.ok) return done(this.#failed(ran.problems));
    const reply = 'ok' in ran ? (ran as { value: Reply | CommandRun }).value : ran;
    return 'advance' in reply ? reply : done(reply);
  }

  /** A whole command. */
  run(line: string): Reply {
    const running = this.begin(line);
    for (;;) {
      const reply = running.advance();
      if (reply) return reply;
    }
  }

  /** What the last word of a line may become. */
  complete(line: string): readonly string[] {
    return completions(VERIFIER_COMMANDS, this, line);
  }

  /** The lines that say where the session stands. */
  where(): readonly string[] {
    return whereLines(this.session);
  }

  /** Moves, and says where it came to. */
  move(motion: VerifierMotion): Reply {
    const stop = this.session.move(motion);
    if (!stop.ok) return this.#failed(stop.problems);
    const { reason, breakpoint } = stop.value;
    const why =
      reason === 'breakpoint' ? [`Breakpoint ${breakpoint}`] : reason === 'end' ? ['It goes no further this way.'] : [];
    return { lines: [...why, ...this.where()], moved: true };
  }

  #failed(problems: readonly Problem[]): Reply {
    return failed(explainProblem, problems);
  }
}

/** One command of a script, all of it. */
export function runVerifierCommand(shell: VerifierShell, line: string): Reply {
  return shell.run(line);
}
