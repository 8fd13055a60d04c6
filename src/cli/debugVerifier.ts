/** `bpflab debug --verifier`: the verifier's walk through a program, to be stepped through. */
import { VerifierFace } from '../debug/tui/verifier/face.ts';
import { VerifierSession } from '../debug/verifier/session.ts';
import { VerifierShell } from '../debug/verifier/shell.ts';
import { scripted, talk } from './commandLine.ts';
import type { DebugOptions } from './debugOptions.ts';
import { need, STATUS, type Status } from './failure.ts';
import { progNames, readProgramFile } from './input.ts';
import type { Io } from './io.ts';
import { defines } from './options.ts';
import { showPanes } from './panes.ts';
import { checkType, pickProgram } from './pick.ts';
import { programFiles } from './programFiles.ts';

/** Insns between two looks at the keyboard. */
const SLICE = 20_000;

export async function debugVerifier(io: Io, file: string, options: DebugOptions): Promise<Status> {
  checkType(options.type);
  const input = readProgramFile(io, file, { defines: defines(options.define), type: options.type });
  const names = progNames(input.request);
  const index = options.prog === undefined ? 0 : pickProgram(names, options.prog);
  const session = need(VerifierSession.open({ source: input.request, files: programFiles(input), options: { index } }));
  const shell = new VerifierShell(session);
  shell.columns = Math.min(io.columns ?? 120, 200);
  const { terminal } = io;
  if (terminal && !options.plain && !options.json && !options.batch && file !== '-') {
    await showPanes(terminal, new VerifierFace(shell, file), scripted(io, options));
    return STATUS.good;
  }
  while (!session.advance(SLICE)) if (await io.breathe()) return STATUS.interrupted;
  return talk(io, shell, options, file !== '-');
}
