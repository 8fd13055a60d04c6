import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowNamed } from '../../src/isa/opcodes.ts';
import { branchTaken, refine, reverse } from '../../src/verifier/insn/branch.ts';
import { scalarAlu } from '../../src/verifier/insn/scalar.ts';
import { signExtend64 } from '../../src/verifier/insn/signExtend.ts';
import { coerceRegToSize, maxBig, minBig, regBoundsSync } from '../../src/verifier/value/bounds.ts';
import { holdsNumber } from '../../src/verifier/value/holds.ts';
import { draft, knownScalar, type Reg, UNKNOWN } from '../../src/verifier/value/reg.ts';
import { tnumMul, tnumRange } from '../../src/verifier/value/tnum.ts';

const U64 = (v: bigint): bigint => BigInt.asUintN(64, v);

const edges = [0n, 1n, 0x7fn, 0x80n, 0xffn, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 1n << 63n, (1n << 64n) - 1n];
const number = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  fc.constantFrom(...edges),
  fc.bigInt({ min: 0n, max: 300n }),
);

/** A number and an abstract value that holds it: some bits unknown, some bounds known. */
const abstracted = fc
  .record({
    v: number,
    mask: number,
    below: fc.bigInt({ min: 0n, max: 1000n }),
    above: fc.bigInt({ min: 0n, max: 1000n }),
    view: fc.nat(3),
  })
  .map(({ v, mask, below, above, view }) => {
    const d = draft(UNKNOWN);
    d.var_off = { value: v & ~mask, mask };
    const s = BigInt.asIntN(64, v);
    if (view === 1) {
      d.umin_value = v > below ? v - below : 0n;
      d.umax_value = minBig(v + above, U64(-1n));
    } else if (view === 2) {
      d.smin_value = maxBig(s - below, -(1n << 63n));
      d.smax_value = minBig(s + above, (1n << 63n) - 1n);
    } else if (view === 3) {
      const s32 = Number(BigInt.asIntN(32, v));
      d.s32_min_value = Math.max(s32 - Number(below), -0x8000_0000);
      d.s32_max_value = Math.min(s32 + Number(above), 0x7fff_ffff);
    }
    regBoundsSync(d);
    return { v, r: d as Reg };
  });

const RUNS = { numRuns: 1500 };

describe('abstract values hold every concrete one', () => {
  it('after the bounds have learned from each other', () => {
    fc.assert(
      fc.property(abstracted, ({ v, r }) => holdsNumber(r, v)),
      RUNS,
    );
  });

  for (const width of [64, 32] as const) {
    for (const op of ['add', 'sub', 'mul', 'and', 'or', 'xor', 'div', 'mod']) {
      it(`${op}${width}`, () => {
        const row = rowNamed(`${op}${width}_reg`);
        if (row.kind !== 'alu') throw new Error(row.name);
        fc.assert(
          fc.property(abstracted, abstracted, (a, b) =>
            holdsNumber(scalarAlu(op, a.r, b.r, width === 32), row.eval(a.v, b.v)),
          ),
          RUNS,
        );
      });
    }
    for (const op of ['lsh', 'rsh', 'arsh']) {
      it(`${op}${width} by a constant`, () => {
        const row = rowNamed(`${op}${width}_imm`);
        if (row.kind !== 'alu') throw new Error(row.name);
        fc.assert(
          fc.property(abstracted, fc.nat(width - 1), (a, n) =>
            holdsNumber(scalarAlu(op, a.r, knownScalar(BigInt(n)), width === 32), row.eval(a.v, BigInt(n))),
          ),
          RUNS,
        );
      });
    }
  }

  it('cut and sign-extended', () => {
    fc.assert(
      fc.property(abstracted, fc.constantFrom(1, 2, 4), ({ v, r }, size) => {
        const [cut, extended] = [draft(r), draft(r)];
        coerceRegToSize(cut, size);
        signExtend64(extended, size as 1 | 2 | 4);
        return holdsNumber(cut, BigInt.asUintN(size * 8, v)) && holdsNumber(extended, U64(BigInt.asIntN(size * 8, v)));
      }),
      RUNS,
    );
  });

  for (const width of [64, 32] as const) {
    for (const op of ['jeq', 'jne', 'jset', 'jgt', 'jge', 'jlt', 'jle', 'jsgt', 'jsge', 'jslt', 'jsle']) {
      it(`${op}${width}: decided rightly, and in the branch that is taken`, () => {
        const row = rowNamed(`${op}${width}_reg`);
        if (row.kind !== 'jump') throw new Error(row.name);
        fc.assert(
          fc.property(abstracted, abstracted, (a, b) => {
            const jumps = row.eval(a.v, b.v);
            const taken = branchTaken(a.r, b.r, op, width === 32);
            if (taken >= 0) return taken === (jumps ? 1 : 0);
            const [x, y] = [draft(a.r), draft(b.r)];
            refine(x, y, jumps ? op : reverse(op), width === 32);
            regBoundsSync(x);
            regBoundsSync(y);
            return holdsNumber(x, a.v) && holdsNumber(y, b.v);
          }),
          RUNS,
        );
      });
    }
  }
});

describe('the property can fail', () => {
  it('a bound that is one too low is noticed', () => {
    const wrong = { ...UNKNOWN, umax_value: 9n };
    expect(holdsNumber(wrong, 10n)).toBe(false);
    expect(holdsNumber(wrong, 9n)).toBe(true);
  });
});

describe('tnum', () => {
  it('multiplies all members of small sets', () => {
    const a = tnumRange(4n, 7n);
    const b = tnumRange(0n, 3n);
    const product = tnumMul(a, b);
    for (const x of [4n, 5n, 6n, 7n]) {
      for (const y of [0n, 1n, 2n, 3n]) expect((x * y) & ~product.mask).toBe(product.value);
    }
  });
});
