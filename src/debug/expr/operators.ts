/**
 * The operators: C's, and as in BPF assembly those with an `s` take their operands as signed. One table of precedence and
 * meaning for the reader, the writer and the evaluation. Operands and results are unsigned 64-bit numbers.
 */
import { U64_MASK } from '../../util/bits.ts';

export interface BinaryRow {
  /** The higher the number, the tighter it binds. */
  readonly level: number;
  /** Absent for `&&` and `||`, which may leave their right side alone. */
  readonly eval?: (a: bigint, b: bigint) => bigint;
}

const truth = (v: boolean): bigint => (v ? 1n : 0n);
const wrap = (v: bigint): bigint => v & U64_MASK;
const signed = (v: bigint): bigint => BigInt.asIntN(64, v);

export const BINARY: Readonly<Record<string, BinaryRow>> = {
  '||': { level: 1 },
  '&&': { level: 2 },
  '|': { level: 3, eval: (a, b) => a | b },
  '^': { level: 4, eval: (a, b) => a ^ b },
  '&': { level: 5, eval: (a, b) => a & b },
  '==': { level: 6, eval: (a, b) => truth(a === b) },
  '!=': { level: 6, eval: (a, b) => truth(a !== b) },
  '<': { level: 7, eval: (a, b) => truth(a < b) },
  '<=': { level: 7, eval: (a, b) => truth(a <= b) },
  '>': { level: 7, eval: (a, b) => truth(a > b) },
  '>=': { level: 7, eval: (a, b) => truth(a >= b) },
  's<': { level: 7, eval: (a, b) => truth(signed(a) < signed(b)) },
  's<=': { level: 7, eval: (a, b) => truth(signed(a) <= signed(b)) },
  's>': { level: 7, eval: (a, b) => truth(signed(a) > signed(b)) },
  's>=': { level: 7, eval: (a, b) => truth(signed(a) >= signed(b)) },
  '<<': { level: 8, eval: (a, b) => wrap(a << (b & 63n)) },
  '>>': { level: 8, eval: (a, b) => a >> (b & 63n) },
  's>>': { level: 8, eval: (a, b) => wrap(signed(a) >> (b & 63n)) },
  '+': { level: 9, eval: (a, b) => wrap(a + b) },
  '-': { level: 9, eval: (a, b) => wrap(a - b) },
  '*': { level: 10, eval: (a, b) => wrap(a * b) },
  '/': { level: 10, eval: (a, b) => (b === 0n ? 0n : a / b) },
  '%': { level: 10, eval: (a, b) => (b === 0n ? a : a % b) },
};

/** `*` follows a pointer and has no number to work on. */
export const UNARY: Readonly<Record<string, (a: bigint) => bigint>> = {
  '-': (a) => wrap(-a),
  '+': (a) => a,
  '~': (a) => wrap(~a),
  '!': (a) => truth(a === 0n),
};

/** Operators whose left side is no operand of a comparison: `absent` and bytes are compared by these alone. */
export const EQUALITY: ReadonlySet<string> = new Set(['==', '!=']);

/** Comparisons: with what is not there they are false. */
export const COMPARISONS: ReadonlySet<string> = new Set(['<', '<=', '>', '>=', 's<', 's<=', 's>', 's>=']);
