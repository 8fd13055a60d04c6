import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bpflab, FRAME } from './harness.ts';

const JUNK: readonly unknown[] = [
  null,
  true,
  -1,
  1e9,
  2 ** 32,
  1.5,
  'x',
  '',
  'zz',
  '00',
  [],
  [1],
  [[1, 2]],
  {},
  { a: 1 },
  'hash',
  'array_of_maps',
  12,
];

/** Ways from the top of a JSON value to each of its parts. */
function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, part]) => pathsOf(part, [...path, key]))];
}

/** Puts something else where the path ends; nothing at all for undefined. */
function change(value: unknown, path: readonly string[], junk: unknown): void {
  let at = value as Record<string, unknown> | undefined;
  for (const key of path.slice(0, -1)) at = at?.[key] as Record<string, unknown> | undefined;
  const last = path.at(-1);
  if (typeof at !== 'object' || at === null || last === undefined) return;
  if (junk === undefined) delete at[last];
  else at[last] = junk;
}

test('a load request with anything in it runs or is refused in words', async () => {
  const request = JSON.parse((await bpflab(['asm', 'programs/hello/count.bpf', '--request'])).out);
  request.maps[0].updates = [{ key: '01000000', value: '0100000000000000', flags: 0 }];
  const change1 = fc.tuple(fc.constantFrom(...pathsOf(request)), fc.constantFrom(undefined, ...JUNK));
  await fc.assert(
    fc.asyncProperty(fc.array(change1, { minLength: 1, maxLength: 3 }), async (changes) => {
      const copy = structuredClone(request);
      for (const [path, junk] of changes) change(copy, path, junk);
      for (const args of [
        ['run', '-', '--packet', FRAME],
        ['disasm', '-', '-s', 'llvm'],
      ]) {
        const ran = await bpflab(args, { stdin: JSON.stringify(copy) });
        expect(ran.err).not.toContain('bug in bpflab');
        expect([0, 1, 2]).toContain(ran.status);
        if (ran.status === 2) expect(ran.err).toMatch(/error: /);
      }
    }),
    { numRuns: 300 },
  );
});

test.each([
  [{ insns: 5 }, /insns must be hex/],
  [{ maps: [] }, /insns is missing/],
  [{ insns: '', maps: [{ type: 'hash' }] }, /map 0: key_size is missing/],
  [{ progs: [{ insns: '95', map_relocs: [1] }] }, /program 0: map_relocs must be a list of \[insn, map\]/],
  [[], /holds no program/],
])('%j is refused', async (json, says) => {
  const ran = await bpflab(['run', '-', '--packet', FRAME], { stdin: JSON.stringify(json) });
  expect(ran.err).toMatch(says);
  expect(ran.status).toBe(2);
});
