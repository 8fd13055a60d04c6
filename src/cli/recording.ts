/** Recordings of sessions: written by `record`, read by `bpflab debug FILE`. */
import type { Shell } from '../debug/commands/shell.ts';
import { isReplay, type ReplayData, readReplay, writeReplay } from '../debug/replayFile/replayFile.ts';
import { recordSession, resumeSession } from '../debug/replayFile/resume.ts';
import type { Session } from '../debug/session/session.ts';
import { ok, type Problem, type Result } from '../util/problem.ts';
import { Failure, need, STATUS, showProblems } from './failure.ts';
import { readInput, writeOutput } from './files.ts';
import type { Io } from './io.ts';
import { kernelTypes } from './kernelTypes.ts';
import { packageVersion } from './version.ts';

/** The recording that a file holds; undefined when it is something else. Leaves the command where it is not sound. */
export function readRecording(io: Io, path: string): ReplayData | undefined {
  const bytes = readInput(io, path, 'give a .bpf file, a load request, raw insns or a recording');
  const head = new TextDecoder().decode(bytes.subarray(0, 256));
  if (!isReplay(head) && !path.endsWith('.bpflab-replay')) return undefined;
  const read = readReplay(new TextDecoder().decode(bytes));
  if (read.ok) return read.value;
  throw new Failure(read.problems.map((p) => inFile(path, p)));
}

function inFile(path: string, problem: Problem): Problem {
  return {
    ...problem,
    args: { ...problem.args, recording: path },
    message: { ...problem.message, text: `{recording}: ${problem.message.text}` },
  };
}

/** Goes to where a recording stands; what is not as it was is told. */
export async function openRecording(io: Io, data: ReplayData): Promise<Session> {
  const kernelBtf = await kernelTypes(data.input.request);
  const resuming = need(resumeSession(data, { ...(kernelBtf && { kernelBtf }) }));
  for (;;) {
    const differences = resuming.advance();
    if (differences) {
      if (differences.length > 0) showProblems(io, differences, { json: false });
      return resuming.session;
    }
    if (await io.breathe()) throw new Failure([], STATUS.interrupted);
  }
}

/** Writes a recording of where a session stands, or leaves the command. */
export function writeRecording(io: Io, path: string, { session, displays }: Shell): void {
  const data = recordSession(
    session,
    packageVersion(),
    displays.map((d) => d.text),
  );
  writeOutput(io, path, writeReplay(data));
}

/** The same for a command of the session, which lives on where the file cannot be written. */
export function tryRecording(io: Io, path: string, shell: Shell): Result<void> {
  try {
    writeRecording(io, path, shell);
    return ok(undefined);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { ok: false, problems: error.problems };
  }
}
