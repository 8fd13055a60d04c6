/**
 * A model of the instructions written from RFC 9669 alone, in bigints and by mnemonic: it shares nothing with the opcode
 * table but the names of its rows. The sections are those of the RFC.
 */

const M64 = (1n << 64n) - 1n;
const unsigned = (v: bigint, bits: number): bigint =>
  ((v % (1n << BigInt(bits))) + (1n << BigInt(bits))) % (1n << BigInt(bits));
const signed = (v: bigint, bits: number): bigint => {
  const u = unsigned(v, bits);
  return u >= 1n << BigInt(bits - 1) ? u - (1n << BigInt(bits)) : u;
};

/** Truncating division on mathematical integers. */
function divide(a: bigint, b: bigint): bigint {
  const [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  let [quotient, rest] = [0n, x];
  for (let bit = 1n << 64n; bit > 0n; bit >>= 1n) {
    if (rest >= bit * y) {
      quotient += bit;
      rest -= bit * y;
    }
  }
  return a < 0n !== b < 0n ? -quotient : quotient;
}

/** 4.1: `dst` after `op` at a width; values are unsigned 64-bit. */
export function alu(op: string, width: 32 | 64, dst: bigint, src: bigint): bigint {
  const [a, b] = [unsigned(dst, width), unsigned(src, width)];
  const [sa, sb] = [signed(dst, width), signed(src, width)];
  const shift = BigInt(width - 1) & b;
  const result = (): bigint => {
    switch (op) {
      case 'add':
        return a + b;
      case 'sub':
        return a - b;
      case 'mul':
        return a * b;
      case 'div':
        return b === 0n ? 0n : divide(a, b);
      case 'sdiv':
        return b === 0n ? 0n : divide(sa, sb);
      case 'mod':
        return b === 0n ? a : a - b * divide(a, b);
      case 'smod':
        return b === 0n ? a : sa - sb * divide(sa, sb);
      case 'or':
        return a + b - (a & b);
      case 'and':
        return a & b;
      case 'xor':
        return a + b - 2n * (a & b);
      case 'lsh':
        return a * 2n ** shift;
      case 'rsh':
        return a / 2n ** shift;
      case 'arsh':
        return (sa - unsigned(sa, Number(shift))) / 2n ** shift;
      case 'mov':
        return b;
      case 'neg':
        return 0n - a;
      case 'movsx8':
        return signed(src, 8);
      case 'movsx16':
        return signed(src, 16);
      case 'movsx32':
        return signed(src, 32);
      default:
        throw new Error(`no reference for ${op}`);
    }
  };
  return unsigned(result(), width);
}

/** 4.2 on a little-endian machine: `le` truncates, `be` and `bswap` reverse the lowest bytes. */
export function byteOrder(op: 'le' | 'be' | 'bswap', bits: number, dst: bigint): bigint {
  const low = unsigned(dst, bits);
  if (op === 'le') return low;
  const digits = low.toString(16).padStart(bits / 4, '0');
  return BigInt(`0x${(digits.match(/../g) ?? []).reverse().join('')}`);
}

/** 4.3: whether a conditional jump is taken. */
export function jump(op: string, width: 32 | 64, dst: bigint, src: bigint): boolean {
  const [a, b] = [unsigned(dst, width), unsigned(src, width)];
  const [sa, sb] = [signed(dst, width), signed(src, width)];
  switch (op) {
    case 'jeq':
      return a === b;
    case 'jne':
      return !(a === b);
    case 'jset':
      return (a & b) > 0n;
    case 'jgt':
      return a > b;
    case 'jge':
      return !(a < b);
    case 'jlt':
      return b > a;
    case 'jle':
      return !(a > b);
    case 'jsgt':
      return sa > sb;
    case 'jsge':
      return !(sa < sb);
    case 'jslt':
      return sb > sa;
    case 'jsle':
      return !(sa > sb);
    default:
      throw new Error(`no reference for ${op}`);
  }
}

/** 5.3: the memory word after an atomic operation. */
export function atomic(op: string, bits: 32 | 64, old: bigint, src: bigint, r0: bigint): bigint {
  const [o, s] = [unsigned(old, bits), unsigned(src, bits)];
  if (op === 'xchg') return s;
  if (op === 'cmpxchg') return o === unsigned(r0, bits) ? s : o;
  return alu(op, bits, o, s) & M64;
}
