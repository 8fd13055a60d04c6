#!/usr/bin/env node
/** The `bpflab` command. */
import { explainProblem } from '../util/problem.ts';
import { errnoWords } from './files.ts';
import { nodeIo } from './io.ts';
import { cliProblem } from './messages.ts';
import { runCli } from './run.ts';

// Whoever reads our output may stop reading (`bpflab … | head`): that is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
    const problem = cliProblem('unwritable-output', {}, { why: errnoWords(error.code ?? error.message) });
    if (stream === process.stdout) process.stderr.write(`${explainProblem(problem)}\n`);
    process.exit(2);
  });
}

process.exitCode = await runCli(process.argv.slice(2), nodeIo(), process.env.BPFLAB_TRACE === '1');
