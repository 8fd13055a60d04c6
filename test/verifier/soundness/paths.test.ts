/** Accepted random programs hold, wherever they are, what the verifier said they may hold. */
import { describe, expect, it, vi } from 'vitest';
import type * as Scalar from '../../../src/verifier/insn/scalar.ts';
import { generate, requestOf } from '../generate/program.ts';
import { explore, follow, runs } from './follow.ts';

const PROGRAMS = 100;
const INPUTS = 2;
const MAX_INSNS = 5000;

/** What is wrong with the rule for AND, while the mutant is on. */
const mutant = vi.hoisted(() => ({ on: false }));

vi.mock('../../../src/verifier/insn/scalar.ts', async (original) => {
  const real = await original<typeof Scalar>();
  return {
    ...real,
    scalarAlu: (...args: Parameters<typeof Scalar.scalarAlu>) => {
      const r = real.scalarAlu(...args);
      if (!mutant.on || args[0] !== 'and' || r.umin_value === r.umax_value) return r;
      return { ...r, umax_value: r.umin_value + (r.umax_value - r.umin_value) / 2n };
    },
  };
});

/** All violations, or with `first` the first one. */
function violations(first = false): { programs: number; beyond: number; found: string[] } {
  const found: string[] = [];
  let programs = 0;
  let beyond = 0;
  for (let seed = 1; programs < PROGRAMS && !(first && found.length > 0); seed++) {
    const request = requestOf(generate(seed, seed % 2 === 0 ? 'tc' : 'xdp', true));
    const root = request && explore(request, MAX_INSNS);
    if (!request || !root || !runs(request)) continue;
    programs++;
    for (let i = 0; i < INPUTS; i++) {
      const run = follow(request, root, seed * INPUTS + i, MAX_INSNS);
      beyond += run.beyond;
      if (run.violation !== undefined) found.push(`seed ${seed}: ${run.violation}`);
    }
  }
  return { programs, beyond, found };
}

describe('soundness along paths', () => {
  it('no value is outside, through pruned paths too', () => {
    const { found, beyond } = violations();
    expect(found).toEqual([]);
    expect(beyond).toBeGreaterThan(100);
  });

  it('a wrong bound in one rule is noticed', () => {
    mutant.on = true;
    const { found } = violations(true);
    mutant.on = false;
    expect(found.length).toBeGreaterThan(0);
    expect(found[0]).toMatch(/R\d|fp-/);
  });
});
