import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { syncWide } from '../../../src/verifier/value/bounds.ts';
import type { Draft } from '../../../src/verifier/value/reg.ts';
import { draft, S64_MAX, S64_MIN, UNKNOWN } from '../../../src/verifier/value/reg.ts';
import { syncSmall } from '../../../src/verifier/value/small.ts';

const small = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 0x7fff_ffff }));
const u32 = fc.oneof(small, fc.constant(0), fc.constant(0xffff_ffff), fc.integer({ min: 0, max: 0xffff_ffff }));
const s32 = fc.oneof(small, fc.constant(-0x8000_0000), fc.constant(0x7fff_ffff), fc.integer());
const s64 = fc.oneof(small.map(BigInt), fc.constant(S64_MIN), fc.constant(S64_MAX), fc.integer().map(BigInt));
const u64 = fc.oneof(small.map(BigInt), fc.constant(0n));
const bits = fc.oneof(small.map(BigInt), fc.constant((1n << 64n) - 1n), fc.constant(0xffff_ffffn));

/** Views that need not agree. */
const drafts = fc
  .record({
    value: small,
    mask: bits,
    umin: u64,
    umax: u64,
    smin: s64,
    smax: s64,
    u: fc.tuple(u32, u32),
    s: fc.tuple(s32, s32),
  })
  .map(
    ({ value, mask, umin, umax, smin, smax, u, s }): Draft => ({
      ...draft(UNKNOWN),
      var_off: { value: BigInt(value) & ~mask, mask },
      umin_value: umin,
      umax_value: umax,
      smin_value: smin,
      smax_value: smax,
      u32_min_value: Math.min(...u),
      u32_max_value: Math.max(...u),
      s32_min_value: Math.min(...s),
      s32_max_value: Math.max(...s),
    }),
  );

describe('bounds of small values', () => {
  it('come out as the kernel’s steps make them', () => {
    let taken = 0;
    fc.assert(
      fc.property(drafts, (d) => {
        const [fast, slow] = [{ ...d }, { ...d }];
        if (!syncSmall(fast)) {
          expect(fast).toEqual(d);
          return;
        }
        taken++;
        syncWide(slow);
        expect(fast).toEqual(slow);
      }),
      { numRuns: 20_000 },
    );
    expect(taken).toBeGreaterThan(300);
  });
});
