/** Whatever is typed, the command line answers in words and the session lives on. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COMMANDS, Shell } from '../../../src/debug/commands/shell.ts';
import { Knowing } from '../../../src/debug/session/knowing.ts';
import { nodeSession, sessionOf } from '../session/make.ts';
import { stateOf } from '../session/state.ts';

const TEXT = `.map counts, type=hash, key=u32, value=u64, max_entries=8
.section "xdp"
main:
  r6 = r1
  *(u32 *)(r10 - 4) = 7
  r1 = counts ll
  r2 = r10
  r2 += -4
  call bpf_map_lookup_elem
  if r0 == 0 goto out
  r1 = *(u64 *)(r0 + 0)
  r1 += 1
  *(u64 *)(r0 + 0) = r1
out:
  r0 = XDP_PASS
  exit
`;

const WORDS = COMMANDS.flatMap((row) => row.names).filter((name) => !/^(quit|q|exit|record)$/.test(name));
const ARGS = [
  '',
  '1',
  '3',
  '-1',
  '99999999999999999999',
  'r1',
  'r6 if r6 == 1',
  'fp-8',
  'pkt[12:2]',
  'pkt[9999:2]',
  'counts[7]',
  'counts[',
  'counts[{a: 1}]',
  'ctx.data',
  'ctx.nothing',
  'out',
  'main+3',
  '*4',
  'test.bpf:5',
  'call bpf_map_lookup_elem',
  'update counts [7]',
  'verdict XDP_PASS',
  'fault',
  'packet 2',
  'registers',
  'map counts 0 5',
  'r0 = 5',
  'pkt[0:2] = 0x1234',
  'counts[7] = 9',
  'r10 = 5',
  'out, r0 is {r0}',
  'out, {',
  '((((((((((((r1))))))))))))',
  '"\u0000\u001b[31m',
];

const line = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(...WORDS),
      fc.constantFrom('', '/x', '/16xb', '/5i', '/zz', '/99999x'),
      fc.constantFrom(...ARGS),
    )
    .map(([word, format, args]) => `${word}${format} ${args}`),
  fc.string({ maxLength: 40 }),
  fc.constant(''),
);

const make = (): Shell => {
  const session = sessionOf(TEXT, { packets: Array.from({ length: 3 }, () => ({ bytes: new Uint8Array(64) })) });
  return new Shell(session, { knowing: new Knowing(session) });
};

describe('the command line', () => {
  test('answers anything, and goes on', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 12 }), (lines) => {
        const shell = make();
        for (const text of lines) {
          const reply = shell.run(text);
          for (const said of reply.lines) expect(typeof said).toBe('string');
          shell.complete(text);
        }
        shell.run('delete');
        shell.run('run');
        expect(shell.session.tick).toBe(shell.session.first);
        shell.run('continue');
        expect(shell.session.over || shell.session.stop.reason === 'fault').toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  test('looking changes nothing', () => {
    const session = nodeSession();
    const shell = new Shell(session, { knowing: new Knowing(session) });
    shell.run('packet 3');
    shell.run('stepi 200');
    const before = stateOf(session);
    const LOOK = [
      'info registers',
      'info packet',
      'info ctx all',
      'info maps',
      'info map cilium_ct4_global',
      'bt',
      'list',
      'changes',
    ];
    for (const text of [
      ...LOOK,
      'p pkt[12:2]',
      'x/4xg fp-32',
      'who r6',
      'when r0 == 0',
      'verifier',
      'tail-calls',
      'info refs',
    ]) {
      expect(shell.run(text).failed, text).toBeUndefined();
      expect(stateOf(session), text).toBe(before);
    }
  });

  test('long lines and unknown words are told', () => {
    const shell = make();
    expect(shell.run('x'.repeat(5000)).lines[0]).toBe('error: a command of 5000 characters is too long; 4096 will do');
    expect(shell.run('contnue').lines).toEqual([
      "error: there is no command 'contnue'",
      "  help: did you mean 'continue'?",
    ]);
    expect(shell.run('re').lines[0]).toMatch(/^error: 're' may be reverse-step, /);
    expect(shell.run('step x').lines).toEqual(["error: 'x' is no whole number", '  help: usage: step [N]']);
  });
});
