/** Ranges of values, and what operations make of them. */
import type { Insn } from '../../src/isa/insn.ts';

/** Unsigned 64-bit values from `lo` to `hi`. */
export interface Range {
  readonly lo: bigint;
  readonly hi: bigint;
  /** Where it is known that there are gaps: the parts, from the lowest on. */
  readonly parts?: readonly Range[];
}

/** Parts of one range that are told apart. */
const MOST_PARTS = 8;

export const partsOf = (range: Range): readonly Range[] => range.parts ?? [range];

/** The range of values that lie in one of the parts. */
export function rangeOf(parts: readonly Range[]): Range {
  const sorted = [...parts].sort((a, b) => (a.lo < b.lo ? -1 : a.lo > b.lo ? 1 : 0));
  const merged: Range[] = [];
  for (const { lo, hi } of sorted) {
    const last = merged.at(-1);
    if (last && lo <= last.hi + 1n) merged[merged.length - 1] = { lo: last.lo, hi: last.hi > hi ? last.hi : hi };
    else merged.push({ lo, hi });
  }
  const hull = { lo: merged[0]!.lo, hi: merged.at(-1)!.hi };
  return merged.length === 1 || merged.length > MOST_PARTS ? hull : { ...hull, parts: merged };
}

export const U64 = (1n << 64n) - 1n;
export const U32 = (1n << 32n) - 1n;
export const ANY: Range = { lo: 0n, hi: U64 };
const upTo = (hi: bigint): Range => ({ lo: 0n, hi });

/** Values of so many bytes. */
export function sizeRange(size: number): Range {
  return upTo((1n << BigInt(8 * size)) - 1n);
}

/** The range of an operation's result. */
export function aluRange(insn: Insn, dst: Range, src: Range): Range {
  const { row } = insn;
  if (row?.kind !== 'alu') return ANY;
  const { op, width } = row;
  const most = width === 64 ? U64 : U32;
  const [a, b] = width === 64 || dst.hi <= U32 ? [dst, src] : [upTo(U32), src];
  const within = (r: Range): Range => (r.lo >= 0n && r.hi <= most ? r : upTo(most));
  const operand = width === 64 || b.hi <= U32 ? b : upTo(U32);
  switch (op) {
    case 'mov':
      return operand;
    case 'add':
      return within({ lo: a.lo + operand.lo, hi: a.hi + operand.hi });
    case 'sub':
      return within({ lo: a.lo - operand.hi, hi: a.hi - operand.lo });
    case 'mul':
      return within({ lo: a.lo * operand.lo, hi: a.hi * operand.hi });
    case 'and':
      return upTo(a.hi < operand.hi ? a.hi : operand.hi);
    case 'or':
    case 'xor': {
      const bits = (a.hi > operand.hi ? a.hi : operand.hi).toString(2).length;
      return within({ lo: 0n, hi: (1n << BigInt(bits)) - 1n });
    }
    case 'lsh':
      return operand.lo === operand.hi && operand.hi < BigInt(width)
        ? within({ lo: a.lo << operand.lo, hi: a.hi << operand.lo })
        : upTo(most);
    case 'rsh':
      return operand.lo === operand.hi && operand.hi < BigInt(width)
        ? { lo: a.lo >> operand.lo, hi: a.hi >> operand.lo }
        : upTo(a.hi);
    case 'div':
      return upTo(a.hi);
    case 'mod':
      return operand.lo > 0n ? upTo(operand.hi - 1n) : upTo(most);
    case 'be':
    case 'le':
    case 'bswap':
      return upTo((1n << BigInt(row.fixed.imm ?? 64)) - 1n);
    default:
      return upTo(most);
  }
}

/** An immediate as the operand of a 64-bit or 32-bit operation. */
export function immRange(imm: number, width: 32 | 64): Range {
  const value = BigInt.asUintN(width, BigInt(imm));
  return { lo: value, hi: value };
}

export const sameRange = (a: Range, b: Range): boolean => {
  const [x, y] = [partsOf(a), partsOf(b)];
  return x.length === y.length && x.every(({ lo, hi }, i) => lo === y[i]!.lo && hi === y[i]!.hi);
};

/** Values of either range; any value where `wide` and the second one adds some. */
export function joined(a: Range | undefined, b: Range | undefined, wide: boolean): Range | undefined {
  if (!a || !b) return undefined;
  const all = rangeOf([...partsOf(a), ...partsOf(b)]);
  return sameRange(all, a) ? a : wide ? ANY : all;
}
