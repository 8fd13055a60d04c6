/** `bpflab dap`: the debugger for editors. */
import type { Command } from 'commander';
import { integer } from '../options.ts';
import type { Registration } from './command.ts';
import { examples, subcommand } from './command.ts';

interface DapOptions {
  readonly port?: number;
  readonly host: string;
}

export function dapCommand({ io, finish }: Registration): Command {
  return subcommand('dap', 'debug from an editor (Debug Adapter Protocol)')
    .description(
      'Speaks the Debug Adapter Protocol on standard input and output, or with --port over TCP, where every ' +
        'connection is a session of its own. docs/dap.md says what launch configurations hold.',
    )
    .option('--port <n>', 'listen on this port instead (0: any free one, told on standard error)', integer(0, 65_535))
    .option('--host <address>', 'where to listen', '127.0.0.1')
    .addHelpText('after', examples('bpflab dap', 'bpflab dap --port 4711'))
    .action(async ({ port, host }: DapOptions) => {
      const { servePort, serveStdio } = await import('../dapServe.ts');
      finish(await (port === undefined ? serveStdio(io) : servePort(io, host, port)));
    });
}
