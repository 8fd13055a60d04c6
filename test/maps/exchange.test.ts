import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { answerRequest } from '../../src/kernel/answer.ts';
import type { LoadRequest } from '../../src/spec/request.ts';
import { answerAll } from '../driver.ts';
import { type RunRow, rowsOf } from './exchange.ts';

/** Random programs and the kernel's answers, recorded by scripts/maps/comparePrograms.ts. */
const recorded = readFileSync(new URL('../recorded/maps/exchange.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as { request: LoadRequest; runs: RunRow[] });

describe('maps with helpers of their own, as the kernel answered', () => {
  it('cover the types', () => {
    const types = new Set(recorded.map(({ request }) => request.maps?.[0]?.type));
    expect([...types].sort()).toEqual(['bloom_filter', 'cpumap', 'devmap', 'devmap_hash', 'queue', 'ringbuf', 'stack']);
  });

  it('every call', () => {
    const answers = answerAll(recorded.map(({ request }) => request));
    recorded.forEach(({ request, runs }, i) => {
      expect({ name: request.name, runs: rowsOf(answers[i]!, runs) }).toEqual({ name: request.name, runs });
    });
  });

  it('are the same when the memory grows at every allocation', () => {
    for (const { request, runs } of recorded) {
      expect(rowsOf(answerRequest(request, { growAlways: true }), runs)).toEqual(runs);
    }
  });
});
