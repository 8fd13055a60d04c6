import { describe, expect, test } from 'vitest';
import type { Session } from '../../../src/debug/session/session.ts';
import type { BreakPlace, BreakSpec, Motion } from '../../../src/debug/session/types.ts';
import { fromHex } from '../../../src/util/hex.ts';
import { problemText } from '../../../src/util/problem.ts';
import { need, nodeSession, sessionOf } from './make.ts';

const GO: Motion = { kind: 'continue' };
const BACK: Motion = { kind: 'continue', back: true };
const STEP: Motion = { kind: 'step', unit: 'insn' };

const at = (s: Session): string => {
  const frame = s.frames()[0];
  return frame ? `${frame.func.name}:${frame.slot}` : '-';
};
const stop = (s: Session, motion: Motion): string => {
  const { reason, hits } = s.go(motion);
  return [reason, at(s), ...hits.map((h) => h.detail ?? `#${h.breakpoint}`)].join(' ');
};
const on = (s: Session, place: BreakPlace, more: Partial<BreakSpec> = {}) =>
  need(s.breakpoints.add({ place, ...more }));

const MAPS = `.map counts, type=hash, key=u32, value=u64, max_entries=8
.map jumps, type=prog_array, key=u32, value=u32, max_entries=2
.section license
.asciz "GPL"
.section "xdp"
main:
  r6 = r1
  *(u32 *)(r10 - 4) = 7
  *(u64 *)(r10 - 16) = 1
  r1 = counts ll
  r2 = r10
  r2 += -4
  r3 = r10
  r3 += -16
  r4 = 0
  call bpf_map_update_elem
  *(u32 *)(r10 - 4) = 9
  r1 = counts ll
  r2 = r10
  r2 += -4
  r3 = r10
  r3 += -16
  r4 = 0
  call bpf_map_update_elem
  r1 = counts ll
  r2 = r10
  r2 += -4
  call bpf_map_delete_elem
  r1 = r6
  r2 = jumps ll
  r3 = 1
  call bpf_tail_call
  r0 = XDP_PASS
  exit
`;

describe('stops', () => {
  test('helper calls, map updates and deletes of any and of one key', () => {
    const s = sessionOf(MAPS);
    const b = on(s, { kind: 'map', op: 'update', map: 'counts', key: fromHex('09000000')! });
    expect(stop(s, GO)).toBe('breakpoint main:19 bpf_map_update_elem');
    s.breakpoints.remove(b.number);
    on(s, { kind: 'map', op: 'any', map: 'counts' });
    expect(stop(s, BACK)).toBe('breakpoint main:10 bpf_map_update_elem');
    expect(stop(s, GO)).toBe('breakpoint main:19 bpf_map_update_elem');
    expect(stop(s, GO)).toBe('breakpoint main:24 bpf_map_delete_elem');
    on(s, need(s.place('call bpf_tail_call')));
    expect(stop(s, GO)).toBe('breakpoint main:29 #3');
    expect(stop(s, { kind: 'finish' })).toBe('step -');
    expect(s.results()[0]?.verdict).toBe('XDP_PASS');
  });

  test('verdicts, by name, at the insn that gives them; a temporary breakpoint once', () => {
    const s = nodeSession();
    on(s, { kind: 'verdict', name: 'TC_ACT_SHOT' }, { temporary: true });
    const first = s.go(GO);
    expect(first.hits).toEqual([{ breakpoint: 1, detail: 'tc_main: TC_ACT_SHOT' }]);
    expect(s.frames()[0]?.text).toBe('exit');
    expect(s.breakpoints.list).toEqual([]);
    const before = s.results().length;
    s.go(STEP);
    expect(s.results().length).toBe(before + 1);
    expect(s.results().at(-1)?.verdict).toBe('TC_ACT_SHOT');
    expect(s.go(GO).reason).toBe('end');
    expect(s.over).toBe(true);
  });

  test('packets: to the first insn of one, back and forth', () => {
    const s = nodeSession();
    const to = (number: number, back: boolean): Motion => ({ kind: 'until', place: { kind: 'packet', number }, back });
    s.go(to(10, false));
    expect(s.view().running?.number).toBe(10);
    expect(s.view().machine?.insns).toBe(0);
    s.go(to(3, true));
    expect(s.view().running?.number).toBe(3);
    expect(s.results().at(-1)?.number).toBe(2);
  });

  test('a fault stops before it happens; a step lets it happen, and the session goes on', () => {
    const s = sessionOf('.section "xdp"\n r0 = 0\n r1 = *(u32 *)(r0 + 4)\n exit', {
      packets: [{ bytes: new Uint8Array(64) }, { bytes: new Uint8Array(64) }],
    });
    expect(stop(s, GO)).toBe('fault xdp:1');
    expect(problemText(s.fault!)).toBe('4-byte read at address 0x4: page 0 is never accessible');
    expect(stop(s, GO)).toBe('fault xdp:1');
    expect(s.results().map((r) => r.verdict)).toEqual(['fault']);
    expect(stop(s, BACK)).toBe('fault xdp:1');
    expect(s.results()).toEqual([]);
    s.go(STEP);
    expect(s.frames()).toEqual([]);
    expect(s.results()[0]?.fault?.slot).toBe(1);
  });

  test('changes by the user belong to the history from then on', () => {
    const s = sessionOf('.section "xdp"\n r0 = 1\n r0 += 1\n r0 += 1\n exit');
    s.go({ ...STEP, count: 2 } as Motion);
    need(s.edit({ kind: 'register', depth: 0, reg: 0, value: 40n }));
    s.go(GO);
    expect(s.results()[0]?.retval).toBe(41);
    s.go({ kind: 'goto', tick: 1 });
    s.go(GO);
    expect(s.results()[0]?.retval).toBe(41);
    s.go({ kind: 'goto', tick: 2 });
    need(s.edit({ kind: 'register', depth: 0, reg: 0, value: 10n }));
    expect(s.edits.length).toBe(1);
    s.go(GO);
    expect(s.results()[0]?.retval).toBe(12);
    const wrong = s.edit({ kind: 'register', depth: 0, reg: 0, value: 1n });
    expect(wrong.ok).toBe(false);
  });

  test('callbacks of timers can be stepped through, too', () => {
    const text = `.struct slot {
  struct bpf_timer t
  u64 n
}
.map timers, type=array, key=u32, value=slot, max_entries=1
.section license
.asciz "GPL"
.section .text
.func tick(void *map, u32 *key, struct slot *value) -> int static
  r1 = *(u64 *)(r3 + 16)
  r1 += 1
  *(u64 *)(r3 + 16) = r1
  r0 = 0
  exit
.section "tc"
.func main(struct __sk_buff *ctx) -> int global
  *(u32 *)(r10 - 4) = 0
  r1 = timers ll
  r2 = r10
  r2 += -4
  call bpf_map_lookup_elem
  if r0 == 0 goto out
  r6 = r0
  r1 = r6
  r2 = timers ll
  r3 = CLOCK_MONOTONIC
  call bpf_timer_init
  r1 = r6
  r2 = tick ll
  call bpf_timer_set_callback
  r1 = r6
  r2 = 1000
  r3 = 0
  call bpf_timer_start
out:
  r0 = 0
  exit
`;
    const packets = [0n, 1_000_000n].map((timeNs) => ({ bytes: new Uint8Array(64), timeNs }));
    const s = sessionOf(text, { packets });
    on(s, need(s.place('tick')));
    expect(stop(s, GO)).toMatch(/^breakpoint tick:\d+ #1$/);
    expect(s.view().running).toBeUndefined();
    expect(s.go(STEP).reason).toBe('step');
    const { tick } = s;
    expect(s.go(GO).reason).toBe('end');
    s.go({ kind: 'goto', tick });
    expect(s.frames()[0]?.func.name).toBe('tick');
    expect(stop(s, BACK)).toMatch(/^breakpoint tick:\d+ #1$/);
  });

  test('log points are heard while a motion is at work, each text once', () => {
    const s = sessionOf('.section "xdp"\nmain:\n r6 = 200000\nloop:\n r6 -= 1\n if r6 != 0 goto loop\n r0 = 2\n exit');
    on(s, need(s.place('loop')), { condition: 'r6 % 50000 == 0', log: 'r6 is {r6}' });
    const run = s.move(GO);
    const early: string[] = [];
    let end = run.advance();
    for (; !end; end = run.advance()) early.push(...run.said());
    expect(early.length).toBeGreaterThan(0);
    const number = (line: string): string => /^r6 is (\d+)/.exec(line)?.[1] ?? line;
    expect([...early, ...end.log].map(number)).toEqual(['200000', '150000', '100000', '50000']);
  });

  test('what is not there is told with what there is', () => {
    const s = sessionOf(MAPS);
    const why = (text: string): string => {
      const place = s.place(text);
      return place.ok ? 'fine' : place.problems.map((p) => `${problemText(p)}`).join();
    };
    expect(why('nowhere')).toBe("there is no 'nowhere'");
    expect(why('*900')).toMatch(/^program main has no insn 900/);
    expect(why('call bpf_map_lookup')).toBe("no helper or kfunc 'bpf_map_lookup'");
    expect(why('update nomap')).toBe("no map 'nomap'");
    expect(why('test.bpf:9000')).toBe('there are no insns at or below line 9000 of test.bpf');
    expect(why('')).toBe('fine');
    expect(why('verdict XDP_MAYBE')).toBe("xdp programs have no verdict 'XDP_MAYBE'");
    expect(why('verdict XDP_DROP')).toBe('fine');
    expect(s.breakpoints.add({ place: { kind: 'watch', expr: '5' } }).ok).toBe(false);
    expect(s.breakpoints.add({ place: need(s.place('main')), log: 'r0 is {bogus}' }).ok).toBe(false);
    const hits = s.breakpoints.add({ place: need(s.place('main')), hits: 'often' });
    expect(hits.ok).toBe(false);
  });
});

test('a capture of short runs is passed in few slices, also with a condition on verdicts', () => {
  const packets = Array.from({ length: 2000 }, (_, i) => ({ bytes: new Uint8Array(i === 1999 ? 65 : 64) }));
  const s = sessionOf('.section "xdp"\n r6 = *(u32 *)(r1 + 4)\n r7 = *(u32 *)(r1 + 0)\n r6 -= r7\n r0 = 2\n exit', {
    packets,
  });
  const b = on(s, { kind: 'verdict' }, { condition: 'r6 == 65' });
  const run = s.move(GO);
  let slices = 1;
  while (!run.advance()) slices++;
  expect([s.stop.reason, s.view().running?.number, at(s)]).toEqual(['breakpoint', 2000, 'xdp:4']);
  expect(s.breakpoints.count(b.number)).toBe(1);
  // One for each beginning and end would be 4000.
  expect(slices).toBeLessThan(1000);
  // What is changed at the insn that ends the run counts for the condition.
  s.breakpoints.remove(b.number);
  on(s, { kind: 'verdict' }, { condition: 'r6 == 77' });
  expect(s.edit({ kind: 'register', depth: 0, reg: 6, value: 77n }).ok).toBe(true);
  s.go({ kind: 'step', unit: 'insn', back: true });
  expect(stop(s, GO)).toBe('breakpoint xdp:4 xdp: XDP_PASS');
});
