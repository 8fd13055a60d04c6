/** The words of the command line: what a command is, whatever session it belongs to. */
import type { Problem, Result } from '../../util/problem.ts';
import { explainProblem } from '../../util/problem.ts';

/** What a command answers. */
export interface Reply {
  readonly lines: readonly string[];
  /** It could not be done; `lines` say why. */
  readonly failed?: true;
  /** The session is to end. */
  readonly quit?: true;
  /** The session stands elsewhere now, or what it shows has changed. */
  readonly moved?: true;
}

/** A command at work. Most answer at once; what runs programs takes several slices. */
export interface CommandRun {
  /** Goes on for a slice; the reply once it is done. */
  advance(): Reply | undefined;
  /** Ends it where it is. */
  pause(): Reply;
  /** What it has to say before its reply, since this was last asked. */
  said?(): readonly string[];
}

export const GROUPS = {
  running: 'Running',
  back: 'Backwards',
  breaks: 'Stopping',
  data: 'Looking',
  history: 'Asking the past',
  change: 'Changing',
  session: 'Session',
} as const;

/** One command of a session of kind `S`. */
export interface CommandRow<S> {
  /** Its name, then its abbreviations; every beginning of the name that no other command has will do, too. */
  readonly names: readonly [string, ...string[]];
  readonly group: keyof typeof GROUPS;
  /** `[N]`, `PLACE [if EXPR]`. */
  readonly args?: string;
  /** One line. */
  readonly help: string;
  /** More lines, and examples. */
  readonly more?: readonly string[];
  /** An empty line does it again. */
  readonly repeats?: true;
  /** What its argument may be, for completion. */
  complete?(session: S): readonly string[];
  run(session: S, args: string): Reply | CommandRun | Result<Reply | CommandRun>;
}

export function say(...lines: readonly string[]): Reply {
  return { lines };
}

/** Problems in words, line by line. */
export function problemLines(...problems: readonly Problem[]): string[] {
  return problems.flatMap((p) => explainProblem(p).split('\n'));
}

/** What could not be done, and why. */
export function failed(problems: readonly Problem[]): Reply {
  return { lines: problemLines(...problems), failed: true };
}
