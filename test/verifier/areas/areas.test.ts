import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { verifyRequest } from '../../../src/verifier/answer.ts';
import { AREAS, shortOutcome } from './areas.ts';

const file = new URL('../../recorded/verifier/areas.json.gz', import.meta.url);
type Golden = Readonly<Record<string, Readonly<Record<string, string>>>>;
const golden = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Golden;

describe('verdict and log are the kernel’s', () => {
  for (const [area, make] of Object.entries(AREAS)) {
    it(area, () => {
      const want = golden[area] ?? {};
      const ours: Record<string, string> = {};
      for (const [name, request] of make()) ours[name] = shortOutcome(area, verifyRequest(request, 2));
      const all = Object.values(want);
      expect(all.filter((text) => text.startsWith('accept')).length).toBeGreaterThan(8);
      expect(all.filter((text) => text.startsWith('reject')).length).toBeGreaterThan(8);
      expect(Object.keys(ours).sort()).toEqual(Object.keys(want).sort());
      const differ = Object.keys(want).filter((name) => ours[name] !== want[name]);
      expect(differ.map((name) => [name, ours[name]])).toEqual(differ.map((name) => [name, want[name]]));
    }, 60_000);
  }
});
