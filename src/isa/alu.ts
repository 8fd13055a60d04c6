/** The arithmetic operations: bits in the opcode, words in each dialect, meaning on bigints and on halves. */
import { swap16, swap32, swapBytes, U32_MASK, U64_MASK } from '../util/bits.ts';
import type { AluRow } from './rows.ts';
import { add64, arsh64, lsh64, mul64, neg64, rsh64, sdivmod64, set64, sub64, udivmod64 } from './wide.ts';

type Eval = AluRow['eval'];
type Exec = AluRow['exec'];

const s64 = (v: bigint): bigint => BigInt.asIntN(64, v);
const s32 = (v: bigint): bigint => BigInt.asIntN(32, v);

/** One arithmetic operation in both widths. `op` is the upper four bits of the opcode. */
export interface AluOp {
  readonly name: string;
  readonly op: number;
  /** C operator as it stands between dst and operand. */
  readonly symbol: string;
  readonly off?: number;
  readonly since: string;
  readonly eval64: Eval;
  readonly eval32: Eval;
  readonly exec64: Exec;
  /** Gets and leaves only the low half right; the table clears the high half. */
  readonly exec32: (r: Int32Array, d: number, lo: number) => void;
}

/** Applies a 64-bit evaluation to the low halves, as fits every operation that does not look at sign or width. */
const narrow =
  (f: Eval): Eval =>
  (a, b) =>
    f(a & U32_MASK, b & U32_MASK) & U32_MASK;

const add: Eval = (a, b) => (a + b) & U64_MASK;
const sub: Eval = (a, b) => (a - b) & U64_MASK;
const mul: Eval = (a, b) => (a * b) & U64_MASK;
const div: Eval = (a, b) => (b === 0n ? 0n : a / b);
const mod: Eval = (a, b) => (b === 0n ? a : a % b);
const or: Eval = (a, b) => a | b;
const and: Eval = (a, b) => a & b;
const xor: Eval = (a, b) => a ^ b;
const mov: Eval = (_, b) => b;

export const ALU_OPS: readonly AluOp[] = [
  {
    name: 'add',
    op: 0x0,
    symbol: '+=',
    since: '3.18',
    eval64: add,
    eval32: narrow(add),
    exec64: add64,
    exec32: (r, d, lo) => {
      r[d] = r[d]! + lo;
    },
  },
  {
    name: 'sub',
    op: 0x1,
    symbol: '-=',
    since: '3.18',
    eval64: sub,
    eval32: narrow(sub),
    exec64: sub64,
    exec32: (r, d, lo) => {
      r[d] = r[d]! - lo;
    },
  },
  {
    name: 'mul',
    op: 0x2,
    symbol: '*=',
    since: '3.18',
    eval64: mul,
    eval32: narrow(mul),
    exec64: mul64,
    exec32: (r, d, lo) => {
      r[d] = Math.imul(r[d]!, lo);
    },
  },
  {
    name: 'div',
    op: 0x3,
    symbol: '/=',
    since: '3.18',
    eval64: div,
    eval32: narrow(div),
    exec64: (r, d, lo, hi) => {
      if ((lo | hi) === 0) set64(r, d, 0, 0);
      else udivmod64(r, d, lo, hi, false);
    },
    exec32: (r, d, lo) => {
      r[d] = lo === 0 ? 0 : (r[d]! >>> 0) / (lo >>> 0);
    },
  },
  {
    name: 'sdiv',
    op: 0x3,
    symbol: 's/=',
    off: 1,
    since: '6.6',
    eval64: (a, b) => (b === 0n ? 0n : (s64(a) / s64(b)) & U64_MASK),
    eval32: (a, b) => (s32(b) === 0n ? 0n : (s32(a) / s32(b)) & U32_MASK),
    exec64: (r, d, lo, hi) => {
      if ((lo | hi) === 0) set64(r, d, 0, 0);
      else sdivmod64(r, d, lo, hi, false);
    },
    exec32: (r, d, lo) => {
      r[d] = lo === 0 ? 0 : r[d]! / lo;
    },
  },
  {
    name: 'or',
    op: 0x4,
    symbol: '|=',
    since: '3.18',
    eval64: or,
    eval32: narrow(or),
    exec64: (r, d, lo, hi) => set64(r, d, r[d]! | lo, r[d + 1]! | hi),
    exec32: (r, d, lo) => {
      r[d] = r[d]! | lo;
    },
  },
  {
    name: 'and',
    op: 0x5,
    symbol: '&=',
    since: '3.18',
    eval64: and,
    eval32: narrow(and),
    exec64: (r, d, lo, hi) => set64(r, d, r[d]! & lo, r[d + 1]! & hi),
    exec32: (r, d, lo) => {
      r[d] = r[d]! & lo;
    },
  },
  {
    name: 'lsh',
    op: 0x6,
    symbol: '<<=',
    since: '3.18',
    eval64: (a, b) => (a << (b & 63n)) & U64_MASK,
    eval32: (a, b) => ((a & U32_MASK) << (b & 31n)) & U32_MASK,
    exec64: lsh64,
    exec32: (r, d, lo) => {
      r[d] = r[d]! << lo;
    },
  },
  {
    name: 'rsh',
    op: 0x7,
    symbol: '>>=',
    since: '3.18',
    eval64: (a, b) => a >> (b & 63n),
    eval32: (a, b) => (a & U32_MASK) >> (b & 31n),
    exec64: rsh64,
    exec32: (r, d, lo) => {
      r[d] = r[d]! >>> lo;
    },
  },
  {
    name: 'mod',
    op: 0x9,
    symbol: '%=',
    since: '3.18',
    eval64: mod,
    eval32: narrow(mod),
    exec64: (r, d, lo, hi) => {
      if ((lo | hi) !== 0) udivmod64(r, d, lo, hi, true);
    },
    exec32: (r, d, lo) => {
      if (lo !== 0) r[d] = (r[d]! >>> 0) % (lo >>> 0);
    },
  },
  {
    name: 'smod',
    op: 0x9,
    symbol: 's%=',
    off: 1,
    since: '6.6',
    eval64: (a, b) => (b === 0n ? a : (s64(a) % s64(b)) & U64_MASK),
    eval32: (a, b) => (s32(b) === 0n ? a & U32_MASK : (s32(a) % s32(b)) & U32_MASK),
    exec64: (r, d, lo, hi) => {
      if ((lo | hi) !== 0) sdivmod64(r, d, lo, hi, true);
    },
    exec32: (r, d, lo) => {
      if (lo !== 0) r[d] = r[d]! % lo;
    },
  },
  {
    name: 'xor',
    op: 0xa,
    symbol: '^=',
    since: '3.18',
    eval64: xor,
    eval32: narrow(xor),
    exec64: (r, d, lo, hi) => set64(r, d, r[d]! ^ lo, r[d + 1]! ^ hi),
    exec32: (r, d, lo) => {
      r[d] = r[d]! ^ lo;
    },
  },
  {
    name: 'mov',
    op: 0xb,
    symbol: '=',
    since: '3.18',
    eval64: mov,
    eval32: narrow(mov),
    exec64: set64,
    exec32: (r, d, lo) => {
      r[d] = lo;
    },
  },
  {
    name: 'arsh',
    op: 0xc,
    symbol: 's>>=',
    since: '3.18',
    eval64: (a, b) => (s64(a) >> (b & 63n)) & U64_MASK,
    eval32: (a, b) => (s32(a) >> (b & 31n)) & U32_MASK,
    exec64: arsh64,
    exec32: (r, d, lo) => {
      r[d] = r[d]! >> lo;
    },
  },
];

export const NEG = {
  op: 0x8,
  eval64: ((a) => -a & U64_MASK) as Eval,
  eval32: ((a) => -a & U32_MASK) as Eval,
  exec64: ((r, d) => neg64(r, d)) as Exec,
  exec32: ((r, d) => set64(r, d, -r[d]!, 0)) as Exec,
};

/** mov with sign extension from `bits`, selected by the off field. */
export const MOVSX_BITS = [8, 16, 32] as const;

export function movsxEval(bits: number, width: 32 | 64): Eval {
  return (_, b) => BigInt.asUintN(width, BigInt.asIntN(bits, b));
}

export function movsxExec(bits: number, width: 32 | 64): Exec {
  const shift = 32 - bits;
  return width === 64
    ? (r, d, lo) => {
        const value = (lo << shift) >> shift;
        set64(r, d, value, value >> 31);
      }
    : (r, d, lo) => set64(r, d, (lo << shift) >> shift, 0);
}

export const END_OP = 0xd;
export const END_BITS = [16, 32, 64] as const;

/** Truncation to the lowest bits: what `le16` is on a little-endian machine. */
export function truncate(bits: 16 | 32 | 64): { eval: Eval; exec: Exec } {
  const mask = (1n << BigInt(bits)) - 1n;
  return {
    eval: (a) => a & mask,
    exec: (r, d) => {
      if (bits === 16) set64(r, d, r[d]! & 0xffff, 0);
      else if (bits === 32) set64(r, d, r[d]!, 0);
    },
  };
}

/** Byte swap of the lowest bits, the rest cleared: `be16` on a little-endian machine, and `bswap16`. */
export function byteSwap(bits: 16 | 32 | 64): { eval: Eval; exec: Exec } {
  return {
    eval: (a) => swapBytes(a, bits / 8),
    exec: (r, d) => {
      if (bits === 16) set64(r, d, swap16(r[d]!), 0);
      else if (bits === 32) set64(r, d, swap32(r[d]!), 0);
      else set64(r, d, swap32(r[d + 1]!), swap32(r[d]!));
    },
  };
}
