/** Storage that an expression names, and what it holds. */
import { resolveType, typeSize } from '../../btf/format.ts';
import type { MapRecord } from '../../kernel/world.ts';
import type { Region } from '../../mem/arena.ts';
import { PAGE_SIZE } from '../../mem/layout.ts';
import type { Field } from '../../net/fields.ts';
import { swapBytes } from '../../util/bits.ts';
import { ctxLoad } from '../../vm/ctxView.ts';
import type { View } from '../view.ts';
import { elementOf } from './mapElement.ts';
import { isBigEndian } from './types.ts';
import { hostNumber, type NumberForm, networkNumber, number, type Type, type Value } from './value.ts';

/** Where the bytes are. */
type Where =
  | { readonly kind: 'register'; readonly depth: number; readonly reg: number; readonly half: boolean }
  | { readonly kind: 'memory'; readonly at: number }
  /** `offset`: in the value. */
  | {
      readonly kind: 'map';
      readonly map: MapRecord;
      readonly key: Uint8Array;
      readonly cpu: number;
      readonly offset: number;
    }
  /** A context field, at an address of its view. */
  /** `unit`: bytes of an element, which are read one by one. */
  | {
      readonly kind: 'ctx';
      readonly at: number;
      readonly struct: string;
      readonly field: string;
      readonly unit: number;
    }
  /** Bytes at hand that lie nowhere. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly offset: number };

export interface Spot {
  readonly where: Where;
  readonly size: number;
  readonly type?: Type;
  /** A part of the bytes, read in their order: lowest bit and how many. */
  readonly bits?: { readonly shift: number; readonly width: number };
  /** Byte order of what has no type. */
  readonly order?: 'network';
  /** Bytes however few they are; `ipv6`: an address. */
  readonly raw?: true | 'ipv6';
  /** Arrays that no BTF type describes: type of an element. */
  readonly elements?: Type;
  /** The packet field that it is. */
  readonly field?: Field;
  /** How the number is shown. */
  readonly form?: NumberForm;
}

/** Why something cannot be read, in words. */
export interface Unreadable {
  readonly why: string;
  readonly at?: number;
  readonly ctx?: true;
}

/** The bytes of a spot; undefined where there are none (an element that is not in its map, the end of the packet). */
export function readBytes(view: View, { where, size }: Spot): Uint8Array | Unreadable | undefined {
  switch (where.kind) {
    case 'register': {
      const value = view.machine?.register(where.reg, where.depth) ?? 0n;
      return Uint8Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
    }
    case 'memory':
      return readMemory(view, where.at, size);
    case 'bytes':
      return where.offset + size <= where.bytes.length
        ? where.bytes.slice(where.offset, where.offset + size)
        : undefined;
    case 'ctx':
      return readElements(view, where.at, size, where.unit);
    case 'map': {
      const element = elementOf(view.kernel, where.map, where.key, where.cpu);
      if (element?.kind === 'address') return readMemory(view, element.at + where.offset, size);
      return element?.kind === 'bytes' ? element.bytes.slice(where.offset, where.offset + size) : undefined;
    }
  }
}

/** Bytes of memory, of whatever region; contexts are read as programs read them. */
function readMemory(view: View, at: number, size: number): Uint8Array | Unreadable {
  const { arena } = view.kernel;
  const region = at >= 0 && at < 2 ** 32 ? arena.region(at) : undefined;
  if (region?.kind === 'ctx' && at >= region.lo && at + size <= region.hi) return readContext(view, at, size);
  if (!region || at < region.base || at + size > region.end) {
    return { why: whyNot(at, region), at };
  }
  return arena.bytes(at, size);
}

function whyNot(at: number, region: Region | undefined): string {
  if (at >= 0 && at < PAGE_SIZE) return 'a NULL pointer';
  if (!region) return 'nothing is there';
  return `the ${region.kind} there has ${region.end - region.base} bytes from 0x${region.base.toString(16)} on`;
}

function readElements(view: View, at: number, size: number, unit: number): Uint8Array | Unreadable {
  const bytes = new Uint8Array(size);
  for (let done = 0; done < size; done += unit) {
    const one = readContext(view, at + done, Math.min(unit, size - done));
    if (!(one instanceof Uint8Array)) return one;
    bytes.set(one, done);
  }
  return bytes;
}

function readContext(view: View, at: number, size: number): Uint8Array | Unreadable {
  const user = view.machine?.prog;
  const out = { lo: 0, hi: 0 };
  if (!user || !ctxLoad(view.kernel.arena, user, at, size, out)) return { why: '', at, ctx: true };
  const value = (BigInt(out.hi >>> 0) << 32n) | BigInt(out.lo >>> 0);
  return Uint8Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

/** What bytes mean as the contents of a spot. */
export function contents(spot: Spot, bytes: Uint8Array): Value {
  const { type, bits, form } = spot;
  if (bits) {
    const word = spot.order === 'network' ? networkNumber(bytes) : hostNumber(bytes);
    const value = BigInt.asUintN(bits.width, word >> BigInt(bits.shift));
    return number(signedType(type) ? BigInt.asIntN(bits.width, value) : value, form ?? bitForm(type));
  }
  if (type?.kind === 'btf') return btfValue(type, bytes);
  if (type?.kind === 'pointer') return number(hostNumber(bytes), { kind: 'pointer', to: type.to });
  if (type?.kind === 'scalar') {
    const raw = type.big ? networkNumber(bytes) : hostNumber(bytes);
    return type.signed ? number(BigInt.asIntN(8 * type.size, raw), { kind: 'signed' }) : number(raw, form);
  }
  if (spot.raw === 'ipv6') return { kind: 'bytes', bytes, form: 'ipv6' };
  if (spot.raw || bytes.length > 8 || bytes.length === 0) return { kind: 'bytes', bytes };
  return number(spot.order === 'network' ? networkNumber(bytes) : hostNumber(bytes), form);
}

function signedType(type: Type | undefined): boolean {
  if (type?.kind !== 'btf') return false;
  const found = resolveType(type.btf, type.id)?.type;
  return (found?.kind === 'int' || found?.kind === 'enum' || found?.kind === 'enum64') && found.signed;
}

function bitForm(type: Type | undefined): NumberForm | undefined {
  return signedType(type) ? { kind: 'signed' } : undefined;
}

function btfValue(type: Type & { readonly kind: 'btf' }, bytes: Uint8Array): Value {
  const { btf, id, name } = type;
  const resolved = resolveType(btf, id);
  const typed = { btf, id, name, bytes };
  switch (resolved?.type.kind) {
    case 'int':
    case 'enum':
    case 'enum64': {
      const size = typeSize(btf, id) ?? 0;
      if (size > 8) return { kind: 'bytes', bytes };
      const host = hostNumber(bytes);
      const value = isBigEndian(type) ? swapBytes(host, size) : host;
      const signed = resolved.type.signed && size > 0;
      return number(signed ? BigInt.asIntN(8 * size, value) : value, { kind: 'typed', typed });
    }
    case 'ptr': {
      const to: Type = { kind: 'btf', btf, id: resolved.type.type, name: '' };
      return number(hostNumber(bytes), { kind: 'pointer', to });
    }
    case undefined:
      return { kind: 'bytes', bytes };
    default:
      return { kind: 'typed', typed };
  }
}
