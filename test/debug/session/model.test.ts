import { describe, expect, test } from 'vitest';
import type { SessionInput } from '../../../src/debug/session/input.ts';
import { becameTrue, lastWrite, type Query } from '../../../src/debug/session/queries.ts';
import { Session } from '../../../src/debug/session/session.ts';
import type { BreakPlace, Motion } from '../../../src/debug/session/types.ts';
import type { Result } from '../../../src/util/problem.ts';
import { LOWERED, STOP } from '../../../src/vm/executable.ts';
import { Random } from '../../random.ts';
import { generate, requestOf } from '../../verifier/generate/program.ts';
import { inputOf, need, nodeSession } from './make.ts';
import { Model, type Trace, traceOf } from './model.ts';
import { stateOf } from './state.ts';

/** Small, so that short runs meet many checkpoints. */
const checkpoints = { spacing: 37, pages: 400 };

const HITS = [
  ['3', (n: number) => n >= 3],
  ['== 2', (n: number) => n === 2],
  ['% 2', (n: number) => n % 2 === 0],
] as const;

/** A place, as a random choice among what the trace holds. */
function somewhere(random: Random, session: Session, trace: Trace): BreakPlace {
  const { at } = random.pick(trace.entries.filter((e) => e.at));
  const map = session.kernel.world.maps[0]?.name;
  const places: (BreakPlace | undefined)[] = [
    { kind: 'insn', at: [{ prog: at!.prog, slot: at!.slot }], text: 'insn' },
    { kind: 'insn', at: [{ prog: at!.prog, slot: at!.slot }], text: 'insn' },
    at!.callee === undefined ? undefined : { kind: 'call', name: at!.callee },
    { kind: 'tail-call' },
    map === undefined ? undefined : { kind: 'map', op: random.pick(['any', 'update', 'delete'] as const), map },
    { kind: 'watch', expr: `r${random.below(10)}` },
    session.view().machine && { kind: 'watch', expr: `fp-${random.pick([8, 16])}` },
    { kind: 'fault' },
    { kind: 'verdict' },
    { kind: 'packet', ...(random.bool(0.5) && { number: 2 }) },
  ];
  return random.pick(places.filter((p) => p !== undefined));
}

function addBreak(random: Random, session: Session, model: Model): void {
  const { trace } = model;
  const place = somewhere(random, session, trace);
  const { at } = random.pick(trace.entries.filter((e) => e.at));
  const reg = random.below(10);
  const condition = random.bool(0.3) ? { reg, value: at!.regs[at!.depth]![reg]! } : undefined;
  const hits = random.bool(0.2) ? random.pick(HITS) : undefined;
  const temporary = random.bool(0.2);
  const breakpoint = need(
    session.breakpoints.add({
      place,
      temporary,
      ...(condition && { condition: `r${reg} == ${condition.value}` }),
      ...(hits && { hits: hits[0] }),
    }),
  );
  model.breaks.push({
    number: breakpoint.number,
    place,
    ...model.pin(place),
    ...(place.kind === 'map' && { map: session.kernel.map(place.map)!.address }),
    ...(condition && { condition }),
    ...(hits && { hits: hits[1] }),
    temporary,
    enabled: true,
    count: 0,
  });
}

function changeBreaks(random: Random, session: Session, model: Model): void {
  if (model.breaks.length < 4 && random.bool(0.25)) addBreak(random, session, model);
  if (model.breaks.length === 0 || !random.bool(0.2)) return;
  const b = random.pick(model.breaks);
  if (random.bool(0.5)) {
    b.enabled = !b.enabled;
    session.breakpoints.enable(b.number, b.enabled);
  } else {
    model.breaks = model.breaks.filter((o) => o !== b);
    session.breakpoints.remove(b.number);
  }
}

function someMotion(random: Random, session: Session, model: Model): Motion {
  const back = random.bool(0.5);
  const { first } = model.trace;
  return random.weighted<Motion>([
    [
      6,
      () => ({
        kind: random.pick(['step', 'next'] as const),
        unit: random.pick(['insn', 'line'] as const),
        count: random.pick([1, 1, 1, 2, 5]),
        back,
      }),
    ],
    [2, () => ({ kind: 'finish', back })],
    [3, () => ({ kind: 'continue', back, ...(!back && random.bool(0.2) && { here: true }) })],
    [
      1,
      () => {
        const place = somewhere(random, session, model.trace);
        return place.kind === 'map' ? { kind: 'finish', back } : { kind: 'until', place, back };
      },
    ],
    [2, () => ({ kind: 'goto', tick: first + random.below(model.last - first + 3) })],
  ]);
}

function ask(query: Result<Query>): number | undefined {
  const steps = need(query);
  for (;;) {
    const next = steps.next();
    if (next.done) return next.value?.tick;
  }
}

/** Kinds of insns that carry a stop. */
function marked(session: Session): number {
  let stops = 0;
  for (const { executable } of session.kernel.world.progs) {
    for (let at = LOWERED.kind; at < executable.code.length; at += LOWERED.words) {
      if ((executable.code[at]! & STOP) !== 0) stops++;
    }
  }
  return stops;
}

function walk(session: Session, model: Model, random: Random, moves: number, name: string): void {
  const said: string[] = [];
  for (let i = 0; i < moves; i++) {
    changeBreaks(random, session, model);
    const motion = someMotion(random, session, model);
    const breaks = model.breaks.map(({ number, place, condition, enabled, count }) =>
      [number, place, condition && `r${condition.reg} == ${condition.value}`, enabled, count]
        .map((v) => JSON.stringify(v))
        .join(' '),
    );
    said.push(`${JSON.stringify(motion)} from ${model.tick}`);
    const wanted = model.go(motion);
    const { reason, tick, hits } = session.go(motion);
    const got = { reason, tick, hits: hits.map((h) => h.breakpoint).sort((a, b) => a - b) };
    const how = `${name}\n${breaks.join('\n')}\n${said.slice(-4).join('\n')}`;
    expect(got, how).toEqual(wanted);
    expect(stateOf(session), how).toBe(model.entry(tick).state);
    expect(marked(session)).toBe(0);
  }
}

function walked(input: SessionInput, seed: number, moves: number, limit = 800): boolean {
  const opened = Session.open(input);
  const trace = opened.ok ? traceOf(opened.value, limit) : undefined;
  if (!trace || trace.entries.length < 10) return false;
  const session = need(Session.open(input, { checkpoints }));
  walk(session, new Model(trace), new Random(seed), moves, `seed ${seed}`);
  return true;
}

const RECURSIVE = `
.section "xdp"
main:
  r6 = 3
again:
  r1 = 5
  call down
  r6 += -1
  if r6 != 0 goto again
  r0 = 2
  exit
down:
  *(u64 *)(r10 - 8) = r1
  if r1 s<= 0 goto bottom
  r1 += -1
  call down
  r1 = *(u64 *)(r10 - 8)
  r0 += r1
  exit
bottom:
  r0 = 1
  exit
`;

const FAULTS = `
.section "xdp"
main:
  r6 = r1
  r7 = *(u32 *)(r6 + 0)
  r2 = *(u32 *)(r6 + 4)
  r0 = r7
  r0 += 14
  if r0 > r2 goto out
  r3 = *(u8 *)(r7 + 0)
  r1 = r3
  call reads
out:
  r0 = 2
  exit
reads:
  *(u64 *)(r10 - 8) = r1
  if r1 == 0 goto fine
  r0 = *(u64 *)(r1 + 8)
fine:
  r0 = 1
  exit
`;

const CALLBACKS = `.struct slot {
  struct bpf_timer t
  u64 n
}
.map timers, type=array, key=u32, value=slot, max_entries=2
.map jumps, type=prog_array, key=u32, value=u32, max_entries=2
.section license
.asciz "GPL"
.section .text
.func tick(void *map, u32 *key, struct slot *value) -> int static
  r1 = *(u64 *)(r3 + 16)
  r1 += 1
  *(u64 *)(r3 + 16) = r1
  r0 = 0
  exit
.func each(u32 index, void *ctx) -> int static
  *(u64 *)(r10 - 8) = r1
  r0 = *(u64 *)(r10 - 8)
  r0 = 0
  exit
.func start(u32 index) -> int static
  *(u32 *)(r10 - 4) = r1
  r1 = timers ll
  r2 = r10
  r2 += -4
  call bpf_map_lookup_elem
  if r0 == 0 goto none
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
none:
  r0 = 0
  exit
.section "tc"
.func main(struct __sk_buff *ctx) -> int global
  r7 = r1
  r1 = 0
  call start
  r1 = 1
  call start
  r1 = 3
  r2 = each ll
  r3 = 0
  r4 = 0
  call bpf_loop
  r1 = r7
  r2 = jumps ll
  r3 = 1
  call bpf_tail_call
  r0 = 0
  exit
`;

describe('a session stops where a naive walk over its trace does', () => {
  test('recursion, three packets and repeated runs', () => {
    const packets = [1, 2, 3].map(() => ({ bytes: new Uint8Array(64) }));
    for (let seed = 1; seed <= 12; seed++) expect(walked(inputOf(RECURSIVE, { packets }), seed, 40)).toBe(true);
    for (let seed = 1; seed <= 5; seed++) {
      expect(walked(inputOf(RECURSIVE, { packets: packets.slice(1), repeat: 2 }), seed, 40)).toBe(true);
    }
  });

  test('faults in the middle', () => {
    const packets = [0, 1, 0, 2].map((b) => ({ bytes: new Uint8Array(64).fill(b) }));
    for (let seed = 1; seed <= 15; seed++) expect(walked(inputOf(FAULTS, { packets }), seed, 40)).toBe(true);
  });

  test('callbacks of loops and timers between packets', () => {
    const packets = [0n, 1_000_000n, 2_000_000n].map((timeNs) => ({ bytes: new Uint8Array(64), timeNs }));
    for (let seed = 1; seed <= 12; seed++) expect(walked(inputOf(CALLBACKS, { packets }), seed, 40)).toBe(true);
  });

  test('random programs', () => {
    let ran = 0;
    for (let seed = 1; ran < 40; seed++) {
      const request = requestOf(generate(seed, seed % 2 === 0 ? 'tc' : 'xdp', seed % 3 === 0));
      if (!request) continue;
      const random = new Random(seed);
      const packets = [0, 1, 2].map((i) => ({
        bytes: random.bytes(64 + random.below(30)),
        timeNs: BigInt(i) * 10n ** 9n,
      }));
      const files = { programs: [], texts: {} };
      if (walked({ name: 'random', request, files, packets, progs: [], insnLimit: 5000 }, seed, 30)) ran++;
    }
  });

  test('who wrote it and when it became true', () => {
    const packets = [1n, 2n].map((n) => ({ bytes: new Uint8Array(64), timeNs: n * 1_000_000n }));
    for (const text of [RECURSIVE, CALLBACKS]) {
      const input = inputOf(text, { packets });
      const trace = traceOf(need(Session.open(input)), 800)!;
      const session = need(Session.open(input, { checkpoints }));
      const model = new Model(trace);
      const random = new Random(7);
      let found = 0;
      for (let i = 0; i < 120; i++) {
        const { tick, at } = random.pick(trace.entries.filter((e) => e.at));
        session.go({ kind: 'goto', tick });
        model.go({ kind: 'goto', tick });
        const reg = random.below(10);
        const how = `r${reg} at ${tick}`;
        expect(ask(lastWrite(session.mover, `r${reg}`)), how).toBe(model.wroteRegister(tick, reg));
        expect(ask(lastWrite(session.mover, 'fp-8'))).toBe(model.wroteStack(tick, 8));
        const value = random.pick(trace.entries.filter((e) => e.at)).at!.regs[0]![reg]!;
        const when = model.becameTrue(tick, { reg, value });
        expect(ask(becameTrue(session.mover, `r${reg} == ${value}`)), `${how} == ${value}`).toBe(when);
        if (when !== undefined) found++;
        expect(stateOf(session)).toBe(model.entry(tick).state);
        expect(at?.slot).toBe(session.frames()[0]?.slot);
      }
      expect(found).toBeGreaterThan(20);
    }
  });

  test('the datapath of a node', () => {
    const { input } = nodeSession();
    const few = { ...input, packets: input.packets.slice(0, 4) };
    for (let seed = 1; seed <= 2; seed++) expect(walked(few, seed, 60, 6000)).toBe(true);
  });
});
