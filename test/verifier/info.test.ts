import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { verifyRequest } from '../../src/verifier/answer.ts';
import { infoRequests } from './infoRequests.ts';
import { type Outcome, outcomeOf } from './outcome.ts';

const file = new URL('../recorded/verifier/info.json.gz', import.meta.url);
const golden = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Readonly<Record<string, Outcome>>;

describe('func_info, line_info and core_relo: verdict and level-2 log are the kernel’s', () => {
  const all = infoRequests();
  it('has a record of every request', () => expect([...all.keys()].sort()).toEqual(Object.keys(golden).sort()));
  it('is about rejections and acceptances', () => {
    const verdicts = Object.values(golden).map((g) => g.verdict);
    expect(verdicts.filter((v) => v === 'reject').length).toBeGreaterThan(80);
    expect(verdicts.filter((v) => v === 'accept').length).toBeGreaterThan(80);
  });
  for (const [name, request] of all) {
    it(name, () => expect(outcomeOf(verifyRequest(request, 2))).toEqual(golden[name]));
  }
});
