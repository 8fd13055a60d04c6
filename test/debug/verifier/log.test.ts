/** The log lines of all nodes together are the kernel's log of level 2. */
import { describe, expect, it } from 'vitest';
import { verify } from '../../../src/verifier/api.ts';
import { requestOf as programRequest } from '../../programs/assembleFile.ts';
import { generate, requestOf } from '../../verifier/generate/program.ts';
import { opened } from './make.ts';

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');

describe('the log of a node', () => {
  it('is its part of the whole log', () => {
    for (let seed = 1; seed <= 25; seed++) {
      const request = requestOf(generate(seed));
      const plain = request && verify(request, { logLevel: 2, insnLimit: 20_000 });
      if (!request || !plain?.ok) continue;
      if (plain.value[0]!.verification.verdict === 'not_covered') continue;
      const session = opened(request);
      if (session.graph.count === 0) continue;
      const lines: string[] = [];
      for (let n = 1; n <= session.graph.count; n++) lines.push(...session.log(n)!);
      expect(lines).toEqual(linesOf(plain.value[0]!.verification.log));
    }
  });

  it('is found in slices, forwards and backwards, also far from the beginning', () => {
    const request = programRequest('lb/tc.bpf');
    const whole = opened(request, undefined, { index: 1 });
    let slices = 0;
    let lines: readonly string[] | undefined;
    while (!lines) {
      lines = whole.log(9010, 1000);
      slices++;
    }
    expect(slices).toBeGreaterThan(5);
    expect(lines.some((line) => line.startsWith(`${whole.graph.slot(9010)}: (`))).toBe(true);
    for (const n of [9001, 8999, 40, 12000]) {
      const found = whole.log(n)!;
      const slot = whole.graph.slot(n);
      expect(found.some((line) => line.startsWith(`${slot}: `) || line.includes(` to ${slot}: `))).toBe(true);
    }
  });
});
