#!/usr/bin/env node
/** The `bpflab` command. */
import { nodeIo } from './io.ts';
import { runCli } from './run.ts';

// Whoever reads our output may stop reading (`bpflab … | head`): that is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? (process.exitCode ?? 0) : 2);
  });
}

process.exitCode = await runCli(process.argv.slice(2), nodeIo(), process.env.BPFLAB_TRACE === '1');
