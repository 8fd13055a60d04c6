/** `bpflab debug`: a program under the debugger. */
import type { Command } from 'commander';
import { debug } from '../debug.ts';
import type { DebugOptions } from '../debugOptions.ts';
import { integer, several } from '../options.ts';
import type { Registration } from './command.ts';
import { examples, subcommand } from './command.ts';
import { inputOptions } from './inputOptions.ts';

export function debugCommand({ io, finish }: Registration): Command {
  const command = subcommand('debug', 'step a program forwards and backwards')
    .description(
      'Loads FILE (.bpf text, a load request, raw insns, or a recording) into a simulated kernel and stops before the first ' +
        'insn of the first packet. On a terminal it shows panes; otherwise it reads commands and answers in lines.',
    )
    .argument('<file>', 'what to debug, - for standard input');
  return inputOptions(command)
    .option('--nth <n>', 'begin at packet N; those before it have passed', integer(1, 0xffff_ffff))
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
