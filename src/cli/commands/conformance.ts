/** `bpflab conformance`: the plugin protocol of the bpf_conformance runner. */
import type { Command } from 'commander';
import { bareRun, encodingDefects } from '../../kernel/bareRun.ts';
import { Kernel } from '../../kernel/kernel.ts';
import { toHex } from '../../util/hex.ts';
import { Failure, need, STATUS, unusable } from '../failure.ts';
import { readText } from '../files.ts';
import type { Io } from '../io.ts';
import { cliProblem } from '../messages.ts';
import { hexBytes, integer } from '../options.ts';
import type { Registration } from './command.ts';
import { examples, subcommand } from './command.ts';

interface ConformanceOptions {
  readonly program?: string;
  readonly elf?: boolean;
  readonly debug?: boolean;
  readonly insnLimit?: number;
  readonly json?: boolean;
}

const SLICE = 5_000_000;

export function conformanceCommand({ io, finish }: Registration): Command {
  return subcommand('conformance', 'run one program as a plugin of the bpf_conformance runner')
    .description(
      'Reads a program as hex bytes from standard input, runs it with R1 = the address of the memory given as hex, ' +
        'R2 = its length, and prints R0 in hex. This is the plugin protocol of Alan-Jowett/bpf_conformance.',
    )
    .argument('[memory]', 'initial memory, hex bytes')
    .option('--program <hex>', 'the program, instead of standard input')
    .option('--debug', 'print the memory after the run on standard error')
    .option('--elf', 'the program is an ELF object (not covered: it is refused)')
    .option('--insn-limit <n>', 'stop after so many insns', integer(1, Number.MAX_SAFE_INTEGER))
    .addHelpText(
      'after',
      examples(
        "echo 'b7 00 00 00 2a 00 00 00 95 00 00 00 00 00 00 00' | bpflab conformance",
        'bpf_conformance_runner --test_file_directory tests --plugin_path "$(command -v bpflab)" \\\n' +
          '      --plugin_options conformance',
      ),
    )
    .action(async (memory: string | undefined, options: ConformanceOptions) => {
      finish(await conformance(io, memory, options));
    });
}

async function conformance(io: Io, memory: string | undefined, options: ConformanceOptions) {
  const text = options.program ?? readText(io, '-');
  const bytes = hexBytes(text, 'the program');
  if (options.elf || toHex(bytes.subarray(0, 4)) === '7f454c46') unusable('elf', {}, { path: 'the program' });
  if (bytes.length === 0) unusable('empty', {}, { path: 'the program' });
  if (bytes.length % 8 !== 0) unusable('odd-bytecode', {}, { path: 'the program', bytes: bytes.length });
  const mem = hexBytes(memory ?? '', 'the memory');
  const defects = encodingDefects(bytes);
  if (defects.length > 0) {
    const problems = defects.map(({ insn, defect }) => cliProblem('refused', { insn }, { insn, defect }));
    throw new Failure(problems, STATUS.rejected);
  }
  const run = need(bareRun(need(Kernel.create()), bytes, mem, options.insnLimit));
  for (;;) {
    const status = run.advance(SLICE);
    if (status.state === 'fault') throw new Failure([status.problem], STATUS.rejected);
    if (status.state === 'done') {
      const r0 = (BigInt(status.hi >>> 0) << 32n) | BigInt(status.lo >>> 0);
      if (options.debug) io.err(`memory: ${toHex(run.memory(), ' ')}\n`);
      io.out(options.json ? `${JSON.stringify({ ok: true, r0: `0x${r0.toString(16)}` })}\n` : `${r0.toString(16)}\n`);
      return STATUS.good;
    }
    if (await io.breathe()) return STATUS.interrupted;
  }
}
