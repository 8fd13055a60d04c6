import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { verifyRequest } from '../../src/verifier/answer.ts';
import { loadRequests } from './load/index.ts';
import { RECORDED_COUNT, RECORDED_SEED, recordOf } from './load/recorded.ts';

const file = new URL('../recorded/verifier/load.json', import.meta.url);
const golden = JSON.parse(readFileSync(file, 'utf8')) as readonly string[];

describe('random load requests', () => {
  it('get the kernel’s stage, errno and logs', () => {
    const requests = [...loadRequests(RECORDED_SEED, RECORDED_COUNT)];
    expect(golden).toHaveLength(RECORDED_COUNT);
    let compared = 0;
    for (const [i, request] of requests.entries()) {
      const answer = verifyRequest(request, 2);
      if (answer.verdict === 'no_result') continue;
      compared++;
      expect([request.name, recordOf(answer)]).toEqual([request.name, golden[i]]);
    }
    expect(compared).toBeGreaterThan(RECORDED_COUNT * 0.98);
    const stages = golden.map((line) => line.split(' ')[0]);
    for (const stage of ['btf_load', 'map_create', 'prog_load', 'ok']) expect(stages).toContain(stage);
  });

  it('crash nothing at any log level', () => {
    for (const [i, request] of [...loadRequests(7, 1500)].entries()) {
      const { verdict } = verifyRequest(request, i % 3);
      expect(['accept', 'reject', 'setup_error', 'no_result']).toContain(verdict);
    }
  });
});
