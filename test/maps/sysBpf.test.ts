import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { SYS_CASES, sysAnswers } from './sysBpf.ts';

/** By map type; recorded by scripts/maps/recordSysBpf.ts. */
const recorded = JSON.parse(readFileSync(new URL('../recorded/maps/sysBpf.json', import.meta.url), 'utf8')) as Record<
  string,
  number[]
>;

it.each(SYS_CASES.map((test) => [test.name, test] as const))('bpf(2) on %s as the kernel answered', (name, test) => {
  expect(recorded[name]).toHaveLength(test.ops.length);
  expect(sysAnswers(test)).toEqual(recorded[name]);
});
