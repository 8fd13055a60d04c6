import { expect, test } from 'vitest';
import { explainRejection } from '../../src/explain/index.ts';
import { verifyRequest } from '../../src/verifier/answer.ts';
import { load } from './examples.ts';

/** The causal path of a program that our verifier rejects, each step as `slot kind what`. */
function causes(text: string): string[] {
  const { object, request } = load(text, 'test');
  const { verdict, log } = verifyRequest(request, 2);
  expect(verdict).toBe('reject');
  const e = explainRejection({ log: log!, source: { program: object.programs[0]!, fileText: () => text }, request })!;
  return e.causalPath.map((s) => `${s.slot} ${s.kind} ${s.what.replace(/\(.*\)/, '()')}`);
}

test('a value that went through the stack', () => {
  expect(
    causes(`.section "tc"
    r6 = *(u32 *)(r1 + 8)
    *(u64 *)(r10 - 8) = r6
    r7 = *(u64 *)(r10 - 8)
    if r7 > 5 goto out
    r8 = r7
    r0 = *(u8 *)(r8 + 0)
out:
    r0 = 0
    exit`),
  ).toEqual([
    '0 origin R6 is loaded from the context: scalar()',
    '1 move R6 is saved to fp-8',
    '2 move R7 is loaded back from the stack: scalar()',
    '3 branch the jump is not taken, R7 is scalar()',
    '4 move R7 is copied to R8: scalar()',
  ]);
});

test('a packet pointer that a helper ended', () => {
  expect(
    causes(`.section "tc"
    r6 = r1
    r7 = *(u32 *)(r1 + 76)
    r2 = 14
    call bpf_skb_pull_data
    r0 = *(u8 *)(r7 + 0)
    exit`),
  ).toEqual([
    '1 origin R7 is loaded from the context: pkt()',
    '3 end bpf_skb_pull_data may move the packet: the packet pointer in R7 became unusable',
  ]);
});

test('a register that a call took away', () => {
  expect(
    causes(`.section "tc"
    r2 = 5
    call bpf_get_prandom_u32
    r0 = r2
    exit`),
  ).toEqual(['1 end the call of bpf_get_prandom_u32 made R2 unreadable']);
});

test('a pointer whose object was released', () => {
  const steps = causes(`.map ring, type=ringbuf, max_entries=4096
.section "tc"
    r1 = ring ll
    r2 = 16
    r3 = 0
    call bpf_ringbuf_reserve
    if r0 == 0 goto out
    r6 = r0
    r1 = r0
    r2 = 0
    call bpf_ringbuf_submit
    r0 = *(u64 *)(r6 + 0)
out:
    r0 = 0
    exit`);
  expect(steps).toContain('9 end bpf_ringbuf_submit released the object: every copy of the pointer became unusable');
  expect(steps[0]).toBe('4 origin R0 is what bpf_ringbuf_reserve returned: ringbuf_mem_or_null()');
});

test('arguments and answers of subprograms', () => {
  expect(
    causes(`.section "tc"
main:
    r1 = *(u32 *)(r1 + 8)
    call inner
    exit
inner:
    r0 = *(u8 *)(r1 + 0)
    exit`),
  ).toEqual(['0 origin R1 is loaded from the context: scalar()', '1 move R1 is passed to the function']);
  expect(
    causes(`.section "tc"
main:
    call inner
    r0 = *(u8 *)(r0 + 0)
    exit
inner:
    r0 = 7
    exit`),
  ).toEqual(['3 origin R0 is set: 7', '4 move the function returns R0']);
});

test('a branch that was put aside goes on from its jump, and only the path that failed is told', () => {
  const steps = causes(`.section "tc"
    r6 = *(u32 *)(r1 + 8)
    r7 = 1
    if r6 > 3 goto far
    r7 = 2
    r0 = 0
    exit
far:
    r0 = *(u8 *)(r7 + 0)
    exit`);
  expect(steps).toEqual(['1 origin R7 is set: 1', '2 branch the jump is taken']);
});
