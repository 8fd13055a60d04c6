/** The few functions there are, each of one value. */
import { swapBytes } from '../../util/bits.ts';

const unsigned = (v: bigint): bigint => BigInt.asUintN(64, v);

/** Of a number: the low bytes turned around, or read as signed. */
export const NUMBER_FUNCTIONS: Readonly<Record<string, (v: bigint) => bigint>> = {
  be16: (v) => swapBytes(v, 2),
  be32: (v) => swapBytes(v, 4),
  be64: (v) => swapBytes(v, 8),
  s8: (v) => unsigned(BigInt.asIntN(8, v)),
  s16: (v) => unsigned(BigInt.asIntN(16, v)),
  s32: (v) => unsigned(BigInt.asIntN(32, v)),
};

/** `len`: bytes of a value, elements of a map. */
export const FUNCTION_NAMES: readonly string[] = ['len', ...Object.keys(NUMBER_FUNCTIONS)];
