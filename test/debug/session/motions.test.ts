import { describe, expect, test } from 'vitest';
import type { Session } from '../../../src/debug/session/session.ts';
import type { Motion } from '../../../src/debug/session/types.ts';
import { need, sessionOf } from './make.ts';

const TEXT = `
.section "xdp"
main:
  r6 = 0
  r7 = 3
again:
  r1 = r7
  call double
  r6 += r0
  r7 += -1
  if r7 != 0 goto again
  r0 = r6
  exit
double:
  r0 = r1
  r0 += r1
  exit
`;

const at = (s: Session): string => {
  const frame = s.frames()[0];
  return frame ? `${frame.func.name}:${frame.slot}@${s.tick}` : `-@${s.tick}`;
};
const go = (s: Session, motion: Motion): string => `${s.go(motion).reason} ${at(s)}`;
const STEP: Motion = { kind: 'step', unit: 'insn' };
const NEXT: Motion = { kind: 'next', unit: 'insn' };
const back = (m: Motion): Motion => ({ ...m, back: true }) as Motion;

describe('steps', () => {
  test('into, over and out, and the same backwards', () => {
    const s = sessionOf(TEXT);
    expect(at(s)).toBe('main:0@1');
    expect(go(s, { ...STEP, count: 3 } as Motion)).toBe('step main:3@4');
    expect(go(s, STEP)).toBe('step double:9@5');
    expect(go(s, { kind: 'finish' })).toBe('step main:4@8');
    expect(go(s, back(STEP))).toBe('step double:11@7');
    expect(go(s, { kind: 'finish', back: true })).toBe('step main:3@4');
    expect(go(s, NEXT)).toBe('step main:4@8');
    expect(go(s, back(NEXT))).toBe('step main:3@4');
    expect(go(s, { kind: 'finish' })).toBe('step -@29');
    expect(s.results().map((r) => r.verdict)).toEqual(['12']);
    expect(go(s, STEP)).toBe('end -@29');
    expect(go(s, { kind: 'finish', back: true })).toBe('step main:0@1');
    expect(go(s, back(STEP))).toBe('start main:0@1');
  });

  test('breakpoints, with conditions and hit counts, forwards and backwards', () => {
    const s = sessionOf(TEXT);
    const b = need(s.breakpoints.add({ place: need(s.place('double')) }));
    const c: Motion = { kind: 'continue' };
    expect(go(s, c)).toBe('breakpoint double:9@5');
    expect(go(s, c)).toBe('breakpoint double:9@13');
    expect(go(s, c)).toBe('breakpoint double:9@21');
    expect(go(s, c)).toBe('end -@29');
    expect(go(s, back(c))).toBe('breakpoint double:9@21');
    expect(go(s, back(c))).toBe('breakpoint double:9@13');
    s.breakpoints.remove(b.number);
    expect(go(s, back(c))).toBe('start main:0@1');
    need(s.breakpoints.add({ place: need(s.place('*4')), condition: 'r7 == 2' }));
    expect(go(s, c)).toBe('breakpoint main:4@16');
    expect(go(s, c)).toBe('end -@29');
    expect(go(s, { kind: 'goto', tick: 3 })).toBe('goto main:2@3');
    need(s.breakpoints.add({ place: need(s.place('double')), hits: '== 2' }));
    expect(go(s, c)).toBe('breakpoint double:9@13');
  });

  test('watches stop behind the write going forwards, at it going backwards', () => {
    const s = sessionOf(TEXT);
    need(s.breakpoints.add({ place: { kind: 'watch', expr: 'r6' } }));
    const c: Motion = { kind: 'continue' };
    expect(go(s, c)).toBe('breakpoint main:1@2');
    expect(go(s, c)).toBe('breakpoint main:5@9');
    expect(s.stop.hits).toEqual([{ breakpoint: 1, detail: '0 -> 6' }]);
    expect(go(s, c)).toBe('breakpoint main:5@17');
    expect(go(s, back(c))).toBe('breakpoint main:4@16');
    expect(go(s, back(c))).toBe('breakpoint main:4@8');
    expect(go(s, back(c))).toBe('breakpoint main:0@1');
    expect(go(s, back(c))).toBe('start main:0@1');
  });
});
