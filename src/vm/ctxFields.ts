/**
 * Contexts as whole structs: fills the kernel objects behind a context from the bytes of its uapi struct, and reads them
 * back. The rows are those that convert a program's accesses.
 */
import type { Arena } from '../mem/arena.ts';
import { CONTEXTS } from '../spec/ctx/index.ts';
import type { CtxField, CtxSource } from '../spec/ctx/row.ts';
import { memberSize, type Pair, reach, readField, writeBytes } from './ctxView.ts';

/** Whose context it is. */
export interface CtxOwner {
  /** Name of the uapi struct: `bpf_sock_addr` … */
  readonly struct: string;
  readonly progType: string;
  readonly attachType?: string;
}

function readable({ read }: CtxField, { progType, attachType }: CtxOwner): boolean {
  return read === 'all' || (read?.some((who) => who === progType || who === `${progType}/${attachType}`) ?? false);
}

function sourceOf(field: CtxField, owner: CtxOwner): CtxSource | undefined {
  return field.fromBy?.[owner.progType] ?? field.from;
}

/** The value that a member must have for a read of its field to give `value`; undefined where there is none. */
function reverse(source: CtxSource, value: number): number | undefined {
  switch (source.how) {
    case undefined:
    case 'plain':
    case 'tstamp':
    case 'zero-below':
    case 'zero-if-null':
      return value;
    case 'shift-left-16':
      return value >>> 16;
    case 'minus-one-at':
      return value === 0xffff_ffff ? source.limit! : value;
    default:
      return undefined;
  }
}

/** Sets one element of a field from its bytes; false where nothing can be set. */
function setElement(
  arena: Arena,
  object: number,
  source: CtxSource,
  field: CtxField,
  element: number,
  given: Uint8Array,
): boolean {
  const { guard: _always, ...open } = source;
  const base = reach(arena, object, open);
  const view = new DataView(given.buffer, given.byteOffset, given.byteLength);
  const raw = given.length === 1 ? given[0]! : given.length === 2 ? view.getUint16(0, true) : view.getUint32(0, true);
  const lo = reverse(source, raw);
  if (base === 0 || lo === undefined) return false;
  const bytes = field.count === undefined ? memberSize(source) : field.size;
  writeBytes(arena, base + element * field.size, bytes, lo, given.length === 8 ? view.getUint32(4, true) : 0);
  return true;
}

/**
 * Sets every field that the program can read and that is not zero in the uapi struct `struct`. @returns the name of
 * a field that cannot be set (a pointer, a field of other hooks, one behind an object that is not there), or undefined
 */
export function setCtxFields(arena: Arena, owner: CtxOwner, object: number, struct: Uint8Array): string | undefined {
  const left = struct.slice();
  const names: (string | undefined)[] = [];
  for (const [name, field] of Object.entries(CONTEXTS[owner.struct]?.fields ?? {})) {
    const source = sourceOf(field, owner);
    const usable = source !== undefined && readable(field, owner);
    for (let element = 0; element < (field.count ?? 1); element++) {
      const start = field.offset + element * field.size;
      const given = left.subarray(start, start + field.size);
      for (let i = 0; i < field.size; i++) names[start + i] ??= name;
      if (!usable || given.every((b) => b === 0)) continue;
      if (setElement(arena, object, source, field, element, given)) given.fill(0);
    }
  }
  const missed = left.findIndex((b) => b !== 0);
  return missed < 0 ? undefined : (names[missed] ?? `byte ${missed}`);
}

/** The uapi struct as the program could read it now; pointers and fields that it cannot read are zero. */
export function ctxStructBytes(arena: Arena, owner: CtxOwner, object: number): Uint8Array {
  const { size = 0, fields = {} } = CONTEXTS[owner.struct] ?? {};
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  const out: Pair = { lo: 0, hi: 0 };
  for (const field of Object.values(fields)) {
    const source = sourceOf(field, owner);
    if (!source || !readable(field, owner) || source.how === 'pointer' || source.how === 'linear-end') continue;
    for (let element = 0; element < (field.count ?? 1); element++) {
      const at = field.offset + element * field.size;
      if (!readField(arena, object, source, { field, inner: 0, element }, out)) continue;
      if (field.size >= 4) view.setInt32(at, out.lo, true);
      else if (field.size === 2) view.setUint16(at, out.lo & 0xffff, true);
      else bytes[at] = out.lo & 0xff;
      if (field.size === 8) view.setInt32(at + 4, out.hi, true);
    }
  }
  return bytes;
}
