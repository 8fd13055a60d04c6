/** What expressions come to. */
import type { Btf } from '../../btf/parse.ts';
import type { MapRecord } from '../../kernel/world.ts';
import type { Field } from '../../net/fields.ts';

/** What a pointer points to, a place holds. */
export type Type =
  /** `u32`, `s8`, `be16` … */
  | {
      readonly kind: 'scalar';
      readonly name: string;
      readonly size: number;
      readonly signed: boolean;
      readonly big: boolean;
    }
  /** A type of a map, of the kernel. `name`: the member that it is the type of, '' for others. */
  | { readonly kind: 'btf'; readonly btf: Btf; readonly id: number; readonly name: string }
  /** A uapi struct that programs see through a view: `__sk_buff`, `bpf_sock` … */
  | { readonly kind: 'ctx'; readonly struct: string }
  | { readonly kind: 'pointer'; readonly to: Type };

/** Bytes with their BTF type. */
export interface Typed {
  readonly btf: Btf;
  readonly id: number;
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** How a number is shown; without one it is just a number. */
export type NumberForm =
  | { readonly kind: 'ipv4' | 'mac' }
  /** `bits`: of the number that was read as signed. */
  | { readonly kind: 'signed' }
  | { readonly kind: 'field'; readonly field: Field }
  | { readonly kind: 'pointer'; readonly to: Type | undefined }
  | { readonly kind: 'typed'; readonly typed: Typed };

export type Value =
  /** `value` is unsigned, below 2^64; what was read as signed is wrapped. */
  | { readonly kind: 'number'; readonly value: bigint; readonly form?: NumberForm }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly form?: 'ipv6' }
  /** A struct, union or array. */
  | { readonly kind: 'typed'; readonly typed: Typed }
  /** Not there: an element of a map, a header that the packet does not have, bytes behind its end. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'map'; readonly map: MapRecord };

export const ABSENT: Value = { kind: 'absent' };

export function number(value: bigint | number, form?: NumberForm): Value {
  return { kind: 'number', value: BigInt.asUintN(64, BigInt(value)), ...(form && { form }) };
}

/** The bytes of a value that has some. */
export function bytesOf(value: Value): Uint8Array | undefined {
  if (value.kind === 'bytes') return value.bytes;
  return value.kind === 'typed' ? value.typed.bytes : undefined;
}

/** Bytes in network order as a number. */
export function networkNumber(bytes: Uint8Array): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** Bytes in host order as a number. */
export function hostNumber(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** A number as bytes in host order. */
export function hostBytes(value: bigint, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

/** Is a value true, as a condition: a number other than 0, or anything that is there. */
export function isTrue(value: Value): boolean {
  if (value.kind === 'number') return value.value !== 0n;
  if (value.kind === 'absent') return false;
  const bytes = bytesOf(value);
  return bytes === undefined || bytes.some((b) => b !== 0);
}

/** A value in words, for problems. */
export function kindText(value: Value): string {
  switch (value.kind) {
    case 'number':
      return 'a number';
    case 'bytes':
      return `a row of ${value.bytes.length} bytes`;
    case 'typed':
      return `a value of ${value.typed.bytes.length} bytes`;
    case 'absent':
      return 'what is not there';
    case 'map':
      return `map ${value.map.name}`;
  }
}
