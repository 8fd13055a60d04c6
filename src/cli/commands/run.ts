/** `bpflab run`: packets through programs. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { MAP_FORMATS } from '../mapFiles.ts';
import type { RunOptions } from '../runOptions.ts';
import { run } from '../runPackets.ts';
import type { Registration } from './command.ts';
import { examples, subcommand } from './command.ts';
import { inputOptions } from './inputOptions.ts';

export function runCommand({ io, finish }: Registration): Command {
  const command = subcommand('run', 'run a program on packets')
    .description(
      'Loads FILE (.bpf text, a load request, or raw insns) into a simulated kernel, runs its program on packets as ' +
        'BPF_PROG_TEST_RUN does, and shows verdicts, changes, events and maps.',
    )
    .argument('<file>', 'what to run, - for standard input');
  return inputOptions(command)
    .option(
      '-o, --pcap-out <file>',
      'write the packets afterwards (.pcapng: all, with verdicts; .pcap: not dropped ones)',
    )
    .addOption(new Option('--engine <engine>', 'what executes (only interp is covered yet)').choices(['interp', 'jit']))
    .option('--map-dump [file]', 'write the maps afterwards (default: all of them, to standard output)')
    .option('--map-name <names>', 'only these maps (a,b), in whatever shows or writes maps')
    .addOption(
      new Option(
        '--map-format <format>',
        "of --map-dump: json (by map, bytes and typed values), typed (as shown), or bpftool's own forms",
      )
        .choices(MAP_FORMATS)
        .default('json'),
    )
    .option('--map-show', "list the maps as 'bpftool map show' does")
    .addOption(new Option('--maps <which>', 'maps to show').choices(['changed', 'all', 'none']).default('changed'))
    .option('--ct', "show conntrack maps as 'cilium bpf ct list global' does")
    .option('--verify', "refuse programs that the kernel's verifier rejects (default: run them, every access checked)")
    .option('-q, --quiet', 'do not show packets')
    .addHelpText(
      'after',
      examples(
        'bpflab run programs/hello/count.bpf --pcap programs/demo/demo.pcap',
        'bpflab run programs/lb/tc.bpf --prog tc_main --ct \\\n      --map-init programs/demo/maps.json --pcap programs/demo/demo.pcap',
        'bpflab run drop.bpf --packet @syn.bin --json',
      ),
    )
    .action(async (file: string, options: RunOptions) => {
      finish(await run(io, file, options));
    });
}
