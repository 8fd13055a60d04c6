/** The programs are, insn for insn, those that the kernel accepted. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { builds, digests } from './accepted.ts';

type Accepted = Record<string, Record<string, { readonly insns: string; readonly processed: number }>>;

const accepted = JSON.parse(
  readFileSync(new URL('../recorded/programs/accepted.json', import.meta.url), 'utf8'),
) as Accepted;

it('knows every build', () => {
  expect(Object.keys(accepted)).toEqual(builds().map((b) => b.name));
});

it.each(builds())('$name is what the kernel accepted', ({ name, request }) => {
  const recorded = Object.entries(accepted[name] ?? {}).map(([prog, { insns }]) => [prog, insns]);
  expect(digests(request)).toEqual(Object.fromEntries(recorded));
});
