/** One command line from arguments to exit status. */
import { CommanderError } from 'commander';
import type { Status } from './failure.ts';
import { Failure, STATUS, showProblems } from './failure.ts';
import type { Io } from './io.ts';
import { cliProblem } from './messages.ts';
import { pickProgram } from './pick.ts';
import { makeProgram } from './program.ts';
import { packageVersion } from './version.ts';

/** The bpf_conformance runner puts a test's memory before the options it was told to pass on. */
function commandFirst(args: readonly string[]): string[] {
  const [memory, name, ...rest] = args;
  const swapped = name === 'conformance' && memory !== undefined && /^[\s0-9a-fA-F]+$/.test(memory);
  // gdb's -ex is a long option with one dash.
  if (memory === 'debug') return args.map((arg) => (arg === '-ex' ? '--ex' : arg));
  return swapped ? [name, memory, ...rest] : [...args];
}

const COMMANDS: readonly string[] = [
  'verify',
  'run',
  'test',
  'debug',
  'dap',
  'asm',
  'disasm',
  'explain',
  'conformance',
];

/**
 * Runs `bpflab` with these arguments (without `node` and the script) and answers with its exit status. Whatever
 * happens is said in words; no exception leaves.
 */
export async function runCli(args: readonly string[], io: Io, trace = false): Promise<Status> {
  const json = args.includes('--json');
  let status: Status = STATUS.good;
  const finish = (now: Status): void => {
    if (status === STATUS.good) status = now;
  };
  // What commander says of wrong arguments, for --json.
  const said: string[] = [];
  const heard: Io = json ? { ...io, err: (text) => void said.push(text) } : io;
  try {
    const program = makeProgram({ io: io, finish }, packageVersion());
    // commander answers with the whole help as if nothing were wrong.
    const [first, topic] = args;
    if (first === 'help' && topic !== undefined && !topic.startsWith('-')) {
      pickProgram([...program.commands.map((c) => c.name()), 'help'], topic, 'command');
    }
    if (json) for (const c of [program, ...program.commands]) c.configureOutput({ writeErr: heard.err });
    await program.parseAsync(commandFirst(args), { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return STATUS.good;
      if (json) {
        const text = said
          .join('')
          .trim()
          .replace(/^error: /, '');
        io.out(
          `${JSON.stringify({ ok: false, problems: [{ code: `cli.${error.code.replace('commander.', '')}`, text }] })}\n`,
        );
      } else if (!/^commander\.help/.test(error.code)) {
        const command = COMMANDS.includes(args[0] ?? '') ? `${args[0]} ` : '';
        io.err(`Try 'bpflab ${command}--help'.\n`);
      }
      return STATUS.unusable;
    }
    if (error instanceof Failure) {
      showProblems(io, error.problems, { json });
      return error.status;
    }
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    showProblems(io, [cliProblem('internal', {}, { why })], { json });
    if (trace && error instanceof Error) io.err(`${error.stack}\n`);
    return STATUS.unusable;
  }
}
