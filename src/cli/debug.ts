/** What `bpflab debug` does, from its options to its exit status. */
import { Shell } from '../debug/commands/shell.ts';
import { Session } from '../debug/session/session.ts';
import { ProgramFace } from '../debug/tui/program/face.ts';
import { runCommand, scripted, show, talk } from './commandLine.ts';
import { debugInput } from './debugInput.ts';
import type { DebugOptions } from './debugOptions.ts';
import { need, STATUS, type Status, unusable } from './failure.ts';
import { checkOutput } from './files.ts';
import type { Io } from './io.ts';
import { kernelTypes } from './kernelTypes.ts';
import { noteSkipped } from './mapFiles.ts';
import { showPanes } from './panes.ts';
import { openRecording, readRecording, tryRecording, writeRecording } from './recording.ts';

/** The session that a file and the options around it make, or a recording's. */
async function open(
  io: Io,
  file: string,
  options: DebugOptions,
): Promise<{ session: Session; displays: readonly string[] }> {
  const recording = file === '-' ? undefined : readRecording(io, file);
  if (recording) return { session: await openRecording(io, recording), displays: recording.displays };
  const { session: input } = await debugInput(io, file, options);
  const kernelBtf = await kernelTypes(input.request);
  const session = need(Session.open(input, { ...(kernelBtf && { kernelBtf }) }));
  noteSkipped(io, 'maps', session.skipped);
  return { session, displays: [] };
}

/** A session from beginning to end. */
export async function debug(io: Io, file: string, options: DebugOptions): Promise<Status> {
  if (options.verifier) {
    const { debugVerifier } = await import('./debugVerifier.ts');
    return debugVerifier(io, file, options);
  }
  checkOutput(io, options.record);
  const { session, displays } = await open(io, file, options);
  // The verifier and the kernel's types are loaded with it.
  const { Knowing } = await import('../debug/session/knowing.ts');
  const shell: Shell = new Shell(session, {
    knowing: new Knowing(session),
    writeFile: (path) => tryRecording(io, path, shell),
  });
  for (const text of displays) shell.run(`display ${text}`);
  if (options.nth !== undefined) {
    const count = session.packets.length;
    if (options.nth > count) unusable('no-nth', {}, { nth: options.nth, count });
    const reply = await runCommand(io, shell, `packet ${options.nth}`);
    if (reply.failed) {
      show(io, reply.lines);
      return STATUS.unusable;
    }
  }
  const { terminal } = io;
  let status: Status = STATUS.good;
  if (terminal && !options.plain && !options.json && !options.batch && file !== '-') {
    await showPanes(terminal, new ProgramFace(shell), scripted(io, options));
  } else status = await talk(io, shell, options, file !== '-');
  if (options.record !== undefined) writeRecording(io, options.record, shell);
  return status;
}
