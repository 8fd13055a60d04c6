/** Moving over the exploration, in both directions. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { VerifierMotion } from '../../../src/debug/verifier/motions.ts';
import type { VerifierSession } from '../../../src/debug/verifier/session.ts';
import { rejectionRequest, rejections } from '../../programs/rejections.ts';
import { generate, requestOf } from '../../verifier/generate/program.ts';
import { CALLS, LOOP, opened, PRUNED, sessionOf } from './make.ts';

function go(session: VerifierSession, motion: VerifierMotion): number {
  const stop = session.move(motion);
  return stop.ok ? stop.value.node : -1;
}

const slotsOf = (session: VerifierSession, nodes: readonly number[]): number[] =>
  nodes.map((n) => session.graph.slot(n));

describe('a session over the exploration', () => {
  it('comes back to where it was after as many steps', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 }),
        fc.nat(60),
        fc.array(fc.nat(30), { maxLength: 6 }),
        (seed, from, walk) => {
          const request = requestOf(generate(seed));
          if (!request) return;
          const session = opened(request, undefined, { insnLimit: 3000 });
          if (session.node === 0) return;
          go(session, { kind: 'step', count: from });
          for (const count of walk) {
            const before = session.node;
            const there = go(session, { kind: 'step', count });
            expect(there).toBe(Math.min(before + count, session.graph.count));
            if (there === before + count) {
              go(session, { kind: 'step', count, back: true });
              expect(session.node).toBe(before);
            }
            for (const kind of ['branch', 'prune', 'path'] as const) {
              const start = session.node;
              const next = session.move({ kind });
              if (next.ok && next.value.reason === 'moved') {
                expect(next.value.node).toBeGreaterThan(start);
                const back = session.move({ kind, back: true });
                const moved = back.ok && back.value.reason === 'moved';
                expect(session.node).toBeLessThanOrEqual(moved ? start : next.value.node);
              }
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('goes over calls, out of them, and back to them', () => {
    const session = sessionOf(CALLS);
    const { graph } = session;
    const inside = [...Array(graph.count).keys()].map((n) => n + 1).find((n) => graph.depth(n) === 1)!;
    go(session, { kind: 'goto', node: inside });
    const call = go(session, { kind: 'finish', back: true });
    expect(graph.depth(call)).toBe(0);
    expect(session.listing.text(graph.slot(call))).toMatch(/^call bpf_loop/);
    go(session, { kind: 'goto', node: inside });
    const out = go(session, { kind: 'finish' });
    expect(graph.depth(out)).toBe(0);
    const plain = sessionOf(PRUNED);
    const calls = [...Array(plain.graph.count).keys()].map((n) => n + 1).filter((n) => plain.graph.depth(n) === 1);
    go(plain, { kind: 'goto', node: calls[0]! - 1 });
    const over = go(plain, { kind: 'next' });
    expect(plain.graph.slot(over)).toBe(plain.graph.slot(calls[0]! - 1) + 1);
    expect(go(plain, { kind: 'next', back: true })).toBe(calls[0]! - 1);
  });

  it('finds branches, pruned paths and the states that cover them', () => {
    const session = sessionOf(PRUNED);
    const branch = go(session, { kind: 'branch' });
    expect(session.graph.children(branch)).toHaveLength(2);
    const other = go(session, { kind: 'child', number: 2 });
    expect(session.graph.parent(other)).toBe(branch);
    const pruned = go(session, { kind: 'prune' });
    expect(session.pathEnd).toEqual({ end: 'pruned', node: pruned });
    const covering = go(session, { kind: 'covering' });
    expect(session.graph.slot(covering)).toBe(session.graph.slot(pruned));
    expect(covering).toBeLessThan(pruned);
    expect(session.move({ kind: 'covering' }).ok).toBe(false);
    expect(session.move({ kind: 'child', number: 9 }).ok).toBe(false);
    expect(session.move({ kind: 'rejection' }).ok).toBe(false);
  });

  it('visits an insn round by round, and stops at breakpoints', () => {
    const session = sessionOf(LOOP);
    const loop = session.listing.place('loop', 0);
    if (!loop.ok) throw new Error('no loop');
    const { slots } = loop.value;
    const third = go(session, { kind: 'visit', slots, number: 3 });
    expect(session.graph.nodesAt(slots[0]!)[2]).toBe(third);
    const fourth = go(session, { kind: 'visit', slots, number: 'next' });
    expect(go(session, { kind: 'visit', slots, number: 'previous' })).toBe(third);
    expect(session.addBreakpoint('loop+1').ok).toBe(true);
    const stop = session.move({ kind: 'continue' });
    expect(stop).toMatchObject({ ok: true, value: { reason: 'breakpoint', breakpoint: 1, node: third + 1 } });
    expect(go(session, { kind: 'continue' })).toBe(fourth + 1);
    expect(go(session, { kind: 'continue', back: true })).toBe(third + 1);
    expect(session.removeBreakpoint(1)).toBe(true);
    expect(session.removeBreakpoint(1)).toBe(false);
    expect(session.move({ kind: 'continue' })).toMatchObject({ value: { reason: 'end', node: session.graph.count } });
    expect(session.addBreakpoint('prog.bpf:8')).toMatchObject({ ok: true });
    expect(session.addBreakpoint('prog.bpf:99').ok).toBe(false);
    expect(session.addBreakpoint('*7000').ok).toBe(false);
    expect(session.addBreakpoint('lop')).toMatchObject({
      ok: false,
      problems: [{ args: { hint: "did you mean 'loop'?" } }],
    });
  });

  it('walks back along the cause of every rejection', () => {
    let with_path = 0;
    let steps = 0;
    for (const rejection of rejections().filter((r) => r.expect === 'reject')) {
      const request = rejectionRequest(rejection);
      if (typeof request === 'string') throw new Error(request);
      const session = opened(request, undefined, { insnLimit: 20_000 });
      const { verification } = session.exploration;
      if (verification?.verdict !== 'reject') continue;
      const { cause } = session;
      if (session.rejection === 0) continue;
      expect(cause, rejection.name).toBeDefined();
      with_path++;
      const stop = session.move({ kind: 'rejection' });
      expect(stop.ok, rejection.name).toBe(true);
      const { slot } = session;
      const wide = session.graph.insns[slot]?.row?.kind === 'ld_imm64' ? [slot, slot + 1] : [slot];
      expect(wide, rejection.name).toContain(verification.insn);
      const ancestors = session.graph.ancestors(session.node);
      const nodes = cause!.steps.map((s) => s.node);
      steps += nodes.length;
      expect(nodes, rejection.name).not.toContain(0);
      expect(nodes).toEqual([...nodes].sort((a, b) => a - b));
      for (const n of nodes) expect(ancestors).toContain(n);
      expect(slotsOf(session, nodes)).toEqual(cause!.steps.map((s) => s.slot));
    }
    expect(with_path).toBeGreaterThan(100);
    expect(steps).toBeGreaterThan(200);
  });

  it('says so where nothing was walked, and where storing stopped before the rejection', () => {
    const none = sessionOf('.section "xdp"\n goto main\nmain:\n r0 = 0\n r0 = 1\n');
    expect(none.node).toBe(0);
    expect(none.move({ kind: 'step' }).ok).toBe(false);
    const short = sessionOf(LOOP, { nodes: 10 });
    expect(short.move({ kind: 'rejection' })).toMatchObject({ ok: false, problems: [{ code: 'debug.not-stored' }] });
    expect(short.cause?.node).toBe(0);
    expect(short.cause?.steps.every((s) => s.node === 0)).toBe(true);
  });
});
