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
  // A copy: later changes go into it.
  else at[last] = structuredClone(junk);
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

test('the test runs of a load request are its packets', async () => {
  const request = {
    maps: [],
    prog_type: 'xdp',
    progs: [
      { name: 'one', insns: 'b700000001000000 9500000000000000' },
      // r0 = ctx->ingress_ifindex
      { name: 'two', insns: '6110 0c00 0000 0000 9500000000000000' },
    ],
    test_run: [{ data: FRAME }, { prog: 1, data: FRAME, ctx: '' }, { prog: 1, data: '00' }],
  };
  const length = FRAME.length / 2;
  request.test_run[1]!.ctx =
    `00000000 ${length.toString(16).padStart(2, '0')}000000 00000000 01000000 00000000 00000000`;
  const stdin = JSON.stringify(request);
  const { out, status } = await bpflab(['run', '-', '--json'], { stdin });
  const packets = JSON.parse(out).packets as { prog: string; errno: number; retval: number }[];
  expect(packets.map(({ prog, errno, retval }) => [prog, errno, retval])).toEqual([
    ['one', 0, 1],
    ['two', 0, 1],
    ['two', 22, 0],
  ]);
  expect(status).toBe(1);
  // A program or a packet of the command line comes first.
  const chosen = await bpflab(['run', '-', '--prog', 'one', '-q', '--json'], { stdin });
  expect(JSON.parse(chosen.out).packets.map((p: { prog: string }) => p.prog)).toEqual(['one', 'one', 'one']);
  const given = await bpflab(['run', '-', '--packet', FRAME, '--json'], { stdin });
  expect(JSON.parse(given.out).packets).toHaveLength(1);
});

test('what test_run refuses is shown to those who asked for quiet too', async () => {
  const stdin = 'r0 = 1; exit';
  const { out } = await bpflab(['run', '-', '--packet', FRAME, '--packet', '00', '-q'], { stdin });
  expect(out).toMatch(/^ {3}2 {2}-EINVAL/);
  expect(out).not.toContain('XDP_DROP');
});

test('a define that the text does not know is named, one that it knows is not', async () => {
  const stdin = '.ifdef FAST\n.endif\nr0 = LIMIT; exit';
  const { err, status } = await bpflab(['asm', '-', '-D', 'LIMIT=1', '-D', 'LIMTI=2', '-D', 'FAST'], { stdin });
  expect(err).toBe("note: --define LIMTI: the text has no such name; did you mean 'LIMIT'?\n");
  expect(status).toBe(0);
});

test('a fault in a text from standard input shows its line', async () => {
  const ran = await bpflab(['run', '-', '--packet', FRAME], { stdin: 'r0 = 2\nr1 = *(u32 *)(r0 + 4)\nexit\n' });
  expect(ran.out).toMatch(/<stdin>:2:1: program fault: .*\n {2}2 \| r1 = \*\(u32 \*\)\(r0 \+ 4\)\n {4}\| \^{21}\n/);
  expect(ran.status).toBe(1);
});

test('why the kernel refuses a packet is said where it is known', async () => {
  const short = await bpflab(['run', '-', '--packet', '0011'], { stdin: 'r0 = 2; exit' });
  expect(short.out).toContain('Invalid argument (it is shorter than an Ethernet header, 14 bytes)');
  const type = await bpflab(['run', '-', '--packet', FRAME, '--type', 'lwt_seg6local'], { stdin: 'r0 = 2; exit' });
  expect(type.out).toMatch(/-ENOTSUPP .*\n +the kernel has no test_run for programs of type lwt_seg6local\n/);
});
