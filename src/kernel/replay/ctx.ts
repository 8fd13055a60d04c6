/** Contexts given field by field, as the bytes that BPF_PROG_TEST_RUN takes as ctx_in. */
import { ctxStruct } from '../../spec/ctx/index.ts';
import type { Result } from '../../util/problem.ts';
import { fail, ok } from '../../util/problem.ts';
import { suggest } from '../../util/suggest.ts';
import { replayProblem } from './messages.ts';

/** Values by field name, arrays for `cb[5]`: `{ ingress_ifindex: 1, cb: [1, 2] }`. */
export type CtxFields = Readonly<Record<string, number | bigint | readonly (number | bigint)[]>>;

function putLittle(bytes: Uint8Array, at: number, size: number, value: bigint): void {
  let rest = BigInt.asUintN(8 * size, value);
  for (let i = 0; i < size; i++, rest >>= 8n) bytes[at + i] = Number(rest & 0xffn);
}

/** Fits the value into `size` bytes, read as unsigned or two's complement? */
function fits(value: bigint, size: number): boolean {
  const bits = BigInt(8 * size);
  return value >= -(1n << (bits - 1n)) && value < 1n << bits;
}

/**
 * The uapi struct with these fields set and all others zero.
 *
 * @param struct `xdp_md`, `__sk_buff` …
 */
export function ctxBytes(struct: string, fields: CtxFields): Result<Uint8Array> {
  const layout = ctxStruct(struct);
  if (!layout) return fail(replayProblem('ctx-none', {}, { struct }));
  const bytes = new Uint8Array(layout.size);
  for (const [name, given] of Object.entries(fields)) {
    const row = Object.hasOwn(layout.fields, name) ? layout.fields[name] : undefined;
    if (!row) {
      const known = Object.keys(layout.fields);
      const hint = suggest(name, known);
      const help = hint === undefined ? `its fields: ${known.join(', ')}` : `did you mean ${hint}?`;
      return fail(replayProblem('ctx-field', {}, { struct, field: name, help }));
    }
    const values = Array.isArray(given) ? given : [given];
    const count = row.count ?? 1;
    if (values.length > count) {
      return fail(replayProblem('ctx-count', {}, { struct, field: name, count, given: values.length }));
    }
    for (const [i, v] of values.entries()) {
      const value = BigInt(v);
      if (!fits(value, row.size)) {
        return fail(replayProblem('ctx-value', {}, { struct, field: name, value: `${value}`, bytes: row.size }));
      }
      putLittle(bytes, row.offset + i * row.size, row.size, value);
    }
  }
  return ok(bytes);
}

/**
 * The context of one packet of a test run: the fields given and, for XDP, data_end, which must be the packet's length
 * whenever a context is passed.
 *
 * @returns undefined when no field is given, so that the kernel makes up the context itself
 */
export function packetCtx(struct: string, fields: CtxFields, length: number): Result<Uint8Array | undefined> {
  if (Object.keys(fields).length === 0) return ok(undefined);
  return ctxBytes(struct, struct === 'xdp_md' ? { data_end: length, ...fields } : fields);
}
