/**
 * Context structs and other uapi structs that programs share with the kernel: fields, sizes, who may access them, and what the
 * kernel reads instead (Linux 6.12, x86-64). `(r1 + __sk_buff.data)` in a program is an offset from here.
 */

import { cgroupCtx } from './cgroup.ts';
import { flowCtx } from './flow.ts';
import { paramsCtx } from './params.ts';
import type { CtxField, CtxStruct } from './row.ts';
import { skbCtx } from './skb.ts';
import { skLookupCtx } from './skLookup.ts';
import { skMsgCtx } from './skMsg.ts';
import { sockCtx } from './sock.ts';
import { sockAddrCtx } from './sockAddr.ts';
import { sockOpsCtx } from './sockOps.ts';
import { traceCtx } from './trace.ts';
import { xdpCtx } from './xdp.ts';

export type { CtxField, CtxStruct } from './row.ts';

/** The structs by name. */
export const CONTEXTS: Readonly<Record<string, CtxStruct>> = {
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
};

/** A struct by name; undefined when the tables do not have it. */
export function ctxStruct(name: string): CtxStruct | undefined {
  return Object.hasOwn(CONTEXTS, name) ? CONTEXTS[name] : undefined;
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
