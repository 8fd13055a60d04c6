/** The command line as commander sees it. */
import { Command } from 'commander';
import { asmCommand } from './commands/asm.ts';
import type { Registration } from './commands/command.ts';
import { conformanceCommand } from './commands/conformance.ts';
import { dapCommand } from './commands/dap.ts';
import { debugCommand } from './commands/debug.ts';
import { disasmCommand } from './commands/disasm.ts';
import { explainCommand } from './commands/explain.ts';
import { runCommand } from './commands/run.ts';
import { testCommand } from './commands/test.ts';
import { verifyCommand } from './commands/verify.ts';
import type { Io } from './io.ts';

const AFTER = `
Examples:
  $ bpflab verify programs/hello/count.bpf
  $ bpflab run programs/hello/count.bpf --pcap programs/demo/demo.pcap
  $ bpflab run tc.bpf --pcap in.pcap --pcap-out out.pcapng --ct
  $ bpflab asm drop.bpf | bpflab disasm -

Exit status: 0 good, 1 rejected or a program fault, 2 unusable input or
arguments.
'bpflab help COMMAND' tells more about a command.`;

/** All commands; commander's own output goes where ours goes. */
export function makeProgram(registration: Registration, version: string): Command {
  const { io } = registration;
  const program = new Command('bpflab')
    .description('Assembles, verifies, loads and runs eBPF programs without a kernel.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show what a command takes')
    .addHelpText('after', AFTER)
    .showHelpAfterError(false)
    .showSuggestionAfterError(true);
  const commands = [
    verifyCommand(registration),
    runCommand(registration),
    testCommand(registration),
    debugCommand(registration),
    asmCommand(registration),
    disasmCommand(registration),
    explainCommand(registration),
    dapCommand(registration),
    conformanceCommand(registration),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of [program, ...commands]) {
    command.exitOverride().configureOutput(outputOf(io));
  }
  return program;
}

function outputOf(io: Io) {
  return {
    writeOut: (text: string) => io.out(text),
    writeErr: (text: string) => io.err(text),
    getOutHelpWidth: () => Math.min(io.columns ?? 80, 100),
    getErrHelpWidth: () => Math.min(io.columns ?? 80, 100),
    getOutHasColors: () => io.colour,
    getErrHasColors: () => io.colour,
  };
}
