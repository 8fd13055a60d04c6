import { describe, expect, test } from 'vitest';
import { Session } from '../../../src/debug/session/session.ts';
import type { TimedEdit } from '../../../src/debug/session/timeline.ts';
import type { Edit, Motion } from '../../../src/debug/session/types.ts';
import { LOWERED, STOP } from '../../../src/vm/executable.ts';
import { Random } from '../../random.ts';
import { inputOf, need, sessionOf } from './make.ts';
import { stateOf } from './state.ts';

const checkpoints = { spacing: 29, pages: 300 };

const TEXT = `.map counts, type=hash, key=u32, value=u64, max_entries=8
.section license
.asciz "GPL"
.section "tc"
main:
  r6 = 6
  r8 = r1
  *(u64 *)(r10 - 8) = 1
again:
  *(u32 *)(r10 - 12) = r6
  r1 = counts ll
  r2 = r10
  r2 += -12
  r3 = r10
  r3 += -8
  r4 = 0
  call bpf_map_update_elem
  r1 = *(u64 *)(r10 - 8)
  r2 = *(u32 *)(r8 + 8)
  r1 += r2
  call twice
  *(u64 *)(r10 - 8) = r0
  r6 += -1
  if r6 s> 0 goto again
  r0 = 0
  exit
twice:
  r0 = r1
  r0 += r1
  exit
`;

const PACKETS = [1, 2, 3].map((b) => ({ bytes: new Uint8Array(64).fill(b) }));
const open = (): Session => need(Session.open(inputOf(TEXT, { packets: PACKETS, insnLimit: 3000 }), { checkpoints }));

function randomEdit(random: Random, session: Session): Edit {
  const { machine, running } = session.view();
  const key = new Uint8Array([random.below(8), 0, 0, 0]);
  const value = random.bytes(8);
  const edits: Edit[] = [
    { kind: 'map-update', map: 'counts', key, value },
    { kind: 'map-delete', map: 'counts', key },
  ];
  if (machine) {
    const fp = Number(machine.register(10, 0));
    edits.push({
      kind: 'register',
      depth: random.below(machine.depth + 1),
      reg: random.pick([0, 1, 6]),
      value: BigInt(random.below(9)),
    });
    edits.push({ kind: 'memory', address: fp - 8, bytes: value });
    const ctx = running?.run.context?.address;
    if (ctx !== undefined) edits.push({ kind: 'ctx', address: ctx + 8, size: 4, value: BigInt(random.below(100)) });
  }
  return random.pick(edits);
}

const MOTIONS: readonly Motion[] = [
  { kind: 'step', unit: 'insn', count: 7 },
  { kind: 'step', unit: 'insn', back: true, count: 3 },
  { kind: 'next', unit: 'line' },
  { kind: 'next', unit: 'line', back: true },
  { kind: 'finish' },
  { kind: 'finish', back: true },
];

function randomMotion(random: Random, session: Session): Motion {
  return random.bool(0.4) ? { kind: 'goto', tick: session.first + random.below(600) } : random.pick(MOTIONS);
}

/** The state at a tick of a session that got these changes from the outset. */
function planned(edits: readonly TimedEdit[], tick: number): string {
  const session = open();
  session.plan(edits);
  session.go({ kind: 'goto', tick });
  expect(session.tick).toBe(tick);
  return stateOf(session);
}

describe('changes by the user', () => {
  test('are made again whenever their moments come, as in a session that got them from the outset', () => {
    for (let seed = 1; seed <= 12; seed++) {
      const random = new Random(seed);
      const session = open();
      for (let i = 0; i < 14; i++) {
        session.go(randomMotion(random, session));
        if (random.bool(0.5)) session.edit(randomEdit(random, session));
        expect(stateOf(session), `seed ${seed}, move ${i}`).toBe(planned(session.edits, session.tick));
        expect(session.edits.map((e) => e.tick)).toEqual([...session.edits.map((e) => e.tick)].sort((a, b) => a - b));
      }
    }
  });

  test('at the very first moment, too', () => {
    const session = open();
    need(session.edit({ kind: 'register', depth: 0, reg: 1, value: 5n }));
    need(session.edit({ kind: 'map-update', map: 'counts', key: new Uint8Array(4), value: new Uint8Array(8).fill(7) }));
    const first = stateOf(session);
    session.go({ kind: 'goto', tick: 100 });
    const later = stateOf(session);
    expect(planned(session.edits, session.first)).toBe(first);
    expect(planned(session.edits, 100)).toBe(later);
  });
});

function marked(session: Session): number {
  let stops = 0;
  for (const { executable } of session.kernel.world.progs) {
    for (let at = LOWERED.kind; at < executable.code.length; at += LOWERED.words) {
      if ((executable.code[at]! & STOP) !== 0) stops++;
    }
  }
  return stops;
}

const LONG = `
.section "xdp"
main:
  r6 = 0
again:
  r6 += 1
  *(u64 *)(r10 - 8) = r6
  r1 = r6
  call one
  if r6 != 400 goto again
  r0 = 2
  exit
one:
  r0 = r1
  exit
`;

describe('pauses', () => {
  test('in the middle of every motion: a moment of the run, no stops left, and it goes on', () => {
    const packets = [1, 2].map(() => ({ bytes: new Uint8Array(64) }));
    const input = inputOf(LONG, { packets });
    const straight = need(Session.open(input));
    const states = new Map<number, string>();
    const stateAt = (tick: number): string => {
      const known = states.get(tick);
      if (known !== undefined) return known;
      straight.go({ kind: 'goto', tick });
      states.set(tick, stateOf(straight));
      return stateAt(tick);
    };
    const random = new Random(4);
    const session = need(Session.open(input, { checkpoints }));
    need(session.breakpoints.add({ place: { kind: 'watch', expr: 'fp-8' }, condition: 'r6 == 4000' }));
    need(session.breakpoints.add({ place: need(session.place('one')), condition: 'r1 % 100 == 99' }));
    const motions: Motion[] = [
      { kind: 'continue' },
      { kind: 'continue', back: true },
      { kind: 'step', unit: 'insn', count: 2000 },
      { kind: 'step', unit: 'insn', count: 2000, back: true },
      { kind: 'next', unit: 'line', count: 900 },
      { kind: 'next', unit: 'line', count: 50, back: true },
      { kind: 'finish' },
      { kind: 'finish', back: true },
      { kind: 'until', place: { kind: 'packet', number: 2 } },
      { kind: 'until', place: { kind: 'packet', number: 1 }, back: true },
    ];
    let paused = 0;
    for (let i = 0; i < 150; i++) {
      const motion: Motion = random.bool(0.2) ? { kind: 'goto', tick: 1 + random.below(4800) } : random.pick(motions);
      const run = session.move(motion);
      for (let slices = random.below(40); slices > 0; slices--) if (run.advance(1)) break;
      const stop = run.pause();
      if (stop.reason === 'pause') paused++;
      expect(stop.tick).toBe(session.tick);
      expect(session.tick).toBeGreaterThanOrEqual(session.first);
      expect(marked(session)).toBe(0);
      expect(stateOf(session), JSON.stringify(motion)).toBe(stateAt(session.tick));
    }
    expect(paused).toBeGreaterThan(20);
  });
});

describe('what is kept of the past', () => {
  const pages = 2000;
  const WALK = `.map table, type=array, key=u32, value=u8[4096], max_entries=1500
.section "xdp"
main:
  r7 = 2
round:
  r6 = 0
again:
  *(u32 *)(r10 - 4) = r6
  r1 = table ll
  r2 = r10
  r2 += -4
  call bpf_map_lookup_elem
  if r0 == 0 goto out
  *(u64 *)(r0 + 8) = r7
  r6 += 1
  if r6 != 1500 goto again
  r7 += -1
  if r7 != 0 goto round
out:
  r0 = 2
  exit
`;

  test('a program that dirties much memory: within the budget, and every moment can be reached', () => {
    const session = need(Session.open(inputOf(WALK), { checkpoints: { spacing: 512, pages } }));
    session.go({ kind: 'continue' });
    const { timeline } = session.mover;
    const last = session.tick;
    expect(last).toBeGreaterThan(25_000);
    expect(timeline.kept.pages).toBeLessThanOrEqual(pages);
    expect(timeline.kept.pages).toBeGreaterThan(0);
    const random = new Random(2);
    const straight = need(Session.open(inputOf(WALK)));
    const ticks = Array.from({ length: 12 }, () => 1 + random.below(last));
    const wanted = new Map(
      [...ticks]
        .sort((a, b) => a - b)
        .map((tick) => {
          straight.go({ kind: 'goto', tick });
          return [tick, stateOf(straight)];
        }),
    );
    for (const tick of ticks) {
      session.go({ kind: 'goto', tick });
      expect(stateOf(session)).toBe(wanted.get(tick));
      expect(timeline.kept.pages).toBeLessThanOrEqual(pages);
    }
  });

  test('10,000 packets', () => {
    const packets = Array.from({ length: 10_000 }, () => ({ bytes: new Uint8Array(64) }));
    const session = sessionOf('.section "xdp"\n r0 = 1\n r0 += 1\n exit', { packets });
    expect(session.go({ kind: 'continue' }).reason).toBe('end');
    expect(session.results().length).toBe(10_000);
    expect(session.mover.timeline.kept.count).toBeLessThan(50);
    session.go({ kind: 'until', place: { kind: 'packet', number: 3 }, back: true });
    expect(session.results().length).toBe(2);
  });
});
