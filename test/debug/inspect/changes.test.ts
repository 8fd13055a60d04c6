import { describe, expect, test } from 'vitest';
import { capture } from '../../../src/debug/inspect/capture.ts';
import { changeLines, diffCaptures } from '../../../src/debug/inspect/changes.ts';
import type { Session } from '../../../src/debug/session/session.ts';
import type { Motion } from '../../../src/debug/session/types.ts';
import { goTo, node, standing } from './look.ts';

const STEP: Motion = { kind: 'step', unit: 'insn' };
const NEXT: Motion = { kind: 'next', unit: 'insn' };

/** What each of some moves changes, with the insn that did it. */
function trace(s: Session, moves: number, motion: Motion = NEXT): string[] {
  const lines: string[] = [];
  let before = capture(s.view());
  for (let i = 0; i < moves; i++) {
    const insn = s.frames()[0]?.text ?? '-';
    s.go(motion);
    const now = capture(s.view());
    lines.push(`${insn} | ${changeLines(diffCaptures(s.view(), before, now)).join(' | ')}`);
    before = now;
  }
  return lines;
}

describe('what one insn changes', () => {
  test('registers, parts of stack slots, the packet, the context', () => {
    const s = standing(`
      .section "tc"
        r6 = r1
      here:
        r2 = *(u32 *)(r6 + __sk_buff.data)
        *(u8 *)(r2 + 22) = 63
        r3 = -2
        *(u32 *)(r6 + __sk_buff.mark) = 5
        *(u16 *)(r10 - 6) = 7
        *(u64 *)(r10 - 16) = r2
        *(u64 *)(r10 - 16) = r10
        r3 = r10
        r3 = 0
        r0 = 0
        exit`);
    expect(trace(s, 11)).toEqual([
      'r2 = *(u32 *)(r6 +76) | R2 0 -> packet',
      '*(u8 *)(r2 +22) = 63 | packet+22 (ipv4.ttl) 64 -> 63',
      'r3 = -2 | R3 0 -> -2',
      '*(u32 *)(r6 +8) = 5 | ctx.mark 0 -> 5',
      '*(u16 *)(r10 -6) = 7 | fp-6 (u8) 0 -> 7',
      '*(u64 *)(r10 -16) = r2 | fp-16 0 -> packet',
      '*(u64 *)(r10 -16) = r10 | fp-16 packet -> fp',
      'r3 = r10 | R3 -2 -> fp',
      'r3 = 0 | R3 fp -> 0',
      'r0 = 0 | ',
      'exit | ',
    ]);
  });

  test('members of map values, elements that come and go', () => {
    const s = standing(`
      .struct val { u64 hits; be32 addr; u8 mac[6]; u16 pad }
      .map m, type=hash, key=u32, value=struct val, max_entries=4
      .map raw, type=percpu_array, key=4, value=4, max_entries=1
      .section "xdp"
        *(u32 *)(r10 - 4) = 3
        r6 = r10
        r6 += -4
        r7 = r10
        r7 += -64
        r1 = m ll
        r2 = r6
        r3 = r7
        r4 = 0
      here:
        call bpf_map_update_elem
        r1 = m ll
        r2 = r6
        call bpf_map_lookup_elem
        *(u64 *)(r0 + val.hits) = 9
        *(u32 *)(r0 + val.addr) = htonl(0x0a000001)
        *(u8 *)(r0 + val.mac + 5) = 1
        r1 = m ll
        r2 = r6
        call bpf_map_delete_elem
        *(u32 *)(r6 + 0) = 0
        r1 = raw ll
        r2 = r6
        call bpf_map_lookup_elem
        *(u16 *)(r0 + 1) = 513
        r0 = 0
        exit`);
    const of = (lines: readonly string[]): string[] => lines.filter((line) => /m\[|raw\[/.test(line));
    expect(of(trace(s, 15))).toEqual([
      'call bpf_map_update_elem#2 | + m[3] hits 0, addr 0.0.0.0, mac 00:00:00:00:00:00',
      'call bpf_map_lookup_elem#1 | R0 0 -> m[3]',
      '*(u64 *)(r0 +0) = 9 | m[3].hits 0 -> 9',
      '*(u32 *)(r0 +8) = 16777226 | m[3].addr 0.0.0.0 -> 10.0.0.1',
      '*(u8 *)(r0 +17) = 1 | m[3].mac 00:00:00:00:00:00 -> 00:00:00:00:00:01',
      'call bpf_map_delete_elem#3 | R0 m[3] -> 0 | - m[3] hits 9, addr 10.0.0.1, mac 00:00:00:00:00:01',
      'call bpf_map_lookup_elem#1 | R0 0 -> raw[0]@cpu0',
      '*(u16 *)(r0 +1) = 513 | raw[0][1:3] 0000 -> 0102',
    ]);
  });

  test('calls: frames that are entered and left, with what they leave behind', () => {
    const s = standing(`
      .section "xdp"
      main:
        r1 = 4
        r6 = 1
      here:
        call inner
        r0 += r6
        exit
      inner:
        r6 = 8
        *(u64 *)(r10 - 8) = 3
        r0 = r1
        exit`);
    expect(trace(s, 6, STEP)).toEqual([
      'call inner | entered inner',
      'r6 = 8 | R6 1 -> 8',
      '*(u64 *)(r10 -8) = 3 | fp-8 (u8) 0 -> 3',
      'r0 = r1 | R0 0 -> 4',
      'exit | left inner | R0 0 -> 4',
      'r0 += r6 | R0 4 -> 5',
    ]);
  });

  test('outputs, redirects, tail calls, the clock', () => {
    const s = standing(
      `
      .map calls, type=prog_array, key=u32, value=u32, max_entries=4, values=[1: second]
      .map events, type=perf_event_array, max_entries=4
      .section "tc"
      .func first(struct __sk_buff *ctx) -> int
        r6 = r1
      here:
        r2 = calls ll
        r3 = 1
        call bpf_tail_call
        exit
      .section "tc"
      .func second(struct __sk_buff *ctx) -> int
        r6 = r1
        *(u64 *)(r10 - 8) = 5
        r2 = events ll
        r3 = BPF_F_CURRENT_CPU ll
        r4 = r10
        r4 += -8
        r5 = 8
        call bpf_perf_event_output
        r1 = 1
        r2 = 0
        call bpf_redirect
        exit`,
      'here',
      {
        packets: [
          { bytes: new Uint8Array(64), timeNs: 0n },
          { bytes: new Uint8Array(64), timeNs: 1_500_000n },
        ],
        progs: ['first'],
      },
    );
    const lines = trace(s, 17).filter((line) => /^call|^exit|^-/.test(line) && !line.endsWith('| '));
    expect(lines).toEqual([
      'call bpf_tail_call#12 | left first | entered second',
      'call bpf_perf_event_output#25 | perf events cpu 0: 8 bytes: 05 00 00 00 00 00 00 00',
      'call bpf_redirect#23 | R0 0 -> 7 | + redirect to lo (ifindex 1)',
      '- | clock 1000 s -> 1000.0015 s | - redirect to lo (ifindex 1)',
    ]);
  });

  test('nothing where nothing changed, forwards and backwards the same', () => {
    const s = node('tc_main');
    s.go({ kind: 'goto', tick: 1107 });
    const a = capture(s.view());
    expect(diffCaptures(s.view(), a, capture(s.view()))).toEqual({ list: [], more: 0 });
    s.go(NEXT);
    const b = capture(s.view());
    const there = diffCaptures(s.view(), a, b).list;
    s.go({ ...NEXT, back: true });
    const back = diffCaptures(s.view(), b, capture(s.view())).list;
    const swapped = back
      .map(({ what, before, after }) => `${what} ${after} ${before}`)
      .filter((l) => !/left|entered/.test(l));
    const forward = there
      .map(({ what, before, after }) => `${what} ${before} ${after}`)
      .filter((l) => !/left|entered/.test(l));
    expect(swapped).toEqual(forward);
    expect(there.length).toBeGreaterThan(0);
  });

  test('bounded: the rest is counted', () => {
    const s = standing(`
      .map big, type=array, key=u32, value=u64, max_entries=600
      .section "xdp"
        r7 = 0
      here:
        r8 = 0
      again:
        *(u32 *)(r10 - 4) = r7
        *(u64 *)(r10 - 16) = 1
        r1 = big ll
        r2 = r10
        r2 += -4
        r3 = r10
        r3 += -16
        r4 = 0
        call bpf_map_update_elem
        r7 += 1
        if r7 != 600 goto again
      done:
        r0 = 0
        exit`);
    const a = capture(s.view());
    const view = goTo(s, 'done');
    const changes = diffCaptures(view, a, capture(view));
    expect(changes.list).toHaveLength(200);
    expect(changes.more).toBeGreaterThanOrEqual(400);
    expect(changeLines(changes).at(-1)).toBe(`(${changes.more} more changes)`);
    const few = capture(view, { elements: 100 });
    expect(few.skipped).toEqual(['big']);
    expect(capture(view, { bytes: 1000 }).skipped).toEqual(['big']);
  });
});

test('programs/lb: a reply from the service is translated back', () => {
  const s = node('tc_main');
  s.go({ kind: 'goto', tick: 1242 });
  expect(trace(s, 1)).toEqual([
    'call tc_lb4_rev_nat | R0 2 -> 0 | fp-40 (u16) 36895 -> 20480 | packet+24..25 (ipv4.check) 0x23a7 -> 0x2515 | packet+26..29 (ipv4.src) 10.0.2.30 -> 10.96.0.80 | packet+34..35 (tcp.sport) 8080 -> 80 | packet+50..51 (tcp.check) 0xd630 -> 0xf6de',
  ]);
});
