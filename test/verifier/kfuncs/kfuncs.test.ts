import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { verifyRequest } from '../../../src/verifier/answer.ts';
import { type Outcome, outcomeOf } from '../outcome.ts';
import { kfuncRequests, withoutIds } from './requests.ts';

const file = new URL('../../recorded/verifier/kfuncs.json.gz', import.meta.url);
const golden = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Readonly<Record<string, Outcome>>;

describe('kernel functions, dynptrs and iterators: verdict and level-2 log are the kernel’s', () => {
  const all = kfuncRequests();
  it('has a record of every program', () => expect([...all.keys()].sort()).toEqual(Object.keys(golden).sort()));
  it('is about rejections and acceptances', () => {
    const verdicts = Object.values(golden).map((g) => g.verdict);
    expect(verdicts.filter((v) => v === 'reject').length).toBeGreaterThan(200);
    expect(verdicts.filter((v) => v === 'accept').length).toBeGreaterThan(100);
  });
  for (const [name, request] of all) {
    it(name, () => expect(outcomeOf(withoutIds(verifyRequest(request, 2)))).toEqual(golden[name]));
  }
});
