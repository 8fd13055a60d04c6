import { expect, test } from 'vitest';
import { LIBBPF, LOG_6_12 } from '../explain/logs.ts';
import { bpflab, inTemp } from './harness.ts';

const PROGRAM = `.map flows, type=hash, key=4, value=8, max_entries=8
.section "tc"
.globl count
count:
    r6 = r1
    r7 = *(u32 *)(r6 + 8)
    r1 = 0
    *(u32 *)(r10 - 4) = r1
    if r7 != 0 goto far
    r0 = 0
    exit
far:
    r2 = r10
    r2 += -4
    r1 = flows ll
    call bpf_map_lookup_elem
    r0 = *(u64 *)(r0 + 0)
    exit
`;

test('a log from standard input', async () => {
  const { status, out, err } = await bpflab(['explain', '-'], { stdin: LIBBPF });
  expect({ status, err }).toEqual({ status: 0, err: '' });
  expect(out).toMatch(/^BPF-E001: R0 may be NULL here/);
  expect(out).toContain('At: mark.c:25, insn 12 of count\n');
});

test('with the program: its line, a change to it, a packet that gets there', async () => {
  await inTemp({ 'log.txt': LIBBPF, 'prog.bpf': PROGRAM }, async (at) => {
    const { status, out } = await bpflab(['explain', at('log.txt'), '--source', at('prog.bpf')]);
    expect(status).toBe(0);
    expect(out).toMatch(/>>> 17 \| {5}r0 = \*\(u64 \*\)\(r0 \+ 0\)\n/);
    expect(out).toContain('+    if r0 != 0 goto present_12\n');
    expect(out).toMatch(
      /Counter-example:\n {2}A packet of 14 bytes \(all of them 0; with the context 000000000000000001…\) gets to insn 12/,
    );
  });
});

test('as JSON; an accepted program; no log at all', async () => {
  const json = JSON.parse((await bpflab(['explain', '--json', '-'], { stdin: LOG_6_12 })).out);
  expect(json).toMatchObject({
    ok: true,
    explanation: { id: 'BPF-E001', category: 'Register Type Safety', at: { slot: 12 } },
  });
  const fine = await bpflab(['explain', '-'], { stdin: '0: (95) exit\nprocessed 1 insns (limit 1000000) …\n' });
  expect(fine).toMatchObject({ status: 0, out: 'The log holds no complaint: the program was accepted.\n' });
  const none = await bpflab(['explain', '-'], { stdin: '\n' });
  expect(none.status).toBe(2);
  expect(none.err).toMatch(/standard input holds no complaint of the verifier/);
  const prose = await bpflab(['explain', '-'], { stdin: 'hello\nworld\n' });
  expect(prose).toMatchObject({ status: 2, out: '' });
  const unknown = await bpflab(['explain', '-'], { stdin: 'no such words\nprocessed 0 insns (limit 1000000) …\n' });
  expect(unknown.out).toMatch(/^BPF-E000: [\s\S]*no such words/);
});
