import { describe, expect, test } from 'vitest';
import type { Explanation } from '../../src/explain/index.ts';
import { explainRejection } from '../../src/explain/index.ts';
import { Kernel } from '../../src/kernel/kernel.ts';
import { fromHex } from '../../src/util/hex.ts';
import { verifyRequest } from '../../src/verifier/answer.ts';
import { load } from './examples.ts';

function explained(text: string): Explanation {
  const { request } = load(text, 'test');
  return explainRejection({ log: verifyRequest(request, 1).log!, request })!;
}

/** Where a run of the program on the packet faults. */
function faultOf(text: string, packet: string): number | undefined {
  const made = Kernel.create();
  if (!made.ok) throw new Error('no kernel');
  const { request } = load(text, 'test');
  const run = made.value.testRun(made.value.load(request).progs[0]!, { data: fromHex(packet)! });
  const status = run.finish();
  return status.state === 'fault' ? status.problem.at.insn : undefined;
}

/** Reads the IPv4 header's options behind checks of EtherType and header length. */
const OPTIONS = `.section "xdp"
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 34
    if r4 > r3 goto pass
    r5 = *(u16 *)(r2 + 12)
    if r5 != 0x8 goto pass
    r5 = *(u8 *)(r2 + 23)
    if r5 != 17 goto pass
    r0 = *(u16 *)(r2 + 36)
pass:
    r0 = 2
    exit`;

describe('inputs that get to the fault', () => {
  test('a packet as short as the check lets through, with the fields that the branches want', () => {
    const e = explained(OPTIONS);
    expect(e.id).toBe('BPF-E021');
    const { packet, fault } = e.counterexample!;
    expect(packet.length).toBe(2 * 34);
    expect(packet.slice(24, 28)).toBe('0800');
    expect(packet.slice(46, 48)).toBe('11');
    expect(fault).toMatch(/2-byte read at packet\+36/);
    expect(faultOf(OPTIONS, packet)).toBe(e.at!.slot);
  });

  test('an index from the packet, as large as its branch allows', () => {
    const text = `.map cells, type=array, key=4, value=16, max_entries=1
.section "xdp"
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 14
    if r4 > r3 goto pass
    r6 = *(u8 *)(r2 + 3)
    if r6 > 20 goto pass
    *(u32 *)(r10 - 4) = 0
    r2 = r10
    r2 += -4
    r1 = cells ll
    call bpf_map_lookup_elem
    if r0 == 0 goto pass
    r0 += r6
    r0 = *(u8 *)(r0 + 0)
pass:
    r0 = 2
    exit`;
    const e = explained(text);
    expect(e.counterexample).toMatchObject({ packet: '00000014'.padEnd(28, '0') });
    expect(faultOf(text, e.counterexample!.packet)).toBe(e.at!.slot);
  });

  test('a map without the key, and one with it', () => {
    const lookup = `.map counts, type=hash, key=4, value=8, max_entries=8
.section "xdp"
    *(u32 *)(r10 - 4) = 7
    r2 = r10
    r2 += -4
    r1 = counts ll
    call bpf_map_lookup_elem`;
    expect(explained(`${lookup}\nr0 = *(u64 *)(r0 + 0)\nexit`).counterexample).toMatchObject({ entries: [] });
    const far = explained(`${lookup}\nif r0 == 0 goto out\nr0 = *(u64 *)(r0 + 4)\nout:\nr0 = 2\nexit`);
    expect(far.counterexample).toMatchObject({ entries: ['map counts has an entry under 07000000'] });
    expect(far.counterexample!.text).toContain('when map counts has an entry under 07000000');
  });

  test('none where every packet has the bytes: the verifier is right to ask, no packet faults', () => {
    const e = explained('.section "xdp"\nr2 = *(u32 *)(r1 + 0)\nr0 = *(u8 *)(r2 + 0)\nr0 = 2\nexit');
    expect(e.id).toBe('BPF-E020');
    expect(e.counterexample).toBeUndefined();
  });

  test('the same question gets the same answer', () => {
    expect(explained(OPTIONS)).toEqual(explained(OPTIONS));
  });
});
