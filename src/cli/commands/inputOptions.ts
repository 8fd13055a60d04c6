/** What is run and on what: the options that `run` and `debug` share. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { integer, seconds, several } from '../options.ts';

/** Adds them to a command. */
export function inputOptions(command: Command): Command {
  return command
    .option('-p, --prog <names>', 'the program; several (a,b): each gets what the one before passes on')
    .option('--on <interface=names>', 'the programs for packets captured on this interface (pcapng)', several)
    .option('-t, --type <type>', 'prog type, whatever the file says (default: xdp where it says none)')
    .option('-P, --packet <hex|@file>', 'a packet; may be given several times', several)
    .option('-i, --pcap <file>', 'packets of a pcap or pcapng file')
    .option('-c, --ctx <json>', `context fields by name: '{"ingress_ifindex": 1}', or its bytes in hex`)
    .option('--node <file>', 'the simulated node: devices, addresses, routes … (YAML or JSON, see docs/node.md)')
    .option('-r, --repeat <n>', 'run so often on each packet', integer(1, 0xffff_ffff))
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
    .option('--insn-limit <n>', 'insns that one run may execute', integer(1, Number.MAX_SAFE_INTEGER));
}
