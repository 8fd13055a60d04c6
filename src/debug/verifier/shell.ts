/** gdb's command line over the verifier's exploration: a line in, lines out. */
import { finished, LineReader } from '../commands/lineReader.ts';
import type { CommandRun, Reply } from '../commands/row.ts';
import { failed } from '../commands/row.ts';
import { completions } from '../commands/words.ts';
import { VERIFIER_COMMANDS } from './commands.ts';
import type { VerifierMotion } from './motions.ts';
import type { VerifierSession } from './session.ts';
import { whereLines } from './text.ts';

export class VerifierShell {
  readonly session: VerifierSession;
  /** Columns that tables may take. */
  columns = 120;
  readonly #reader = new LineReader(VERIFIER_COMMANDS);

  /** `session` may still be exploring: see `VerifierSession.advance`. */
  constructor(session: VerifierSession) {
    this.session = session;
  }

  /** Begins a command; an empty line repeats the last step. */
  begin(line: string): CommandRun {
    return this.#reader.begin(this, line);
  }

  /** A whole command. */
  run(line: string): Reply {
    return finished(this.begin(line));
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
    if (!stop.ok) return failed(stop.problems);
    const { reason, breakpoint } = stop.value;
    const why =
      reason === 'breakpoint' ? [`Breakpoint ${breakpoint}`] : reason === 'end' ? ['It goes no further this way.'] : [];
    return { lines: [...why, ...this.where()], moved: true };
  }
}
