/** `bpflab debug`: a program under the debugger. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { debug } from '../debug.ts';
import type { DebugOptions } from '../debugOptions.ts';
import { integer, seconds, several } from '../options.ts';
import type { Registration } from './command.ts';
import { examples, subcommand } from './command.ts';

export function debugCommand({ io, finish }: Registration): Command {
  return subcommand('debug', 'step a program forwards and backwards')
    .description(
      'Loads FILE (.bpf text, a load request, raw insns, or a recording) into a simulated kernel and stops before the first ' +
        'insn of the first packet. On a terminal it shows panes; otherwise it reads commands and answers in lines.',
    )
    .argument('<file>', 'what to debug, - for standard input')
    .option('-p, --prog <names>', 'the program; several (a,b): each gets what the one before passes on')
    .option('--on <interface=names>', 'the programs for packets captured on this interface (pcapng)', several)
    .option('-t, --type <type>', 'prog type, whatever the file says (default: xdp where it says none)')
    .option('-P, --packet <hex|@file>', 'a packet; may be given several times', several)
    .option('-i, --pcap <file>', 'packets of a pcap or pcapng file')
    .option('--nth <n>', 'begin at packet N; those before it have passed', integer(1, 0xffff_ffff))
    .option('-c, --ctx <json>', `context fields by name: '{"ingress_ifindex": 1}', or its bytes in hex`)
    .option('--node <file>', 'the simulated node: devices, addresses, routes … (YAML or JSON, see docs/node.md)')
    .option('--map-init <file|dir>', "fill maps from bpftool's JSON; may be given several times", several)
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
    .option('--verifier', "step the kernel's verifier through the program instead")
    .option('-b, --batch', 'run the commands of -x and --ex, then end; plain text')
    .option('-e, --ex <command>', 'a command; may be given several times (gdb writes -ex)', several)
    .option('-x, --commands <file>', 'commands from a file, before those of --ex', several)
    .option('--record <file>', 'at the end, write one file that comes back to this moment')
    .option('--plain', 'a command line instead of panes')
    .addHelpText(
      'after',
      examples(
        'bpflab debug programs/hello/count.bpf --pcap programs/demo/demo.pcap --nth 3',
        "bpflab debug drop.bpf --packet @syn.bin --batch -ex 'break drop if pkt[12:2] == 0x0800' -ex c -ex 'info registers'",
        'bpflab debug --verifier programs/rejections/map-value-or-null.bpf',
      ),
    )
    .action(async (file: string, options: DebugOptions) => {
      finish(await debug(io, file, options));
    });
}
