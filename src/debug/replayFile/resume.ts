/** From a session to its recording and back. */
import { DEFAULT_KERNEL } from '../../spec/profiles.ts';
import { fail, ok, type Problem, problemText, type Result } from '../../util/problem.ts';
import type { MoveRun } from '../session/moveRun.ts';
import type { OpenOptions } from '../session/opened.ts';
import { Session } from '../session/session.ts';
import { digestOf } from './digest.ts';
import { replayFileProblem } from './messages.ts';
import type { ReplayData } from './replayFile.ts';

/** The session as it stands. `version`: of this bpflab. */
export function recordSession(session: Session, version: string, displays: readonly string[] = []): ReplayData {
  return {
    bpflab: version,
    kernel: DEFAULT_KERNEL,
    input: session.input,
    edits: session.edits,
    breakpoints: session.breakpoints.list.map(({ number: _number, ...spec }) => spec),
    displays,
    tick: session.tick,
    digest: digestOf(session.view()),
  };
}

/** A session that goes to where its recording stands. */
export interface Resuming {
  readonly session: Session;
  /** Runs on: undefined as long as there is more to do, then what is not as it was (nothing, as a rule). */
  advance(budget?: number): readonly Problem[] | undefined;
}

/** Breakpoints of a recording, and what is wrong with them: they are set where they can be. */
function setBreakpoints(session: Session, { breakpoints }: ReplayData): Problem[] {
  const problems: Problem[] = [];
  for (const [i, { enabled, ...spec }] of breakpoints.entries()) {
    const added = session.breakpoints.add(spec);
    if (added.ok) session.breakpoints.enable(added.value.number, enabled);
    else {
      const why = added.problems.map(problemText).join('; ');
      problems.push(replayFileProblem('replay-breakpoint', {}, { number: i + 1, why }));
    }
  }
  return problems;
}

function differences(session: Session, data: ReplayData): Problem[] {
  const { tick } = session;
  const { kernel } = data;
  if (kernel !== DEFAULT_KERNEL) return [replayFileProblem('replay-kernel', {}, { kernel, own: DEFAULT_KERNEL })];
  if (tick !== data.tick) return [replayFileProblem('replay-tick', {}, { tick: data.tick, last: tick })];
  const found = digestOf(session.view());
  if (found === data.digest) return [];
  return [replayFileProblem('replay-differs', {}, { tick, found, wanted: data.digest, by: data.bpflab })];
}

/** Makes the recording's session again; advance it until it stands where the recording does. */
export function resumeSession(data: ReplayData, options: OpenOptions = {}): Result<Resuming> {
  const opened = Session.open(data.input, options);
  if (!opened.ok) return fail(...opened.problems);
  const session = opened.value;
  const problems = setBreakpoints(session, data);
  session.plan(data.edits);
  let run: MoveRun | undefined;
  return ok({
    session,
    advance(budget) {
      run ??= session.move({ kind: 'goto', tick: data.tick });
      return run.advance(budget) ? [...problems, ...differences(session, data)] : undefined;
    },
  });
}
