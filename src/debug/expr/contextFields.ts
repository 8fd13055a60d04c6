/** Fields of contexts and of other uapi structs that programs see through views: `ctx.mark`, `((struct bpf_sock *)r6)->family`. */
import { addressOf } from '../../kernel/replay/ctx.ts';
import { ctxField, ctxStruct } from '../../spec/ctx/index.ts';
import type { CtxField } from '../../spec/ctx/row.ts';
import { VIEW_STRUCTS } from '../../vm/ctxView.ts';
import type { View } from '../view.ts';
import type { Spot } from './spot.ts';
import { scalarType } from './types.ts';
import type { Type, Value } from './value.ts';
import { number } from './value.ts';

const SCALAR = /^(?:[us](?:8|16|32|64)|be(?:16|32|64))$/;
const POINTER = /^struct (\w+) \*$/;

/** The struct that the view at an address shows; undefined where there is none. */
export function viewStruct(view: View, address: number): string | undefined {
  const region = view.kernel.arena.region(address);
  if ((region?.kind !== 'ctx' && region?.kind !== 'ctx memory') || region.lo !== address) return undefined;
  return VIEW_STRUCTS[region.tag] || view.machine?.prog.ctxStruct;
}

/** A pointer to the context of what runs; undefined where it has none. */
export function contextPointer(view: View): Value | undefined {
  const context = view.running?.run.context;
  const struct = view.machine?.prog.ctxStruct;
  if (!context || struct === undefined) return undefined;
  return number(context.address, { kind: 'pointer', to: { kind: 'ctx', struct } });
}

function rowType(row: CtxField): Type | undefined {
  const to = POINTER.exec(row.type)?.[1];
  if (to !== undefined) return ctxStruct(to) ? { kind: 'pointer', to: { kind: 'ctx', struct: to } } : undefined;
  return SCALAR.test(row.type) ? scalarType(row.type) : undefined;
}

/** A field of the struct whose view (or memory) begins at an address; undefined where the struct has none of that name. */
export function contextSpot(view: View, address: number, struct: string, name: string): Spot | undefined {
  const row = ctxField(struct, name);
  if (!row) return undefined;
  const at = address + row.offset;
  const viewed = view.kernel.arena.region(address)?.kind === 'ctx';
  const where = viewed
    ? ({ kind: 'ctx', at, struct, field: name, unit: row.size } as const)
    : ({ kind: 'memory', at } as const);
  const family = addressOf(name, row);
  if (family !== undefined) {
    const form = family === 4 ? { form: { kind: 'ipv4' } as const } : {};
    return {
      where,
      size: row.size * (row.count ?? 1),
      order: 'network',
      ...form,
      ...(family === 6 && { raw: 'ipv6' }),
    };
  }
  const type = rowType(row);
  if (row.count !== undefined) {
    const element = type ?? scalarType(`u${8 * row.size}`);
    return { where, size: row.size * row.count, raw: true, elements: element };
  }
  return { where, size: row.size, ...(type && { type }) };
}

/** Names of a struct's fields. */
export function contextFields(struct: string): string[] {
  return Object.keys(ctxStruct(struct)?.fields ?? {});
}
