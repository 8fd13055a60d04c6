/** `bpflab verify`: what the kernel's verifier says. */
import type { Command } from 'commander';
import { integer, several } from '../options.ts';
import type { VerifyCliOptions } from '../verifyOptions.ts';
import type { Registration } from './command.ts';
import { examples, subcommand } from './command.ts';

export function verifyCommand({ io, finish }: Registration): Command {
  return subcommand('verify', "say what the kernel's verifier says")
    .description(
      'Verifies every program of the files (.bpf text, load requests, raw insns) as Linux does: the same verdict, the ' +
        'same errno, the same log. Exit status: 0 all accepted, 1 something rejected, 2 unusable input or not covered.',
    )
    .argument('[files...]', 'what to verify, - for standard input')
    .option('-v, --verbose', "show the kernel's log, -vv at level 2", (_: string, before: number) => before + 1, 0)
    .option('-l, --log-level <n>', "show the kernel's log at this level (1, 2, 4 or sums)", integer(0, 7))
    .option('-k, --kernel <name>', "whose verdict; 'list' shows the profiles", undefined)
    .option('--btf <file>', 'BTF of the kernel (default: the built-in one)')
    .option('--btf-module <name=file>', 'BTF of a module; may be given several times', several)
    .option('-t, --type <type>', 'prog type, whatever the file says (default: xdp where it says none)')
    .option('-a, --attach <attach>', 'attach type, attach type:target or target: fentry:tcp_v4_connect')
    .option('-p, --prog <name>', 'only this program')
    .option('--allow <rule>', "lift a rule; may be given several times; 'list' shows the rules", several)
    .option('-D, --define <name=value>', 'define a number for the assembler', several)
    .option('--insn-limit <n>', 'give up after so many insns of a program', integer(1, Number.MAX_SAFE_INTEGER))
    .option('--explain', 'explain rejections (default: on a terminal)')
    .option('--no-explain', 'do not explain')
    .option('--csv', "print veristat's columns")
    .option('--requests <file>', 'answer load requests (JSON lines), one line each; test runs included')
    .addHelpText(
      'after',
      examples(
        'bpflab verify programs/hello/count.bpf',
        'bpflab verify -vv drop.bpf',
        'bpflab verify --type tracing --attach fexit:tcp_v4_connect probe.bpf',
        'bpflab verify --csv programs/lb/*.bpf',
        'bpflab verify --requests requests.jsonl > ours.jsonl',
      ),
    )
    .action(async (files: readonly string[], options: VerifyCliOptions) => {
      // The verifier brings the kernel's BTF along: a megabyte that other commands do not need.
      const { verifyFiles } = await import('../verify.ts');
      finish(await verifyFiles(io, files, options));
    });
}
