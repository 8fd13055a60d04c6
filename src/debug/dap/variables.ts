/** What there is to see, as a tree that is opened branch by branch; scopes are its roots. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Result } from '../../util/problem.ts';
import type { Edit } from '../session/types.ts';
import type { Client } from './client.ts';
import type { Handles } from './handles.ts';

/** One value. */
export interface Var {
  /** Unique among its siblings. */
  readonly name: string;
  readonly value: string;
  /** The same in hexadecimal, where it is a number. */
  readonly hex?: string;
  readonly type?: string;
  /** An expression that gives it, to be watched and asked for elsewhere. */
  readonly expr?: string;
  /** The expression of what a data breakpoint on it waits for; absent where nothing can be written. */
  readonly watch?: string;
  /** Where it lies in linear memory, or where it points to. */
  readonly address?: number;
  readonly children?: Children;
  /** The edit that gives it a new value, from a text. */
  readonly set?: (text: string) => Result<Edit>;
  readonly hint?: DebugProtocol.VariablePresentationHint;
}

/** What is inside a value: some by name, then some by number. */
export interface Children {
  readonly named: () => readonly Var[];
  /** Instead of `named` where it takes long: each yield is a chance to do something else. */
  readonly work?: () => Generator<undefined, readonly Var[]>;
  readonly indexed?: { readonly count: number; readonly page: (start: number, count: number) => readonly Var[] };
}

/** Children by name only. */
export const namedChildren = (named: () => readonly Var[]): Children => ({ named });

/** Indexed children that a client which does not page gets. */
const UNPAGED = 1000;
/** What one request may get at most. */
const MOST = 10_000;

export interface Shown {
  readonly client: Client;
  readonly handles: Handles<Children>;
  readonly hex: boolean;
}

/** A value for the client. */
export function variableOf(v: Var, shown: Shown): DebugProtocol.Variable {
  const { children } = v;
  const expr = v.expr ?? v.watch;
  return {
    name: v.name,
    value: (shown.hex ? v.hex : undefined) ?? v.value,
    variablesReference: children ? shown.handles.add(children) : 0,
    ...(v.type !== undefined && { type: v.type }),
    ...(expr !== undefined && { evaluateName: expr }),
    ...(v.address !== undefined && { memoryReference: referenceOf(v.address) }),
    ...(children?.indexed && { indexedVariables: children.indexed.count }),
    presentationHint: { ...v.hint, attributes: [...(v.hint?.attributes ?? []), ...(v.set ? [] : ['readOnly'])] },
  };
}

/** A page of children, as `variables` asks for it. */
export function pageOf(children: Children, args: DebugProtocol.VariablesArguments, paging: boolean): readonly Var[] {
  const { filter } = args;
  const named = filter === 'indexed' ? [] : children.named();
  const { indexed } = children;
  if (!indexed || filter === 'named') {
    const start = filter === 'named' || !indexed ? Math.max(args.start ?? 0, 0) : 0;
    return named.slice(start, start + (args.count && args.count > 0 ? args.count : MOST));
  }
  const start = Math.min(Math.max(args.start ?? 0, 0), indexed.count);
  const wanted = args.count && args.count > 0 ? args.count : paging ? MOST : UNPAGED;
  const page = indexed.page(start, Math.min(wanted, MOST, indexed.count - start));
  const left = indexed.count - start - page.length;
  const more = (args.count ?? 0) === 0 && left > 0;
  return [...named, ...page, ...(more ? [{ name: '…', value: `${left} more` }] : [])];
}

/** Indexed children that are looked through for a name. */
const SEARCHED = 10_000;
const PAGE = 500;

/** A child by its name. */
export function childNamed(children: Children, name: string): Var | undefined {
  const named = children.named().find((v) => v.name === name);
  if (named || !children.indexed) return named;
  const { count, page } = children.indexed;
  for (let start = 0; start < Math.min(count, SEARCHED); start += PAGE) {
    const found = page(start, Math.min(PAGE, count - start)).find((v) => v.name === name);
    if (found) return found;
  }
  return undefined;
}

/** An address of linear memory as clients carry it around. */
export function referenceOf(address: number): string {
  return `0x${address.toString(16)}`;
}

/** The address that a client gives back. */
export function addressOf(reference: string): number | undefined {
  const address = /^(0x[0-9a-fA-F]{1,8}|\d{1,10})$/.test(reference) ? Number(reference) : Number.NaN;
  return address < 2 ** 32 ? address : undefined;
}
