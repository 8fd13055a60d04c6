/** What `bpflab debug` does, from its options to its exit status. */
import type { CommandRun, Reply } from '../debug/commands/row.ts';
import { Shell } from '../debug/commands/shell.ts';
import type { SessionInput } from '../debug/session/input.ts';
import { Session } from '../debug/session/session.ts';
import { ProgramFace } from '../debug/tui/program/face.ts';
import { debugInput } from './debugInput.ts';
import type { DebugOptions } from './debugOptions.ts';
import { need, STATUS, type Status } from './failure.ts';
import { readText } from './files.ts';
import type { Io } from './io.ts';
import { kernelTypes } from './kernelTypes.ts';
import { noteSkipped } from './mapFiles.ts';
import { showPanes } from './panes.ts';

/** What a command line can be typed at: a session over a program, or over the verifier's walk. */
interface CommandLine {
  begin(line: string): CommandRun;
  where(): readonly string[];
}

/** Opens a session; leaves the command where the input is not good. */
export async function openSession(io: Io, input: SessionInput): Promise<Session> {
  const kernelBtf = await kernelTypes(input.request);
  const session = need(Session.open(input, { ...(kernelBtf && { kernelBtf }) }));
  noteSkipped(io, 'maps', session.skipped);
  return session;
}

/** Runs a command to its end; Ctrl-C ends it where it is. */
async function runCommand(io: Io, line: CommandLine, text: string): Promise<Reply> {
  const run = line.begin(text);
  for (;;) {
    const reply = run.advance();
    if (reply) return reply;
    if (await io.breathe()) return run.pause();
  }
}

/** Commands of files, then those of the command line. */
function scripted(io: Io, options: DebugOptions): string[] {
  const files = (options.commands ?? []).flatMap((path) => readText(io, path).split(/\r?\n/));
  return [...files, ...(options.ex ?? [])];
}

/** Runs commands one after the other. In a batch the first that fails is the last. */
async function runAll(
  io: Io,
  line: CommandLine,
  commands: readonly string[],
  batch: boolean,
): Promise<Status | undefined> {
  for (const text of commands) {
    const reply = await runCommand(io, line, text);
    for (const each of reply.lines) io.out(`${each}\n`);
    if (reply.quit) return STATUS.good;
    if (reply.failed && batch) return STATUS.rejected;
  }
  return undefined;
}

/** A line of input at a time, as long as there are any. */
async function talk(io: Io, line: CommandLine): Promise<void> {
  const text = new TextDecoder().decode(io.readFile('-'));
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  await runAll(io, line, lines, false);
}

/** A session from beginning to end. */
export async function debug(io: Io, file: string, options: DebugOptions): Promise<Status> {
  const { session: input } = debugInput(io, file, options);
  const session = await openSession(io, input);
  // The verifier and the kernel's types are loaded with it.
  const { Knowing } = await import('../debug/session/knowing.ts');
  const shell = new Shell(session, { knowing: new Knowing(session) });
  if (options.nth !== undefined) {
    const reply = await runCommand(io, shell, `packet ${options.nth}`);
    if (reply.failed) return show(io, reply);
  }
  if (io.terminal && !options.plain && !options.batch && file !== '-') {
    await showPanes(io.terminal, new ProgramFace(shell), scripted(io, options));
    return STATUS.good;
  }
  for (const line of shell.where()) io.out(`${line}\n`);
  const status = await runAll(io, shell, scripted(io, options), options.batch === true);
  if (status !== undefined || options.batch) return status ?? STATUS.good;
  await talk(io, shell);
  return STATUS.good;
}

function show(io: Io, reply: Reply): Status {
  for (const line of reply.lines) io.out(`${line}\n`);
  return STATUS.unusable;
}
