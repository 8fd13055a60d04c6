/** Contexts given field by field, as the bytes that BPF_PROG_TEST_RUN takes as ctx_in, and what became of them. */
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '../../net/addr.ts';
import { constant } from '../../spec/constants.ts';
import { ctxStruct } from '../../spec/ctx/index.ts';
import type { CtxField } from '../../spec/ctx/row.ts';
import type { Problem, Result } from '../../util/problem.ts';
import { fail, ok } from '../../util/problem.ts';
import { suggest } from '../../util/suggest.ts';
import type { CtxLayout } from './hook.ts';
import { ctxLayout } from './hook.ts';
import { replayProblem } from './messages.ts';

/** A field's value: a number, or text: an address, the name of a kernel constant. */
export type CtxValue = number | bigint | string;

/** Values by field name, arrays for `cb[5]`: `{ ingress_ifindex: 1, cb: [1, 2], remote_ip4: '10.0.0.1', family: 'AF_INET' }`. */
export type CtxFields = Readonly<Record<string, CtxValue | readonly CtxValue[]>>;

function putLittle(bytes: Uint8Array, at: number, size: number, value: bigint): void {
  let rest = BigInt.asUintN(8 * size, value);
  for (let i = 0; i < size; i++, rest >>= 8n) bytes[at + i] = Number(rest & 0xffn);
}

function swap(value: bigint, size: number): bigint {
  let out = 0n;
  for (let i = 0, rest = BigInt.asUintN(8 * size, value); i < size; i++, rest >>= 8n)
    out = (out << 8n) | (rest & 0xffn);
  return out;
}

/** Fits the value into `size` bytes, read as unsigned or two's complement? */
function fits(value: bigint, size: number): boolean {
  const bits = BigInt(8 * size);
  return value >= -(1n << (bits - 1n)) && value < 1n << bits;
}

/** Does the field hold an address (IPv4 or IPv6), in network byte order whatever its type says? */
export function addressOf(name: string, { size, count }: CtxField): 4 | 6 | undefined {
  if (size === 4 && count === undefined && /(_|^)ip(v?4)(_|$)/.test(name)) return 4;
  return size === 4 && count === 4 && /(_|^)ip(v?6)(_|$)/.test(name) ? 6 : undefined;
}

/** Bytes of a field that is given as an address; undefined where it is none. */
function addressBytes(name: string, row: CtxField, given: unknown): Uint8Array | undefined {
  const kind = addressOf(name, row);
  if (typeof given !== 'string' || kind === undefined) return undefined;
  return kind === 4 ? parseIpv4(given) : parseIpv6(given);
}

/** The number that a value means; undefined where it is no number and no constant's name. */
function numberOf(given: CtxValue): bigint | undefined {
  if (typeof given !== 'string') return BigInt(given);
  if (/^-?(0x[0-9a-fA-F]{1,16}|\d{1,20})$/.test(given)) {
    return given.startsWith('-') ? -BigInt(given.slice(1)) : BigInt(given);
  }
  const known = constant(given);
  return known === undefined ? undefined : BigInt(known);
}

function unknownField({ struct, fields, settable }: CtxLayout, field: string): Problem {
  const known = settable ?? Object.keys(fields);
  const hint = suggest(field, known);
  const help = hint === undefined ? `its fields: ${known.join(', ')}` : `did you mean ${hint}?`;
  return replayProblem('ctx-field', {}, { struct, field, help });
}

/** The layout's bytes with these fields set; `network`: big-endian kinds are given as the numbers they mean. */
function layoutBytes(layout: CtxLayout, fields: CtxFields, network: boolean): Result<Uint8Array> {
  const { struct } = layout;
  const bytes = new Uint8Array(layout.size);
  for (const [field, given] of Object.entries(fields)) {
    const row = Object.hasOwn(layout.fields, field) ? layout.fields[field] : undefined;
    if (!row) return fail(unknownField(layout, field));
    const address = addressBytes(field, row, given);
    if (address) {
      bytes.set(address, row.offset);
      continue;
    }
    const values: readonly CtxValue[] = Array.isArray(given) ? given : [given];
    const count = row.count ?? 1;
    if (values.length > count) {
      return fail(replayProblem('ctx-count', {}, { struct, field, count, given: values.length }));
    }
    for (const [i, v] of values.entries()) {
      const value = numberOf(v);
      if (value === undefined) return fail(replayProblem('ctx-word', {}, { struct, field, value: `${v}` }));
      if (!fits(value, row.size)) {
        return fail(replayProblem('ctx-value', {}, { struct, field, value: `${value}`, bytes: row.size }));
      }
      const stored = network && row.type.startsWith('be') ? swap(value, row.size) : value;
      putLittle(bytes, row.offset + i * row.size, row.size, stored);
    }
  }
  return ok(bytes);
}

/**
 * The uapi struct with these fields set and all others zero. Numbers are stored as they are, little-endian.
 *
 * @param struct `xdp_md`, `__sk_buff` …
 */
export function ctxBytes(struct: string, fields: CtxFields): Result<Uint8Array> {
  const layout = ctxStruct(struct);
  if (!layout) return fail(replayProblem('ctx-none', {}, { struct, help: '' }));
  return layoutBytes({ struct, ...layout }, fields, false);
}

/**
 * The context of one run of a program: the fields given and, for XDP, data_end, which must be the packet's length whenever a
 * context is passed. Big-endian fields are given as the numbers they mean, addresses as text, constants by name.
 *
 * @param fields by name, or the context's bytes
 * @returns undefined when no field is given, so that the kernel makes up the context itself
 */
export function packetCtx(
  prog: { readonly progType: string; readonly ctxStruct: string },
  fields: CtxFields | Uint8Array,
  length: number,
): Result<Uint8Array | undefined> {
  if (fields instanceof Uint8Array) return ok(fields);
  if (Object.keys(fields).length === 0) return ok(undefined);
  const layout = ctxLayout(prog.progType, prog.ctxStruct);
  if (!layout) {
    const help = `give the context of ${prog.progType} programs as bytes: --ctx HEX`;
    return fail(replayProblem('ctx-none', {}, { struct: prog.ctxStruct, help }));
  }
  return layoutBytes(layout, layout.struct === 'xdp_md' ? { data_end: length, ...fields } : fields, true);
}

/** One field of a struct, whose bytes are given, as text: addresses as such, big-endian kinds as the numbers they mean, arrays in brackets. */
export function fieldText(name: string, row: CtxField, bytes: Uint8Array): string {
  const size = row.size * (row.count ?? 1);
  const at = new Uint8Array(size);
  at.set(bytes.subarray(row.offset, row.offset + size));
  const address = addressOf(name, row);
  if (address !== undefined) return address === 4 ? formatIpv4(at) : formatIpv6(at);
  const values: string[] = [];
  for (let i = 0; i < size; i += row.size) {
    let value = 0n;
    for (let k = row.size - 1; k >= 0; k--) value = (value << 8n) | BigInt(at[i + k]!);
    if (row.type.startsWith('be')) value = swap(value, row.size);
    if (/^s\d/.test(row.type)) value = BigInt.asIntN(8 * row.size, value);
    values.push(`${value}`);
  }
  while (values.length > 1 && values.at(-1) === '0') values.pop();
  return row.count === undefined ? values[0]! : `[${values.join(' ')}]`;
}

/** Is one field only another name for bytes that an earlier one shows? */
function shadowed(fields: readonly (readonly [string, CtxField])[], i: number): boolean {
  const { offset } = fields[i]![1];
  return fields.slice(0, i).some(([, f]) => f.offset <= offset && offset < f.offset + f.size * (f.count ?? 1));
}

function nonZero(fields: Readonly<Record<string, CtxField>>, bytes: Uint8Array): (readonly [string, string])[] {
  const list = Object.entries(fields);
  return list.flatMap(([name, row], i) => {
    const at = bytes.subarray(row.offset, row.offset + row.size * (row.count ?? 1));
    return at.every((b) => b === 0) || shadowed(list, i) ? [] : [[name, fieldText(name, row, bytes)] as const];
  });
}

/** Fields of a uapi struct that are not zero, with their values as text. */
export function structWords(struct: string, bytes: Uint8Array): (readonly [string, string])[] {
  return nonZero(ctxStruct(struct)?.fields ?? {}, bytes);
}

/** The fields of a context that are not zero, as words. */
export function ctxWords(prog: { readonly progType: string; readonly ctxStruct: string }, bytes: Uint8Array): string[] {
  const fields = ctxLayout(prog.progType, prog.ctxStruct)?.fields ?? {};
  return nonZero(fields, bytes).map(([name, text]) => `${name} ${text}`);
}

/** A field of a context that changed. */
export interface CtxChange {
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

/**
 * What became of a context: fields that programs may write or that were given, and those of XDP, which follow the packet; what the
 * kernel filled in by itself is no change. Contexts without fields change byte by byte.
 */
export function ctxChanges(
  prog: { readonly progType: string; readonly ctxStruct: string },
  before: Uint8Array,
  after: Uint8Array,
): CtxChange[] {
  const layout = ctxLayout(prog.progType, prog.ctxStruct);
  if (!layout) return byteChanges(before, after);
  const fields = Object.entries(layout.fields);
  return fields.flatMap(([field, row], i) => {
    if (shadowed(fields, i)) return [];
    const given = before.subarray(row.offset, row.offset + row.size * (row.count ?? 1)).some((b) => b !== 0);
    if (row.write === undefined && !given && layout.struct !== 'xdp_md') return [];
    const [from, to] = [fieldText(field, row, before), fieldText(field, row, after)];
    return from === to ? [] : [{ field, before: from, after: to }];
  });
}

/** Ranges of bytes that differ, as `bytes[4:6]`. */
export function byteChanges(before: Uint8Array, after: Uint8Array): CtxChange[] {
  const changes: CtxChange[] = [];
  const hex = (bytes: Uint8Array, from: number, to: number): string =>
    Array.from(bytes.subarray(from, to), (b) => b.toString(16).padStart(2, '0')).join('');
  for (let at = 0; at < after.length; at++) {
    if (before[at] === after[at]) continue;
    let end = at + 1;
    while (end < after.length && before[end] !== after[end]) end++;
    changes.push({ field: `bytes[${at}:${end}]`, before: hex(before, at, end), after: hex(after, at, end) });
    at = end;
  }
  return changes;
}
