import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { answerRequest } from '../../src/kernel/answer.ts';
import type { KernelName } from '../../src/spec/profiles.ts';
import type { LoadRequest } from '../../src/spec/request.ts';
import { type RunRow, rowsOf } from './exchange.ts';

interface Recorded {
  readonly request: LoadRequest;
  readonly runs: readonly RunRow[];
}

/** Random programs and the kernel's answers, recorded by scripts/maps/comparePrograms.ts. */
function recorded(name: string): Recorded[] {
  const bytes = gunzipSync(readFileSync(new URL(`../recorded/maps/${name}.jsonl.gz`, import.meta.url)));
  const lines = bytes.toString('utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Recorded);
}

const mixed = recorded('mixed');

describe('random programs over several maps, as the kernel answered', () => {
  it('cover the types', () => {
    const types = new Set(mixed.flatMap(({ request }) => (request.maps ?? []).map(({ type }) => type)));
    const fixed = ['array', 'array_of_maps', 'bloom_filter', 'hash', 'hash_of_maps', 'lpm_trie', 'lru_hash'];
    const others = ['lru_percpu_hash', 'percpu_array', 'percpu_hash', 'prog_array', 'queue', 'stack'];
    expect([...types].sort()).toEqual([...fixed, ...others]);
  });

  it('every run', () => {
    for (const { request, runs } of mixed) {
      const here = rowsOf(answerRequest(request), runs);
      expect({ name: request.name, runs: here }).toEqual({ name: request.name, runs });
    }
  });

  it('are the same when the memory grows at every allocation', () => {
    for (const { request, runs } of mixed.slice(0, 24))
      expect(rowsOf(answerRequest(request, { growAlways: true }), runs)).toEqual(runs);
  });
});

describe('what survives in LRU maps', () => {
  const survivors = (kernel: KernelName, rows: readonly Recorded[]): unknown[] =>
    rows.map(({ request, runs }) => rowsOf(answerRequest(request, { kernel }), runs).map(({ maps }) => maps));

  it.each(['6.12', '6.1'] as const)('%s', (kernel) => {
    const rows = recorded(`lru-${kernel}`);
    expect(survivors(kernel, rows)).toEqual(rows.map(({ runs }) => runs.map(({ maps }) => maps)));
  });

  it('differs between them', () => {
    const rows = recorded('lru-6.1').slice(0, 16);
    expect(survivors('6.12', rows)).not.toEqual(rows.map(({ runs }) => runs.map(({ maps }) => maps)));
  });

  it('is a flag of its own', () => {
    const rows = recorded('lru-6.1').slice(0, 8);
    const behaviour = { lruFixedTarget: true };
    const here = rows.map(({ request, runs }) => rowsOf(answerRequest(request, { behaviour }), runs));
    expect(here.map((list) => list.map(({ maps }) => maps))).toEqual(survivors('6.1', rows));
  });
});
