/** `bpflab test`: scenario files. */
import type { Command } from 'commander';
import { integer } from '../options.ts';
import type { TestOptions } from '../test/options.ts';
import type { Registration } from './command.ts';
import { examples, subcommand } from './command.ts';

export function testCommand({ io, finish }: Registration): Command {
  return subcommand('test', 'run scenarios and check what they expect')
    .description(
      'Runs scenario files: a node, programs, what happens step by step, and what is to come of it. Of directories all ' +
        'scenarios below them. Exit status: 0 all as expected, 1 not so, or a program was rejected or faulted, 2 unusable ' +
        'files, 130 interrupted.',
    )
    .argument('<files...>', 'scenario files (YAML or JSON) and directories')
    .option(
      '-v, --verbose',
      'show the timeline of every scenario (default: of one on a terminal, and of those that fail)',
    )
    .option('-q, --quiet', 'show no timelines')
    .option('-t, --only <part>', 'only scenarios whose name or file holds this')
    .option('--step <n>', 'show only this step', integer(1, 100_000))
    .option('-u, --update', 'write what was seen into the expectations that differ, and where `expect: record` stands')
    .option('--tap', 'print the results as TAP')
    .option('--junit <file>', 'write the results as JUnit XML as well')
    .option('--pcap <dir>', 'write what each device sees to <dir>/SCENARIO/NETNS-DEV.pcapng')
    .option('-w, --watch', 'run again whenever a file changes that was read; q leaves')
    .addHelpText(
      'after',
      examples(
        'bpflab test scenarios',
        'bpflab test scenarios/nodeport.yaml -v --step 4',
        'bpflab test scenarios -t nodeport --update',
        'bpflab test scenarios --tap --junit report.xml',
        'bpflab test scenarios/nodeport.yaml --pcap captures --watch',
      ),
    )
    .action(async (files: readonly string[], options: TestOptions) => {
      const { test } = await import('../test.ts');
      finish(await test(io, files, options));
    });
}
