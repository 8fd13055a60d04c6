/** A debugger's command line without panes: from a script, from standard input, or typed at a prompt. */
import type { CommandRun, Reply } from '../debug/commands/row.ts';
import type { DebugOptions } from './debugOptions.ts';
import { STATUS, type Status } from './failure.ts';
import { readText } from './files.ts';
import type { Io } from './io.ts';

/** What commands are given to: a session over a program, or over the verifier's walk. */
export interface CommandLine {
  begin(line: string): CommandRun;
  complete(line: string): readonly string[];
  where(): readonly string[];
}

/** Runs a command to its end; Ctrl-C ends it where it is. `said` hears what log points say on the way. */
export async function runCommand(
  io: Io,
  line: CommandLine,
  text: string,
  said: (lines: readonly string[]) => void = (lines) => show(io, lines),
): Promise<Reply> {
  const run = line.begin(text);
  for (;;) {
    const reply = run.advance();
    if (reply) return reply;
    said(run.said?.() ?? []);
    if (await io.breathe()) return run.pause();
  }
}

/** Commands of files, then those of the options. */
export function scripted(io: Io, options: DebugOptions): string[] {
  const files = (options.commands ?? []).flatMap((path) => lines(readText(io, path)));
  return [...files, ...(options.ex ?? [])];
}

function lines(text: string): string[] {
  const all = text.split(/\r?\n/);
  if (all.at(-1) === '') all.pop();
  return all;
}

export function show(io: Io, said: readonly string[]): void {
  for (const line of said) io.out(`${line}\n`);
}

/** What a command answered: its lines, or with `--json` one object on a line of its own. */
function answer(io: Io, { json }: DebugOptions, command: string, { lines: said, failed }: Reply): void {
  if (json) io.out(`${JSON.stringify({ command, ok: !failed, lines: said })}\n`);
  else show(io, said);
}

/** Runs commands one after the other; a status where they end the session: a batch ends at the first that fails. */
async function runAll(
  io: Io,
  line: CommandLine,
  commands: readonly string[],
  options: DebugOptions,
): Promise<Status | undefined> {
  const { batch } = options;
  for (const text of commands) {
    const early: string[] = [];
    const said = options.json ? (lines: readonly string[]) => void early.push(...lines) : undefined;
    const { lines, ...rest } = await runCommand(io, line, text, said);
    const reply = { ...rest, lines: [...early, ...lines] };
    answer(io, options, text, reply);
    if (reply.quit) return STATUS.good;
    if (reply.failed && batch) return STATUS.rejected;
  }
  return undefined;
}

const PROMPT = '(bpflab) ';

/** Says where it stands, runs what the options say, then what is typed. */
export async function talk(io: Io, line: CommandLine, options: DebugOptions, fromInput: boolean): Promise<Status> {
  answer(io, options, '', { lines: line.where() });
  const status = await runAll(io, line, scripted(io, options), options);
  if (status !== undefined || options.batch || !fromInput) return status ?? STATUS.good;
  const typed = { ...options, batch: false };
  if (!io.ask) return (await runAll(io, line, lines(new TextDecoder().decode(io.readFile('-'))), typed)) ?? STATUS.good;
  for (;;) {
    const text = await io.ask(PROMPT, (begun) => line.complete(begun));
    if (text === undefined) return STATUS.good;
    const done = await runAll(io, line, [text], typed);
    if (done !== undefined) return done;
  }
}
