/** Asks the kernel: requests in, result lines out. Needs the oracle in $ORACLE_DIR or ~/.oracle. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

export type OracleResult = Record<string, unknown> & {
  readonly verdict: string;
  readonly stage: string;
  readonly errno: number;
};

export function askOracle(requests: readonly unknown[]): OracleResult[] {
  const dir = mkdtempSync(join(tmpdir(), 'oracle-'));
  try {
    const input = join(dir, 'in.jsonl');
    const output = join(dir, 'out.jsonl');
    writeFileSync(input, requests.map((request) => JSON.stringify(request)).join('\n'));
    const oracle = join(process.env.ORACLE_DIR ?? join(homedir(), '.oracle'), 'oracle.py');
    execFileSync(oracle, ['-l', '0', input, '-o', output], { stdio: ['ignore', 'ignore', 'inherit'] });
    return readFileSync(output, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as OracleResult);
  } finally {
    rmSync(dir, { recursive: true });
  }
}
