/** Ranges and sizes in words. */
import type { LogValue } from '../log/value.ts';
import type { Finding, Proof } from './row.ts';

const BIG = 1n << 48n;

/** `[0, 200]`, one number, or words for what has no bound. */
export function rangeText(min: bigint, max: bigint): string {
  if (min === max) return `${min}`;
  if (min <= -BIG && max >= BIG) return 'any number';
  if (min <= -BIG) return `anything up to ${max}, negative numbers too`;
  if (max >= BIG) return min <= 0n ? (min < 0n ? `anything from ${min} on` : 'any number') : `${min} or more`;
  return `[${min}, ${max}]`;
}

/** The narrower of the signed and the unsigned view of a number. */
export function bestRange(v: LogValue): { min: bigint; max: bigint } {
  if (v.known !== undefined) return { min: v.known, max: v.known };
  if (v.smin >= 0n || v.umax < 1n << 63n) {
    const max = v.umax < v.smax || v.smin < 0n ? v.umax : v.smax;
    const min = v.smin > v.umin ? v.smin : v.umin;
    return { min, max };
  }
  return { min: v.smin, max: v.smax };
}

export function bytes(n: bigint | number): string {
  return `${n} ${BigInt(n) === 1n ? 'byte' : 'bytes'}`;
}

/** Where an access may begin and end, in the object that a register points into. */
function reach(
  v: LogValue | undefined,
  off: number,
  size: number,
): { first: bigint; last: bigint; vague: boolean } | undefined {
  if (!v) return undefined;
  const fixed = BigInt(v.off + off);
  // A pointer without variable part prints no bounds at all.
  const constant = v.umin === 0n && v.umax === (1n << 64n) - 1n && !/(?:max|var_off)/.test(v.text);
  if (constant) return { first: fixed, last: fixed + BigInt(size) - 1n, vague: false };
  const { min, max } = bestRange(v);
  return { first: fixed + min, last: fixed + max + BigInt(size) - 1n, vague: true };
}

/** The proof of an access to an object with `total` bytes through the register that the insn addresses with. */
export function objectProof(f: Finding, what: string, total: number): Proof | undefined {
  const does = f.at?.does;
  if (does?.kind !== 'load' && does?.kind !== 'store' && does?.kind !== 'atomic') return undefined;
  const found = reach(f.reg(does.base), does.off, does.size);
  if (!found) return undefined;
  const has = `${what} has ${bytes(total)}, [0, ${total - 1}]`;
  const { min, max } = { min: found.first, max: found.last };
  return {
    needs: `${has}, and every byte of the access must lie there`,
    proven: `the ${bytes(does.size)} can lie in ${rangeText(min, max)}`,
  };
}

/** What is known of a register as a number. */
export function knownRange(f: Finding, reg: number): string | undefined {
  const v = f.reg(reg);
  if (!v) return undefined;
  const { min, max } = bestRange(v);
  return `R${reg} is ${rangeText(min, max)}`;
}
