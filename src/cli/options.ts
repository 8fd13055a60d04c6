/** Values of options: text in, numbers and bytes out, or a problem that names the option. */
import { InvalidArgumentError } from 'commander';
import type { CtxFields } from '../kernel/replay/ctx.ts';
import { fromHex } from '../util/hex.ts';
import { jsonError, unusable } from './failure.ts';

/** An argument parser for commander: whole numbers from `min` to `max`. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^(0x[0-9a-fA-F]+|\d+)$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max))
      throw new InvalidArgumentError(`A whole number from ${min} to ${max} is wanted.`);
    return value;
  };
}

/** `--clock`: seconds since boot with up to nine decimals, as nanoseconds. */
export function seconds(text: string): bigint {
  const match = /^(\d{1,9})(?:\.(\d{1,9}))?$/.exec(text);
  if (!match) throw new InvalidArgumentError('Seconds since boot are wanted, such as 1000 or 12.5.');
  return BigInt(match[1]!) * 1_000_000_000n + BigInt((match[2] ?? '').padEnd(9, '0'));
}

/** Gathers the values of an option that may be given several times. */
export function several(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** `NAME=VALUE` pairs as the assembler takes them; values are numbers in C's notation. */
export function defines(pairs: readonly string[] | undefined): Record<string, bigint> {
  const out: Record<string, bigint> = {};
  for (const found of pairs ?? []) {
    const match = /^([A-Za-z_]\w*)(?:=(-?)(0[xX][0-9a-fA-F]+|\d+))?$/.exec(found);
    if (!match) unusable('bad-define', {}, { found });
    const value = match[3] === undefined ? 1n : BigInt(match[3]);
    out[match[1]!] = match[2] === '-' ? -value : value;
  }
  return out;
}

/** Bytes of hex text as people type it: white space, `:` and a leading `0x` are no matter. */
export function hexBytes(text: string, what: string): Uint8Array {
  const digits = text.replace(/^\s*0x/i, '').replace(/[\s:,]+/g, '');
  const bytes = fromHex(digits);
  if (bytes) return bytes;
  const odd = /[^0-9a-fA-F]/.exec(digits);
  unusable('bad-hex', {}, { what, found: odd ? `it holds '${odd[0]}'` : `${digits.length} digits are no whole bytes` });
}

/** `--ctx`: an object of numbers, text or lists of them, or the context's bytes in hex. */
export function contextFields(text: string): CtxFields | Uint8Array {
  if (/^\s*[0-9a-fA-F]{2}[0-9a-fA-F\s]*$/.test(text)) return hexBytes(text, '--ctx');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    unusable('ctx-shape', {}, { why: jsonError(error) });
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    unusable('ctx-shape', {}, { why: 'an object of fields is wanted' });
  }
  return Object.fromEntries(
    Object.entries(json).map(([field, value]) => {
      const values = (Array.isArray(value) ? value : [value]).map((v: unknown) => givenOf(field, v));
      return [field, Array.isArray(value) ? values : values[0]!];
    }),
  );
}

function givenOf(field: string, value: unknown): bigint | string {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === 'string') return value;
  unusable('ctx-value', {}, { field, found: JSON.stringify(value) ?? 'nothing', expected: 'a whole number' });
}
