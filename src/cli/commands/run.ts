/** `bpflab run`: packets through programs. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { MAP_FORMATS } from '../mapFiles.ts';
import { integer, seconds, several } from '../options.ts';
import type { RunOptions } from '../runOptions.ts';
import { run } from '../runPackets.ts';
import type { Registration } from './command.ts';
import { examples, subcommand } from './command.ts';

export function runCommand({ io, finish }: Registration): Command {
  return subcommand('run', 'run a program on packets')
    .description(
      'Loads FILE (.bpf text, a load request, or raw insns) into a simulated kernel, runs its program on packets as ' +
        'BPF_PROG_TEST_RUN does, and shows verdicts, changes, events and maps.',
    )
    .argument('<file>', 'what to run, - for standard input')
    .option('-p, --prog <names>', 'the program; several (a,b): each gets what the one before passes on')
    .option('--on <interface=names>', 'the programs for packets captured on this interface (pcapng)', several)
    .option('-t, --type <type>', 'prog type, whatever the file says (default: xdp where it says none)')
    .option('-P, --packet <hex|@file>', 'a packet; may be given several times', several)
    .option('-i, --pcap <file>', 'packets of a pcap or pcapng file')
    .option(
      '-o, --pcap-out <file>',
      'write the packets afterwards (.pcapng: all, with verdicts; .pcap: not dropped ones)',
    )
    .option('-c, --ctx <json>', `context fields by name: '{"ingress_ifindex": 1}', or its bytes in hex`)
    .option('--node <file>', 'the simulated node: devices, addresses, routes … (YAML or JSON, see docs/node.md)')
    .option('-r, --repeat <n>', 'run so often on each packet', integer(1, 0xffff_ffff))
    .addOption(new Option('--engine <engine>', 'what executes (only interp is covered yet)').choices(['interp', 'jit']))
    .option('--map-init <file|dir>', "fill maps from bpftool's JSON; may be given several times", several)
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
    .option('-D, --define <name=value>', 'define a number for the assembler', several)
    .option('--seed <n>', 'seed of random numbers and hashes (default: 1)', integer(0, 0xffff_ffff))
    .option('--cpus <n>', 'possible CPUs (default: 1)', integer(1, 64))
    .option('--clock <seconds>', 'seconds since boot at the first packet (default: 1000)', seconds)
    .addOption(
      new Option('--time <mode>', "whether the capture's times move the clock")
        .choices(['capture', 'fixed'])
        .default('capture'),
    )
    .option('--insn-limit <n>', 'insns that one run may execute', integer(1, Number.MAX_SAFE_INTEGER))
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
