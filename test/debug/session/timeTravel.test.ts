import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Session } from '../../../src/debug/session/session.ts';
import type { Motion } from '../../../src/debug/session/types.ts';
import { Random } from '../../random.ts';
import { generate, requestOf } from '../../verifier/generate/program.ts';
import { fileInput, need, nodeSession, scenarioSession, sessionOf } from './make.ts';
import { stateOf } from './state.ts';

const BACK: Motion = { kind: 'step', unit: 'insn', back: true };
const STEP: Motion = { kind: 'step', unit: 'insn' };
/** The one text there that is no program. */
const MALFORMED = 'sk-storage-struct-star.bpf';

/** The states of a session step by step, by tick. */
function straight(session: Session, limit: number): Map<number, string> {
  const states = new Map([[session.tick, stateOf(session)]]);
  while (states.size < limit) {
    const stop = session.go(STEP);
    if (stop.reason === 'end') break;
    // The insn that faults has not happened; the next step lets it.
    states.set(session.tick, stateOf(session));
  }
  return states;
}

function expectSame(session: Session, states: ReadonlyMap<number, string>, how: string): void {
  const known = states.get(session.tick);
  if (known !== undefined) expect(stateOf(session), `${how} to tick ${session.tick}`).toBe(known);
}

const MOTIONS: readonly Motion[] = [
  STEP,
  BACK,
  { kind: 'step', unit: 'line', count: 3 },
  { kind: 'step', unit: 'line', back: true },
  { kind: 'next', unit: 'insn' },
  { kind: 'next', unit: 'insn', back: true },
  { kind: 'next', unit: 'line', back: true },
  { kind: 'finish' },
  { kind: 'finish', back: true },
  { kind: 'continue' },
  { kind: 'continue', back: true },
];

function walk(session: Session, states: ReadonlyMap<number, string>, random: Random, moves: number): void {
  const last = Math.max(...states.keys());
  for (let i = 0; i < moves; i++) {
    const motion: Motion = random.bool(0.3)
      ? { kind: 'goto', tick: session.first + random.below(last - session.first + 1) }
      : random.pick(MOTIONS);
    session.go(motion);
    expectSame(session, states, JSON.stringify(motion));
  }
}

describe('time travel', () => {
  test('N steps forward and N back: the same states, over random programs', () => {
    let ran = 0;
    for (let seed = 1; ran < 60; seed++) {
      const request = requestOf(generate(seed, seed % 2 === 0 ? 'tc' : 'xdp', true));
      if (!request) continue;
      const random = new Random(seed);
      const packets = [random.bytes(64), random.bytes(14 + random.below(80))].map((bytes) => ({ bytes }));
      const files = { programs: [], texts: {} };
      const opened = Session.open({ name: 'random', request, files, packets, progs: [], insnLimit: 20_000 });
      if (!opened.ok) continue;
      ran++;
      const session = opened.value;
      const states = straight(session, 400);
      for (let tick = Math.max(...states.keys()); tick > session.first; tick--) {
        session.go({ kind: 'goto', tick });
        expectSame(session, states, 'going');
        session.go(BACK);
        expectSame(session, states, 'stepping back');
      }
      need(session.breakpoints.add({ place: need(session.place(`*${random.below(3)}`)) }));
      walk(session, states, random, 30);
    }
  });

  test('random walks over the datapath of a node', () => {
    const session = nodeSession();
    const states = straight(session, 3000);
    expect(states.size).toBe(3000);
    need(session.breakpoints.add({ place: { kind: 'call', name: 'bpf_map_update_elem' } }));
    need(session.breakpoints.add({ place: { kind: 'packet' } }));
    walk(session, states, new Random(5), 150);
  });

  test('runs of every kind, repeated ones too', () => {
    const random = new Random(8);
    for (const dir of ['programs/hello', 'programs/node', 'programs/rejections']) {
      for (const file of readdirSync(dir).filter((f) => f.endsWith('.bpf') && f !== MALFORMED && random.bool(0.25))) {
        const packets = [64, 80].map((size) => ({ bytes: new Uint8Array(size) }));
        const input = { ...fileInput(`${dir}/${file}`), packets, repeat: 1 + random.below(3), insnLimit: 3000 };
        const bare = { ...input, packets: packets.map(() => ({ bytes: new Uint8Array() })) };
        const opened = Session.open(input);
        const session = opened.ok ? opened.value : need(Session.open(bare));
        walk(session, straight(session, 150), random, 20);
      }
    }
  });

  test('random walks over the life of a connection: namespaces, sockets, timers', () => {
    const session = scenarioSession();
    const states = straight(session, 2500);
    const last = Math.max(...states.keys());
    expect(session.over).toBe(true);
    expect(session.results().length).toBeGreaterThan(5);
    walk(session, states, new Random(9), 150);
    session.go({ kind: 'goto', tick: last });
    expectSame(session, states, 'going');
  });

  test('checkpoints far back: any moment of a long run equals straight execution', () => {
    const text = `.section "xdp"
 r6 = 300000
 r0 = 0
loop:
 *(u64 *)(r10 - 8) = r0
 r1 = *(u64 *)(r10 - 8)
 r1 *= 31
 r1 += r6
 r0 = r1
 r6 -= 1
 if r6 != 0 goto loop
 exit
`;
    const session = sessionOf(text);
    session.go({ kind: 'continue' });
    const random = new Random(3);
    for (let i = 0; i < 12; i++) {
      const tick = 1 + random.below(2_000_000);
      session.go({ kind: 'goto', tick });
      // A new session has no checkpoints ahead: it runs straight to the moment.
      const straightOn = sessionOf(text);
      straightOn.go({ kind: 'goto', tick });
      expect(stateOf(session)).toBe(stateOf(straightOn));
    }
  });
});
