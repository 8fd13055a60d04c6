/** gdb's command line over a session: a line in, lines out. */
import type { Result } from '../../util/problem.ts';
import { type RegisterSnapshot, snapshotRegisters } from '../inspect/registers.ts';
import { type StackSnapshot, snapshotStack } from '../inspect/stack.ts';
import type { Knowing } from '../session/knowing.ts';
import type { Session } from '../session/session.ts';
import type { View } from '../view.ts';
import { BREAK_COMMANDS } from './breaks.ts';
import { CHANGE_COMMANDS } from './change.ts';
import { DATA_COMMANDS } from './data.ts';
import type { Display } from './display.ts';
import { HISTORY_COMMANDS } from './history.ts';
import { KNOWN_COMMANDS } from './known.ts';
import { finished, LineReader } from './lineReader.ts';
import type { CommandRow, CommandRun, Reply } from './row.ts';
import { RUN_COMMANDS } from './running.ts';
import { SESSION_COMMANDS } from './sessionWords.ts';
import { stopLines } from './stopText.ts';
import { completions } from './words.ts';

/** What the command line needs from outside. */
export interface ShellOptions {
  /** Writes a recording; absent where there are no files. */
  readonly writeFile?: (path: string) => Result<void>;
  /** What the verifier knew; absent where it was not asked. */
  readonly knowing?: Knowing;
}

/** All commands of a session over a program. */
export const COMMANDS: readonly CommandRow<Shell>[] = [
  ...RUN_COMMANDS,
  ...BREAK_COMMANDS,
  ...DATA_COMMANDS,
  ...KNOWN_COMMANDS,
  ...HISTORY_COMMANDS,
  ...CHANGE_COMMANDS,
  ...SESSION_COMMANDS,
];

/**
 * The command line of the debugger over a session.
 *
 * @example
 * ```ts
 * import { Session, Shell } from 'bpflab';
 * const opened = Session.open(input); // see SessionInput
 * if (opened.ok) {
 *   const shell = new Shell(opened.value);
 *   shell.run('break drop if pkt[12:2] == 0x0800');
 *   for (const line of shell.run('continue').lines) console.log(line);
 * }
 * ```
 */
export class Shell {
  readonly session: Session;
  readonly options: ShellOptions;
  /** @internal Expressions shown at every stop. */
  displays: readonly Display[] = [];
  /** @internal Registers and stack where the last motion began, for marking what changed. */
  before: RegisterSnapshot | undefined;
  /** @internal */
  stackBefore: StackSnapshot | undefined;
  #depth: number | undefined;
  readonly #reader = new LineReader(COMMANDS);

  /** Commands that need a file or the verifier say so where `options` has none. */
  constructor(session: Session, options: ShellOptions = {}) {
    this.session = session;
    this.options = options;
  }

  /** What is looked at: the frame that was chosen, or the innermost. */
  view(): View {
    return this.session.view(this.#depth);
  }

  /** Chooses a frame; undefined for the innermost. */
  selectFrame(depth: number | undefined): void {
    this.#depth = depth;
  }

  /** Keeps what registers and stack hold now, to mark what the next motion changes. */
  remember(): void {
    const view = this.session.view();
    this.before = snapshotRegisters(view);
    this.stackBefore = snapshotStack(view);
  }

  /** Letters behind the name of the command at work: `x` of `/x`. @internal */
  get format(): string {
    return this.#reader.format;
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
    return completions(COMMANDS, this, line);
  }

  /** The lines that say where the session stands. */
  where(): readonly string[] {
    return stopLines(this);
  }
}
