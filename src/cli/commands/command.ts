/** What every command gets. */
import { Command } from 'commander';
import type { Status } from '../failure.ts';
import type { Io } from '../io.ts';

/** Says how the command ended; the first one counts. */
type Finish = (status: Status) => void;

/** A subcommand with the options that all have. */
export function subcommand(name: string, summary: string): Command {
  return new Command(name)
    .summary(summary)
    .option('--json', 'print the result, or what is wrong, as JSON')
    .helpOption('-h, --help', 'show what this command takes');
}

/** Lines of examples at the end of a command's help. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
}

export interface Registration {
  readonly io: Io;
  readonly finish: Finish;
}
