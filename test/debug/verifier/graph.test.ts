/** The exploration as a graph says what the verification did, and changes nothing of it. */
import { describe, expect, it } from 'vitest';
import type { Graph } from '../../../src/debug/verifier/graph.ts';
import { pruneReasons } from '../../../src/debug/verifier/reasons.ts';
import { verify } from '../../../src/verifier/api.ts';
import { requestOf as programRequest } from '../../programs/assembleFile.ts';
import { generate, requestOf } from '../../verifier/generate/program.ts';
import { CALLS, explored, LOOP, made, PRUNED, sessionOf } from './make.ts';

const LB = programRequest('lb/tc.bpf');

/** What is true of every graph. */
function wrongWith(graph: Graph): string | undefined {
  let next = 1;
  for (let i = 0; i < graph.pathCount; i++) {
    const { first, last, parent } = graph.path(i);
    if (first !== next || last < first) return `path ${i} is ${first}..${last}, not from ${next}`;
    if (parent >= first) return `path ${i} begins at a later node`;
    for (let n = first + 1; n <= last; n++) if (graph.parent(n) !== n - 1) return `node ${n} does not follow ${n - 1}`;
    next = last + 1;
  }
  if (next !== graph.count + 1) return 'nodes are on no path';
  for (let n = 1; n <= graph.count; n++) {
    if (graph.frames(n).length === 0) return `node ${n} has no state`;
    for (const c of graph.children(n)) if (graph.parent(c) !== n) return `${c} is no child of ${n}`;
    const prune = graph.prune(n);
    if (!prune) continue;
    if (!graph.remembers(prune.into) || graph.slot(prune.into) !== graph.slot(n))
      return `${n} is pruned into ${prune.into}`;
    if (graph.children(n).length > 0) return `${n} is pruned and goes on`;
  }
  return undefined;
}

describe('the graph of an exploration', () => {
  it('has a node for each insn that counts, and every path ends', () => {
    for (const index of LB.progs!.keys()) {
      const { graph, verification } = explored(LB, { index });
      expect(verification?.verdict).toBe('accept');
      expect(graph.count).toBe(verification?.insns);
      expect(wrongWith(graph)).toBeUndefined();
      for (let i = 0; i < graph.pathCount; i++) expect(['exit', 'pruned']).toContain(graph.path(i).end);
      expect(graph.waiting).toEqual([]);
      expect(graph.rememberedCount).toBe(verification?.stats.total_states);
    }
  });

  it('changes no verdict, whatever the program', () => {
    let rejected = 0;
    for (let seed = 1; seed <= 120; seed++) {
      const request = requestOf(generate(seed));
      const plain = request && verify(request, { logLevel: 1, insnLimit: 20_000 });
      if (!request || !plain?.ok) continue;
      const { graph, verification } = explored(request, { insnLimit: 20_000 });
      expect(verification?.verdict).toBe(plain.value[0]!.verification.verdict);
      expect(verification?.stats).toEqual(plain.value[0]!.verification.stats);
      expect(wrongWith(graph)).toBeUndefined();
      if (verification?.verdict !== 'reject') continue;
      rejected++;
      expect(verification.log).toBe(plain.value[0]!.verification.log);
      if (graph.path(graph.pathCount - 1)?.end === 'rejected') {
        const slot = graph.slot(graph.count);
        const wide = graph.insns[slot]?.row?.kind === 'ld_imm64' ? [slot, slot + 1] : [slot];
        expect(wide).toContain(verification.insn);
      }
    }
    expect(rejected).toBeGreaterThan(20);
  });

  it('is the same in slices of any size', () => {
    const { request } = made(CALLS);
    const whole = explored(request).graph;
    const { exploration } = sessionOf(CALLS);
    expect(exploration.graph.count).toBe(whole.count);
    for (let n = 1; n <= whole.count; n++) {
      expect(exploration.graph.slot(n)).toBe(whole.slot(n));
      expect(exploration.graph.parent(n)).toBe(whole.parent(n));
    }
  });

  it('stops storing at its limit, and counts on', () => {
    const whole = explored(LB, { index: 1 });
    const part = explored(LB, { index: 1, nodes: 500 });
    expect(part.graph.count).toBe(500);
    expect(part.graph.full).toBe(true);
    expect(part.graph.complete).toBe(false);
    expect(part.graph.processed).toBe(whole.graph.processed);
    expect(part.verification?.stats).toEqual(whole.verification?.stats);
    expect(wrongWith(part.graph)).toBeUndefined();
    for (let slot = 0; slot < part.size; slot++) expect(part.graph.visits(slot)).toBe(whole.graph.visits(slot));
  });

  it('shares what an insn does not change', () => {
    const { graph } = explored(LB, { index: 1 });
    let shared = 0;
    for (let n = 2; n <= graph.count; n++) {
      const [a, b] = [graph.frames(n - 1)[0]!, graph.frames(n)[0]!];
      if (a.stack === b.stack) shared++;
    }
    expect(shared / graph.count).toBeGreaterThan(0.5);
  });

  it('knows functions, callbacks and global functions that are walked on their own', () => {
    const { graph, verification } = explored(made(CALLS).request);
    expect(verification?.verdict).toBe('accept');
    expect(graph.roots.map((r) => r.subprog > 0)).toEqual([false, true]);
    const callbacks = [...Array(graph.count).keys()].filter((n) => graph.frames(n + 1).at(-1)?.in_callback_fn);
    expect(callbacks.length).toBeGreaterThan(4);
  });

  it('says what of a remembered state mattered', () => {
    const { graph } = explored(made(PRUNED).request);
    const pruned = [...Array(graph.count).keys()].map((n) => n + 1).filter((n) => graph.prune(n));
    expect(pruned).toHaveLength(1);
    const { into, how, old } = graph.prune(pruned[0]!)!;
    const reasons = pruneReasons(old, graph.frames(pruned[0]!), how, graph.frames(into));
    const r8 = reasons.find((r) => r.place === 'R8' && r.frame === 0)!;
    expect(r8).toMatchObject({ asked: 'not read', old: '5' });
    expect(r8.now).toMatch(/^scalar/);
  });

  it('has the branches that nobody walked when the program was rejected', () => {
    const { graph } = explored(made(LOOP).request);
    expect(graph.path(0).end).toBe('rejected');
    expect(graph.waiting.length).toBeGreaterThan(0);
  });
});
