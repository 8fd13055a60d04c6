import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { builtinBtf } from '../../src/btf/builtin.ts';
import { answerRequest } from '../../src/kernel/answer.ts';
import type { LoadRequest } from '../../src/spec/request.ts';
import { type ShownRun, shownRun } from './snprintfBtfRuns.ts';

/** Programs of scripts/snprintf-btf.ts and what the kernel printed for them. */
const recorded = gunzipSync(readFileSync(new URL('../recorded/helpers/types/shown.jsonl.gz', import.meta.url)))
  .toString('utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as { readonly request: LoadRequest; readonly run: ShownRun });

describe('values printed by the types of the kernel', () => {
  it('has recorded programs', () => expect(recorded.length).toBeGreaterThan(600));

  it.each(['hashed', 'raw', 'find'])('%s', (kind) => {
    for (const { request, run } of recorded.filter((r) => r.request.name?.startsWith(kind))) {
      const shown = shownRun(request, answerRequest(request, { kernelBtf: builtinBtf }));
      expect({ name: request.name, ...shown }).toEqual({ name: request.name, ...run });
    }
  });

  it('says what is missing in a kernel without types', () => {
    const { request } = recorded.find(({ run }) => run.result > 0)!;
    expect(answerRequest(request).detail).toContain('a kernel made without its BTF');
  });
});
