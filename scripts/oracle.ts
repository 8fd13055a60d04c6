/** Asks a real kernel: load requests in, answers out. Needs the recorder in $ORACLE_DIR or ~/.oracle. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoadRequest, LoadResult } from '../src/spec/request.ts';

/**
 * One answer for each request, in order. `logLevel` is the verifier's where a request has none of its own; `modules` are loaded
 * into the guest first; `kernel` is the profile to boot.
 */
export function askOracle(
  requests: readonly LoadRequest[],
  logLevel = 0,
  modules: readonly string[] = [],
  kernel = '6.12',
): LoadResult[] {
  const dir = mkdtempSync(join(tmpdir(), 'oracle-'));
  try {
    const [input, output] = [join(dir, 'in.jsonl'), join(dir, 'out.jsonl')];
    writeFileSync(input, requests.map((request) => JSON.stringify(request)).join('\n'));
    const oracle = join(process.env.ORACLE_DIR ?? join(homedir(), '.oracle'), 'oracle.py');
    const options = ['-k', kernel, '-l', String(logLevel), '--kmod', modules.join(',')];
    execFileSync(oracle, [...options, input, '-o', output], { stdio: ['ignore', 'ignore', 'inherit'] });
    return readFileSync(output, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LoadResult);
  } finally {
    rmSync(dir, { recursive: true });
  }
}
