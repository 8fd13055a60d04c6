import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scalarAlu } from '../../../src/verifier/insn/scalar.ts';
import { regBoundsSync } from '../../../src/verifier/value/bounds.ts';
import type { Reg } from '../../../src/verifier/value/reg.ts';
import { draft, UNKNOWN } from '../../../src/verifier/value/reg.ts';
import { smallAlu } from '../../../src/verifier/value/smallAlu.ts';

const number = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 0x7fff_ffff }));

/** Values as programs have them: a range, some known bits, all views in agreement. */
const values = fc.tuple(number, number, number, number).map(([a, b, value, mask]): Reg => {
  const d = draft(UNKNOWN);
  d.umin_value = BigInt(Math.min(a, b));
  d.umax_value = BigInt(Math.max(a, b));
  regBoundsSync(d);
  const tight = draft(d);
  tight.var_off = { value: BigInt(value & ~mask), mask: BigInt(mask) };
  regBoundsSync(tight);
  const agree = tight.umin_value <= tight.umax_value && tight.s32_min_value <= tight.s32_max_value;
  return agree ? tight : d;
});

describe('arithmetic on small values', () => {
  for (const op of ['add', 'sub', 'and', 'or', 'xor']) {
    it(`${op} comes out as the kernel’s rules make it`, () => {
      let taken = 0;
      fc.assert(
        fc.property(values, values, fc.boolean(), (a, b, alu32) => {
          const d = draft(a);
          if (!smallAlu(op, d, b)) {
            expect(d).toEqual(a);
            return;
          }
          taken++;
          expect(d).toEqual(scalarAlu(op, a, b, alu32, false));
        }),
        { numRuns: 5_000 },
      );
      expect(taken).toBeGreaterThan(op === 'sub' ? 50 : 500);
    });
  }
});
