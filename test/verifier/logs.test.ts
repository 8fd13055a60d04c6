import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { verifyRequest } from '../../src/verifier/answer.ts';
import { plainLog } from './plainLog.ts';
import { requests } from './programs.ts';

interface Golden {
  readonly verdict: string;
  readonly errno: number;
  readonly log: readonly string[];
}

const file = new URL('../recorded/verifier/logs.json', import.meta.url);
const golden = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, Golden>>;

describe('verdict and level-2 log are the kernel’s', () => {
  const all = requests();
  it('has a record of every program', () => expect([...all.keys()].sort()).toEqual(Object.keys(golden).sort()));
  for (const [name, request] of all) {
    it(name, () => {
      const { verdict, errno, log } = verifyRequest(request, 2);
      expect({ verdict, errno, log: plainLog(log ?? '') }).toEqual(golden[name]);
    });
  }

  it('gives the same verdicts and builds no log at level 0', () => {
    for (const [name, request] of all) {
      const { verdict, errno, log } = verifyRequest(request, 0);
      expect({ name, verdict, errno, log }).toEqual({
        name,
        verdict: golden[name]!.verdict,
        errno: golden[name]!.errno,
        log: '',
      });
    }
  });
});
