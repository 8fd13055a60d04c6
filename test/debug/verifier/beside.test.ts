/** What the verifier knew, beside what runs hold: never a contradiction, and it says how much it knew. */
import { describe, expect, it } from 'vitest';
import type { Knowledge, KnownValue } from '../../../src/debug/verifier/beside.ts';
import { beside } from '../../../src/debug/verifier/beside.ts';
import { narrow } from '../../../src/debug/verifier/compare.ts';
import { Exploration } from '../../../src/debug/verifier/exploration.ts';
import type { Graph } from '../../../src/debug/verifier/graph.ts';
import { concreteOf } from '../../../src/debug/verifier/holds.ts';
import { begin, follow, type Position } from '../../../src/debug/verifier/position.ts';
import { Kernel } from '../../../src/kernel/kernel.ts';
import type { LoadRequest } from '../../../src/spec/request.ts';
import { generate, requestOf } from '../../verifier/generate/program.ts';
import { explore, follow as followRun, runs } from '../../verifier/soundness/follow.ts';
import { need, nodeSession } from '../session/make.ts';
import { CALLS, explored, made, PRUNED } from './make.ts';

interface Moment {
  readonly slot: number;
  readonly depth: number;
  readonly known: Knowledge;
}

/** A run of a request's first program, at every insn. */
function moments(request: LoadRequest, graph: Graph, data = new Uint8Array(64)): Moment[] {
  const kernel = need(Kernel.create({ seed: 1 }));
  const run = kernel.testRun(kernel.load(request).progs[0]!, { data });
  const machine = run.machine!;
  const ctx = machine.register(1);
  let position: Position = begin({ slot: machine.pc, depth: 0, graph });
  const out: Moment[] = [];
  for (;;) {
    const known = beside(position, concreteOf(machine, kernel.arena, ctx));
    out.push({ slot: machine.pc, depth: machine.depth, known });
    if (run.advance(1).state !== 'paused') return out;
    position = follow(position, { slot: machine.pc, depth: machine.depth, graph });
  }
}

const at = (all: readonly Moment[], slot: number): Moment => all.find((m) => m.slot === slot)!;
const value = ({ known }: Moment, place: string): KnownValue =>
  [...known.frames[0]!.registers, ...known.frames[0]!.stack].find((v) => v.place === place)!;

const PACKET = `
.section "tc"
 r6 = *(u32 *)(r1 + 76)
 r7 = *(u32 *)(r1 + 80)
 r8 = r6
 r8 += 14
 if r8 > r7 goto out
 r2 = *(u8 *)(r6 + 12)
 r3 = *(u32 *)(r1 + 0)
 r4 = r2
 r4 -= 1
 *(u64 *)(r10 - 8) = r2
 *(u32 *)(r10 - 16) = r3
 r0 = *(u8 *)(r6 + 13)
out:
 r0 = 0
 exit
`;

const LOOKUP = `
.map cells, type=array, key=4, value=8, max_entries=4
.section "tc"
 *(u32 *)(r10 - 4) = 1
 r2 = r10
 r2 += -4
 r1 = cells ll
 call bpf_map_lookup_elem
 if r0 == 0 goto out
 r0 = 0
out:
 exit
`;

describe('what the verifier knew', () => {
  it('is told as its log tells it, with how much it was', () => {
    const { request } = made(PACKET);
    const all = moments(request, explored(request).graph);
    expect(all.every((m) => m.known.status === 'followed')).toBe(true);
    const before = at(all, 4);
    expect(value(before, 'R8')).toMatchObject({ text: 'pkt(off=14,r=0)', mark: 'exact' });
    expect(value(before, 'R8').hints.join()).toMatch(/r=0/);
    expect(value(before, 'R7').text).toBe('pkt_end()');
    const end = at(all, 11);
    expect(value(end, 'R6')).toMatchObject({ text: 'pkt(r=14)', hints: [] });
    expect(value(end, 'R2')).toMatchObject({ mark: 'range' });
    expect(value(end, 'R2').text).toMatch(/^scalar\(id=\d+,smin=smin32=0,smax=umax=smax32=umax32=255/);
    expect(value(end, 'R4').hints.join()).toMatch(/negative/);
    expect(value(end, 'fp-8').mark).toBe('range');
    expect(value(end, 'R0')).toMatchObject({ text: '', mark: 'unknown' });
    expect(value(all.at(-1)!, 'R0')).toMatchObject({ text: '0', mark: 'exact', concrete: 0n });
  });

  it('says what may be NULL', () => {
    const { request } = made(LOOKUP);
    const all = moments(request, explored(request).graph);
    expect(value(at(all, 6), 'R0').text).toMatch(/^map_value_or_null/);
    expect(value(at(all, 6), 'R0').hints.join()).toMatch(/may be NULL/);
  });

  it('leaves in doubt what was not compared where a path was pruned, and only that', () => {
    // The path that does not jump is walked first, so nothing is pruned on it.
    const first = made(PRUNED).request;
    expect(moments(first, explored(first).graph).every((m) => m.known.status === 'followed')).toBe(true);
    const { request } = made(PRUNED.replace('r7 == 4', 'r7 != 4'));
    const second = moments(request, explored(request).graph);
    const beyond = second.filter((m) => m.known.status === 'pruned');
    expect(beyond.length).toBeGreaterThan(2);
    const outer = (m: Moment, place: string): KnownValue =>
      m.known.frames.at(-1)!.registers.find((r) => r.place === place)!;
    for (const m of beyond) {
      expect(m.known.text).toMatch(/^pruned into state \d+$/);
      expect(outer(m, 'R8').mark).toBe('pruned');
      expect(outer(m, 'R6').text).toBe('ctx()');
    }
    const result = beyond.find((m) => m.depth === 0 && value(m, 'R0').text === '0')!;
    expect(value(result, 'R0').mark).toBe('exact');
  });

  it('goes into callbacks and global functions, and out again', () => {
    const { request } = made(CALLS);
    const all = moments(request, explored(request).graph);
    expect(all.map((m) => m.known.status)).not.toContain('contradiction');
    expect(all.map((m) => m.known.status)).not.toContain('unexplored');
    const callback = all.find((m) => m.depth === 1)!;
    expect(callback.known.frames.map((f) => f.depth)).toEqual([1, 0]);
    expect(value(callback, 'R2').text).toMatch(/^fp\[0\]-8/);
    const global = all.findLast((m) => m.depth === 1)!;
    expect(global.known.frames).toHaveLength(2);
    expect(all.at(-1)).toMatchObject({ depth: 0, known: { status: expect.stringMatching(/followed|pruned/) } });
  });

  it('ends where a rejected program was not explored', () => {
    const { request } = made(PACKET.replace('r0 = *(u8 *)(r6 + 13)', 'r0 = *(u8 *)(r6 + 14)'));
    const all = moments(request, explored(request).graph);
    expect(at(all, 11).known.status).toBe('followed');
    expect(at(all, 12).known).toMatchObject({ status: 'unexplored', node: 0 });
  });

  it('is no contradiction in random programs with callbacks and global functions, and seldom in doubt', () => {
    let programs = 0;
    let beyond = 0;
    for (let seed = 1; programs < 25; seed++) {
      const generated = generate(seed, seed % 2 === 0 ? 'tc' : 'xdp');
      const request = generated.typed ? requestOf(generated) : undefined;
      const graph = request && explore(request, 5000);
      if (!request || !graph || !runs(request)) continue;
      programs++;
      const run = followRun(request, graph, seed, 1500);
      expect(run.violation, `seed ${seed}`).toBeUndefined();
      beyond += run.beyond;
    }
    expect(beyond).toBeGreaterThan(1000);
  });

  it('follows the demo of the datapath through its tail calls without a contradiction', () => {
    const session = nodeSession();
    const { timeline } = session.mover;
    const explorations = new Map<number, Graph>();
    session.symbols.progs.forEach(({ prog }, index) => {
      const exploration = need(Exploration.of(session.input.request, { index }));
      exploration.complete();
      explorations.set(prog.id, exploration.graph);
    });
    let position: Position | undefined;
    let began = -1;
    let compared = 0;
    let doubted = 0;
    let values = 0;
    while (compared < 6000) {
      const { machine } = timeline;
      if (machine) {
        const arrival = { slot: machine.pc, depth: machine.depth, graph: explorations.get(machine.prog.id) };
        position = position && began === timeline.began ? follow(position, arrival) : begin(arrival);
        began = timeline.began;
        const ctx = timeline.running?.run.context?.address;
        const concrete = concreteOf(machine, session.kernel.arena, ctx === undefined ? undefined : BigInt(ctx));
        const { why, position: next } = narrow(position, concrete);
        expect(why).toBeUndefined();
        expect(next.levels.at(-1)!.at.length).toBeGreaterThan(0);
        position = next;
        compared++;
        if (compared % 50 === 0) {
          for (const v of beside(position, concrete).frames.flatMap((f) => f.registers)) {
            if (v.text === '') continue;
            values++;
            expect(v.mark).not.toBe('contradiction');
            if (v.mark === 'pruned') doubted++;
          }
        }
      }
      if (timeline.step().kind === 'over') break;
    }
    expect(compared).toBeGreaterThan(3000);
    expect(doubted / values).toBeLessThan(0.2);
  });
});
