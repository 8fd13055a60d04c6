import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bpflab, FRAME, inTemp } from './harness.ts';

const WORDS = [
  'run',
  'asm',
  'disasm',
  'conformance',
  'help',
  '--help',
  '--json',
  '--packet',
  '--pcap',
  '--prog',
  '--ctx',
  '--type',
  '--map-init',
  '--map-dump',
  '--ct',
  '--define',
  '--seed',
  '--clock',
  '--time',
  'fixed',
  '--repeat',
  '--on',
  '--syntax',
  'llvm',
  '--format',
  'c',
  '--request',
  '--program',
  '-',
  '--',
  '-x',
  'xdp',
  '{"mark":1}',
  'A=1',
  '3',
  '0x10',
  FRAME,
  'b7000000020000009500000000000000',
  'programs/hello/count.bpf',
  'programs/demo/demo.pcap',
  'programs/demo/maps.json',
  'programs',
  'count',
  '{}/text',
  '--insn-limit',
  '100',
  '--cpus',
  '--maps',
  'all',
  '--quiet',
  '',
  'ä',
  '%s',
  '{path}',
];

test('any command line ends with a status and in words', async () => {
  const word = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...WORDS) },
    { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
  );
  const stdin = fc.oneof(fc.constant('r0 = 0\nexit\n'), fc.string({ maxLength: 60 }), fc.uint8Array({ maxLength: 64 }));
  await inTemp({ text: 'r0 = 2\nexit\n' }, async (at) => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('run', 'asm', 'disasm', 'conformance', ''),
        fc.array(word, { maxLength: 7 }),
        stdin,
        async (first, rest, input) => {
          const args = [first, ...rest].map((w) => w.replace('{}/', at('')));
          // What it would write stays away from the repository.
          if (args.some((a) => /^(-o|--o|--pcap-o|--map-d|-[a-z]*o)/.test(a))) return;
          const ran = await bpflab(args, { stdin: input, stopAfter: 50 });
          expect([0, 1, 2, 130]).toContain(ran.status);
          expect(ran.out + ran.err).not.toContain('bug in bpflab');
          if (ran.status === 2) expect((ran.out + ran.err).length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 400 },
    );
  });
});
