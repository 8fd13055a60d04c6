import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { verifyRequest } from '../../../src/verifier/answer.ts';
import { type Outcome, outcomeOf } from '../outcome.ts';
import { kernelTypeRequests } from './requests.ts';

const file = new URL('../../recorded/verifier/kernelTypes.json.gz', import.meta.url);
const golden = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Readonly<Record<string, Outcome>>;

describe('attach targets and kernel objects: verdict and level-2 log are the kernel’s', () => {
  const all = kernelTypeRequests();
  it('has a record of every program', () => expect([...all.keys()].sort()).toEqual(Object.keys(golden).sort()));
  it('is about rejections and acceptances', () => {
    const verdicts = Object.values(golden).map((g) => g.verdict);
    expect(verdicts.filter((v) => v === 'reject').length).toBeGreaterThan(300);
    expect(verdicts.filter((v) => v === 'accept').length).toBeGreaterThan(100);
    expect(verdicts.filter((v) => v !== 'accept' && v !== 'reject')).toEqual([]);
  });
  for (const [name, request] of all) {
    it(name, () => expect(outcomeOf(verifyRequest(request, 2))).toEqual(golden[name]));
  }
});

describe('the talk’s program', () => {
  it('is rejected where storage is freed, with the kernel’s words', () => {
    const { log } = golden['bpf_sk_storage_get, sock being freed']!;
    expect(log.join('\n')).toMatch(/func 'bpf_sk_storage_free' arg0 has btf_id \d+ type STRUCT 'sock'/);
    expect(log).toContain('helper call is not allowed in probe');
  });
  it('is accepted elsewhere', () => {
    expect(golden['bpf_sk_storage_get, sock of a probe']!.verdict).toBe('accept');
    expect(golden['bpf_sk_storage_get, sock of an iterator']!.verdict).toBe('accept');
  });
});
