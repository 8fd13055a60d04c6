/**
 * Context structs and other uapi structs that programs share with the kernel: fields, sizes, who may access them, and what the
 * kernel reads instead (Linux 6.12, x86-64). `(r1 + __sk_buff.data)` in a program is an offset from here.
 */

import { cgroupCtx } from './ctx/cgroup.ts';
import { flowCtx } from './ctx/flow.ts';
import { paramsCtx } from './ctx/params.ts';
import type { CtxField, CtxStruct } from './ctx/row.ts';
import { skbCtx } from './ctx/skb.ts';
import { skLookupCtx } from './ctx/skLookup.ts';
import { skMsgCtx } from './ctx/skMsg.ts';
import { sockCtx } from './ctx/sock.ts';
import { sockAddrCtx } from './ctx/sockAddr.ts';
import { sockOpsCtx } from './ctx/sockOps.ts';
import { traceCtx } from './ctx/trace.ts';
import { xdpCtx } from './ctx/xdp.ts';

export type { CtxAccess, CtxConversion, CtxField, CtxPath, CtxSource, CtxStruct } from './ctx/row.ts';

export const CTX_STRUCTS = {
  ...skbCtx,
  ...xdpCtx,
  ...sockCtx,
  ...sockAddrCtx,
  ...sockOpsCtx,
  ...skLookupCtx,
  ...skMsgCtx,
  ...cgroupCtx,
  ...flowCtx,
  ...traceCtx,
  ...paramsCtx,
} as const;

export type CtxName = keyof typeof CTX_STRUCTS;

/** A struct by name; undefined when the tables do not have it. */
export function ctxStruct(name: string): CtxStruct | undefined {
  return Object.hasOwn(CTX_STRUCTS, name) ? CTX_STRUCTS[name as CtxName] : undefined;
}

/** A field by `struct` and `field` name; undefined when there is none. */
export function ctxField(struct: string, field: string): CtxField | undefined {
  const fields = ctxStruct(struct)?.fields;
  return fields !== undefined && Object.hasOwn(fields, field) ? fields[field] : undefined;
}

/** Name and row of the field that covers a byte of a struct; undefined for padding and beyond the end. */
export function ctxFieldAt(
  struct: string,
  offset: number,
): { readonly name: string; readonly field: CtxField } | undefined {
  for (const [name, field] of Object.entries(ctxStruct(struct)?.fields ?? {})) {
    if (offset >= field.offset && offset < field.offset + field.size * (field.count ?? 1)) return { name, field };
  }
  return undefined;
}
