import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OPCODES } from '../../src/isa/opcodes.ts';
import type { AluRow, AtomicRow, JumpRow } from '../../src/isa/rows.ts';
import { hiHalf, joinHalves, loHalf } from '../../src/util/bits.ts';
import { alu, atomic, byteOrder, jump } from './reference.ts';

const EDGES = [0n, 1n, 2n, 7n, 31n, 32n, 63n, 64n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0x8000n, 0x7fff_ffffn, 0x8000_0000n]
  .concat([0xffff_ffffn, 1n << 32n, (1n << 53n) - 1n, 1n << 53n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n])
  .concat([(1n << 64n) - 2n, 0xffff_ffff_8000_0000n, 0x1_0000_0001n, 0x0123_4567_89ab_cdefn]);
const value = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  fc.constantFrom(...EDGES),
  fc.nat(100).map(BigInt),
);
const NUM_RUNS = { numRuns: 400, examples: EDGES.flatMap((a) => EDGES.map((b): [bigint, bigint] => [a, b])) };

function referenceOf(row: AluRow): (dst: bigint, src: bigint) => bigint {
  const order = /^(le|be|bswap)(\d+)$/.exec(row.name);
  if (order) return (dst) => byteOrder(order[1] as 'le', Number(order[2]), dst);
  const movsx = /^(movsx\d+)_(\d+)$/.exec(row.name);
  const name = movsx ? movsx[1]! : row.name.replace(/(32|64).*$/, '');
  return (dst, src) => alu(name, row.width, dst, src);
}

function executed(row: AluRow, dst: bigint, src: bigint): bigint {
  const r = new Int32Array([0, 0, loHalf(dst), hiHalf(dst)]);
  row.exec(r, 2, loHalf(src), hiHalf(src));
  return joinHalves(r[2]!, r[3]!);
}

describe('arithmetic', () => {
  const rows = OPCODES.filter((row) => row.kind === 'alu');
  it.each(rows.map((row) => [row.name, row] as const))('%s', (_, row) => {
    const reference = referenceOf(row);
    fc.assert(
      fc.property(value, value, (dst, src) => {
        const wanted = reference(dst, src);
        expect(row.eval(dst, src)).toBe(wanted);
        expect(executed(row, dst, src)).toBe(wanted);
      }),
      NUM_RUNS,
    );
  });
});

describe('jumps', () => {
  const rows = OPCODES.filter((row): row is JumpRow => row.kind === 'jump');
  it.each(rows.map((row) => [row.name, row] as const))('%s', (_, row) => {
    const op = row.name.replace(/(32|64)_.*$/, '');
    fc.assert(
      fc.property(value, fc.option(value), (dst, other) => {
        const src = other ?? dst;
        const wanted = jump(op, row.width, dst, src);
        expect(row.eval(dst, src)).toBe(wanted);
        expect(row.exec(loHalf(dst), hiHalf(dst), loHalf(src), hiHalf(src))).toBe(wanted);
      }),
      NUM_RUNS,
    );
  });
});

describe('atomics', () => {
  const rows = OPCODES.filter((row): row is AtomicRow => row.kind === 'atomic');
  it.each(rows.map((row) => [row.name, row] as const))('%s', (_, row) => {
    const bits = row.size === 4 ? 32 : 64;
    const cut = (v: bigint): bigint => v & ((1n << BigInt(bits)) - 1n);
    fc.assert(
      fc.property(value, value, fc.option(value), (old, src, other) => {
        const r0 = other ?? old;
        const wanted = atomic(row.op, bits, old, src, r0);
        expect(row.eval(old, src, r0)).toBe(wanted);
        const r = new Int32Array([loHalf(cut(old)), hiHalf(cut(old))]);
        row.exec(r, 0, loHalf(cut(src)), hiHalf(cut(src)), loHalf(cut(r0)), hiHalf(cut(r0)));
        expect(cut(joinHalves(r[0]!, r[1]!))).toBe(wanted);
      }),
      { numRuns: 400 },
    );
  });
});
