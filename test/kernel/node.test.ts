import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { differences } from '../../scripts/node/compare.ts';
import { answerRequest } from '../../src/kernel/answer.ts';
import type { LoadRequest, LoadResult } from '../../src/spec/request.ts';

interface Recorded {
  readonly request: LoadRequest;
  readonly answer: LoadResult;
}

const file = new URL('../recorded/node/worlds.jsonl.gz', import.meta.url);
const worlds = gunzipSync(readFileSync(file))
  .toString('utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Recorded);

describe('routes, neighbours, devices and sockets as a real kernel has them', () => {
  test('there are enough calls, of every kind', () => {
    const codes: Record<string, number> = {};
    for (const { request, answer } of worlds) differences(request, answer, answer, codes);
    const calls = (name: string): number =>
      Object.entries(codes).reduce((sum, [code, count]) => sum + (code.startsWith(`${name}: `) ? count : 0), 0);
    expect(calls('bpf_fib_lookup')).toBeGreaterThan(700);
    for (const name of ['bpf_sk_lookup_tcp', 'bpf_sk_lookup_udp', 'bpf_skc_lookup_tcp']) {
      expect(calls(name)).toBeGreaterThan(150);
      expect(codes[`${name}: 1`]).toBeGreaterThan(50);
    }
  });

  test.each(worlds.map((w) => [w.request.name, w]))('%s', (_, { request, answer }) => {
    expect(differences(request, answer, answerRequest(request))).toEqual([]);
  });
});
