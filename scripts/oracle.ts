/** Asks a real kernel: load requests in, answers out. Needs the recorder in $ORACLE_DIR or ~/.oracle. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoadRequest, LoadResult } from '../src/spec/request.ts';

const NEWLINE = 10;

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
    return readLines(output).map((line) => JSON.parse(line.toString('utf8')) as LoadResult);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Lines as bytes: all of them together can be longer than a string may be. */
function readLines(path: string): Buffer[] {
  const bytes = readFileSync(path);
  const lines: Buffer[] = [];
  for (let from = 0; from < bytes.length; ) {
    const found = bytes.indexOf(NEWLINE, from);
    const end = found < 0 ? bytes.length : found;
    if (end > from) lines.push(bytes.subarray(from, end));
    from = end + 1;
  }
  return lines;
}
