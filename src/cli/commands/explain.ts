/** `bpflab explain`: what a verifier log means. */
import type { Command } from 'commander';
import { explainRejection, isAcceptance, programOfLog } from '../../explain/index.ts';
import { STATUS, unusable } from '../failure.ts';
import { readText } from '../files.ts';
import type { Input } from '../input.ts';
import { progNames, readProgramFile } from '../input.ts';
import type { Io } from '../io.ts';
import { defines, several } from '../options.ts';
import { pickProgram } from '../pick.ts';
import { explainedText } from '../print/explanation.ts';
import { styleOf } from '../style.ts';
import type { Registration } from './command.ts';
import { examples, subcommand } from './command.ts';

interface ExplainOptions {
  readonly source?: string;
  readonly prog?: string;
  readonly define?: readonly string[];
  readonly json?: boolean;
}

export function explainCommand({ io, finish }: Registration): Command {
  return subcommand('explain', 'say what a verifier log means')
    .description(
      "Reads the log of a rejected program, of any kernel since 4.9, with libbpf's or cilium/ebpf's lines around it or " +
        'without, and explains it: what was refused and why, where the value in question came from, what to change.',
    )
    .argument('<log>', 'file with the log, - for standard input')
    .option(
      '-s, --source <file>',
      "the program's .bpf file or load request: shows its lines, changes to it, a packet that gets there",
    )
    .option('-p, --prog <name>', 'the program of --source (default: the one that the log names, or the first)')
    .option('-D, --define <name=value>', 'define a number for the assembler', several)
    .addHelpText(
      'after',
      examples(
        'bpflab explain verifier.log',
        'bpftool -d prog load x.o /sys/fs/bpf/x 2>&1 | bpflab explain -',
        'bpflab explain log --source drop.bpf',
      ),
    )
    .action((log: string, options: ExplainOptions) => {
      finish(explain(io, log, options));
    });
}

/** The program of a file that the log is about. */
function programOf(input: Input, wanted: string | undefined, log: string): number {
  const names = progNames(input.request);
  if (wanted !== undefined) return pickProgram(names, wanted);
  return Math.max(0, names.indexOf(programOfLog(log) ?? ''));
}

function explain(io: Io, path: string, options: ExplainOptions) {
  const log = readText(io, path);
  const input =
    options.source === undefined
      ? undefined
      : readProgramFile(io, options.source, { defines: defines(options.define ?? []) });
  const index = input ? programOf(input, options.prog, log) : 0;
  const asm = input?.object?.programs[index];
  const { fileText } = input ?? {};
  const source = asm && fileText && { program: asm, fileText };
  const one = input?.request.progs?.[index];
  const { progs: _, ...shared } = input?.request ?? {};
  const request = input && { ...shared, ...one };
  const found = explainRejection({ log, ...(source && { source }), ...(request && { request }) });
  if (!found) {
    if (!isAcceptance(log)) unusable('no-complaint', {}, { path });
    io.out(
      options.json ? `${JSON.stringify({ ok: true })}\n` : 'The log holds no complaint: the program was accepted.\n',
    );
    return STATUS.good;
  }
  io.out(
    options.json
      ? `${JSON.stringify({ ok: true, explanation: found })}\n`
      : explainedText(found, { style: styleOf(io), columns: io.columns }, source),
  );
  return STATUS.good;
}
