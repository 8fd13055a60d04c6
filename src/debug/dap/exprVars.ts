/** Values of expressions as variables that can be opened: members of structs, elements of arrays, what pointers lead to. */
import { resolveType } from '../../btf/format.ts';
import type { Result } from '../../util/problem.ts';
import { ok } from '../../util/problem.ts';
import { evaluate, formatValue, parseExpr, place } from '../expr/index.ts';
import { memberNames } from '../expr/structs.ts';
import { isArray, typeName } from '../expr/types.ts';
import type { Type, Value } from '../expr/value.ts';
import { describeText } from '../inspect/pointer.ts';
import type { View } from '../view.ts';
import { mapChildren } from './scopes/maps.ts';
import { setExpr } from './settable.ts';
import { type Children, namedChildren, type Var } from './variables.ts';

/** Deepest expression that is opened: each branch makes it longer. */
const MAX_LENGTH = 2000;

/** The value of an expression, with what is inside. */
export function exprVar(name: string, text: string, view: View): Result<Var> {
  const expr = parseExpr(text);
  if (!expr.ok) return expr;
  const value = evaluate(expr.value, view);
  if (!value.ok) return value;
  const named = place(expr.value, view);
  const children = text.length > MAX_LENGTH ? undefined : childrenOf(text, value.value, view);
  const address = addressOf(value.value, named);
  return ok({
    name,
    value: valueText(value.value, view),
    ...hexOf(value.value),
    type: kindOf(value.value),
    expr: text,
    ...(named && { watch: text, set: setExpr(text, view) }),
    ...(address !== undefined && { address }),
    ...(children && { children }),
  });
}

/** The same where only what is inside is wanted. */
export function exprChildren(text: string, view: View): Children | undefined {
  const found = exprVar('', text, view);
  return found.ok ? found.value.children : undefined;
}

function valueText(value: Value, view: View): string {
  const text = formatValue(value);
  if (value.kind !== 'number' || (value.form && value.form.kind !== 'pointer')) return text;
  const words = describeText(view, value.value);
  return words === '' ? text : `0x${value.value.toString(16)} ${words}`;
}

function hexOf(value: Value): { readonly hex?: string } {
  return value.kind === 'map' || value.kind === 'absent' ? {} : { hex: formatValue(value, { radix: 'x' }) };
}

function kindOf(value: Value): string {
  if (value.kind === 'typed') return typeName(typeOf(value.typed));
  if (value.kind === 'bytes') return `${value.bytes.length} bytes`;
  if (value.kind !== 'number') return value.kind;
  const { form } = value;
  if (form?.kind === 'pointer') return form.to ? `${typeName(form.to)} *` : 'pointer';
  return form?.kind === 'typed' ? typeName(typeOf(form.typed)) : (form?.kind ?? 'number');
}

const typeOf = ({ btf, id, name }: Extract<Value, { kind: 'typed' }>['typed']): Type => ({
  kind: 'btf',
  btf,
  id,
  name,
});

/** Where a value lies, or where a pointer leads. */
function addressOf(value: Value, named: ReturnType<typeof place>): number | undefined {
  if (value.kind === 'number' && value.form?.kind === 'pointer') return Number(value.value & 0xffff_ffffn);
  if (named?.kind === 'memory' || named?.kind === 'ctx') return named.at;
  return named?.kind === 'map' ? named.at : undefined;
}

function childrenOf(text: string, value: Value, view: View): Children | undefined {
  const base = /^[\w$]+(?:\.\w+|\[[\w:]+\]|->\w+)*$/.test(text) ? text : `(${text})`;
  const member = (name: string, join: string): Var[] => {
    const found = exprVar(name, `${base}${join}${name}`, view);
    return found.ok ? [found.value] : [];
  };
  switch (value.kind) {
    case 'map':
      return mapChildren(value.map, view);
    case 'bytes':
      return indexed(value.bytes.length, base, view);
    case 'typed': {
      const type = typeOf(value.typed);
      if (isArray(type)) return indexed(countOf(value.typed), base, view);
      const names = memberNames(value.typed.btf, value.typed.id);
      return names.length === 0 ? undefined : namedChildren(() => names.flatMap((name) => member(name, '.')));
    }
    case 'number': {
      const to = value.form?.kind === 'pointer' && value.value !== 0n ? value.form.to : undefined;
      if (to?.kind !== 'btf') return undefined;
      const names = memberNames(to.btf, to.id);
      return names.length === 0 ? undefined : namedChildren(() => names.flatMap((name) => member(name, '->')));
    }
    case 'absent':
      return undefined;
  }
}

function countOf({ btf, id }: { readonly btf: Parameters<typeof resolveType>[0]; readonly id: number }): number {
  const type = resolveType(btf, id)?.type;
  return type?.kind === 'array' ? type.count : 0;
}

function indexed(count: number, base: string, view: View): Children | undefined {
  if (count === 0) return undefined;
  return {
    named: () => [],
    indexed: {
      count,
      page: (start, length) =>
        Array.from({ length: Math.min(length, count - start) }, (_, i): Var => {
          const name = `[${start + i}]`;
          const found = exprVar(name, `${base}${name}`, view);
          return found.ok ? found.value : { name, value: 'unavailable' };
        }),
    },
  };
}
