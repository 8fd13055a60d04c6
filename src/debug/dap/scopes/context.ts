/** The context's fields, as the program reads them. */
import { type CtxRow, ctxNow } from '../../inspect/ctx.ts';
import { setExpr } from '../settable.ts';
import { type Children, namedChildren, type Var } from '../variables.ts';
import type { Look } from './index.ts';

export function context({ view, depth }: Look): Children | undefined {
  if (depth === undefined || !ctxNow(view)) return undefined;
  return namedChildren(() => {
    const now = ctxNow(view);
    return (now?.rows ?? []).map((row) => fieldVar(row, now?.address ?? 0, view));
  });
}

function fieldVar(row: CtxRow, base: number, view: Look['view']): Var {
  const { name, offset, type, values, text, pointer, writable } = row;
  const named = /^\w+$/.test(name);
  const expr = named ? `ctx.${name}` : `*(u64 *)(ctx + ${offset})`;
  const address = pointer?.address ?? base + offset;
  if (values.length > 1) {
    const size = row.size / values.length;
    const page = (start: number, count: number): Var[] =>
      (ctxNow(view)?.rows.find((r) => r.name === name)?.values ?? values)
        .slice(start, start + count)
        .map((value, i): Var => {
          const element = `${expr}[${start + i}]`;
          return {
            ...numberVar(`[${start + i}]`, value),
            type,
            expr: element,
            watch: element,
            address: base + offset + size * (start + i),
            ...(writable && { set: setExpr(element, view) }),
          };
        });
    return {
      name,
      value: text,
      type: `${type}[${values.length}]`,
      address,
      children: { named: () => [], indexed: { count: values.length, page } },
    };
  }
  return {
    ...numberVar(name, values[0] ?? 0n),
    value: text,
    type,
    expr,
    watch: expr,
    address,
    ...(writable && { set: setExpr(expr, view) }),
  };
}

function numberVar(name: string, value: bigint): Var {
  return { name, value: `${value}`, hex: `0x${value.toString(16)}` };
}
