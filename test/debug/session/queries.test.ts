import { describe, expect, test } from 'vitest';
import { becameTrue, lastWrite, tailJumps } from '../../../src/debug/session/queries.ts';
import type { Session } from '../../../src/debug/session/session.ts';
import type { Motion } from '../../../src/debug/session/types.ts';
import type { Result } from '../../../src/util/problem.ts';
import { need, nodeSession, sessionOf } from './make.ts';
import { stateOf } from './state.ts';

const TEXT = `.section license
.asciz "GPL"
.section "xdp"
main:
  r6 = 1
  r1 = 7
  call add
  r7 = r0
  *(u64 *)(r10 - 8) = r7
  *(u64 *)(r10 - 8) = 3
  r0 = 2
  exit
add:
  r6 = r1
  r0 = 5
  r0 += r6
  exit
`;

function ask<T>(query: Result<Generator<undefined, T>>): T {
  const steps = need(query);
  for (;;) {
    const next = steps.next();
    if (next.done) return next.value;
  }
}

const who = (s: Session, expr: string): string => {
  const before = stateOf(s);
  const found = ask(lastWrite(s.mover, expr));
  expect(stateOf(s)).toBe(before);
  return found ? `${found.frame?.func.name}:${found.frame?.slot} ${found.detail}` : 'nobody';
};
const to = (s: Session, place: string): void => {
  s.go({ kind: 'until', place: need(s.place(place)) } as Motion);
};

describe('who wrote it', () => {
  test('registers: what a function returned is followed into it, arguments to the caller', () => {
    const s = sessionOf(TEXT);
    to(s, '*3');
    expect(who(s, 'r0')).toBe('add:10 0x5 -> 0xc');
    expect(who(s, 'r6')).toBe('main:0 0x0 -> 0x1');
    s.go({ kind: 'goto', tick: 1 });
    to(s, 'add');
    expect(who(s, 'r1')).toBe(`main:1 0x${ctxOf(s)} -> 0x7`);
    expect(who(s, 'r7')).toBe('nobody');
  });

  test('stack bytes and parts of them', () => {
    const s = sessionOf(TEXT);
    to(s, '*6');
    expect(who(s, 'fp-8')).toMatch(/^main:5 /);
    expect(who(s, 'fp-8:4')).toMatch(/^main:5 /);
    expect(who(s, 'fp-16')).toBe('nobody');
  });

  test('what names nothing that can be written is refused', () => {
    const s = sessionOf(TEXT);
    expect(lastWrite(s.mover, 'r1 + 1').ok).toBe(false);
    expect(lastWrite(s.mover, 'r1 +').ok).toBe(false);
    expect(becameTrue(s.mover, 'nothing == 1').ok).toBe(false);
  });
});

const ctxOf = (s: Session): string => s.view().running?.run.context?.address.toString(16) ?? '';

describe('when it became true', () => {
  test('the last time, at the insn that made it so', () => {
    const s = sessionOf(TEXT);
    to(s, '*6');
    const found = ask(becameTrue(s.mover, 'r7 == 12'));
    expect(found?.frame?.slot).toBe(3);
    expect(ask(becameTrue(s.mover, 'r7 == 99'))).toBeUndefined();
  });
});

describe('tail calls', () => {
  test('of the run at work, oldest first', () => {
    const s = nodeSession();
    s.go({ kind: 'until', place: { kind: 'packet', number: 2 } });
    s.go({ kind: 'finish' });
    s.go({ kind: 'step', unit: 'insn', back: true });
    const jumps = ask({ ok: true, value: tailJumps(s.mover) });
    const names = jumps.map((j) => s.symbols.prog(j.prog)?.name);
    expect(names).toEqual(['xdp_main', 'xdp_nodeport']);
    expect(s.view().machine?.tailCalls).toBe(2);
  });
});

test('registers of an earlier run of `repeat` are no answer', () => {
  const s = sessionOf('.section "xdp"\n r6 = 1\n r0 = 2\n exit', { repeat: 3 });
  s.go({ kind: 'goto', tick: 4 });
  expect(s.view().machine?.register(6)).toBe(0n);
  expect(s.lastWrite('r6')).toEqual({ ok: true, value: undefined });
  s.go({ kind: 'goto', tick: 5 });
  expect(s.lastWrite('r6')).toMatchObject({ ok: true, value: { tick: 4 } });
});
