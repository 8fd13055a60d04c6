/** Kinds by what can be said of their sizes, and sizes by what the second pass found. */
import type { BtfKind } from '../kinds.ts';
import { intParts } from './describe.ts';
import type { BtfEnv, RawType } from './raw.ts';

/** What has been resolved so far: where modifiers lead to, how large arrays are. */
export interface Resolved {
  readonly env: BtfEnv;
  readonly ids: Uint32Array;
  readonly sizes: Uint32Array;
}

type Kinds = ReadonlySet<BtfKind>;
const MODIFIERS: Kinds = new Set(['typedef', 'volatile', 'const', 'restrict', 'type_tag']);
const RESOLVED: Kinds = new Set([
  ...MODIFIERS,
  'ptr',
  'struct',
  'union',
  'array',
  'var',
  'func',
  'decl_tag',
  'datasec',
]);
const SOURCES: Kinds = new Set(['var', 'decl_tag', 'datasec']);
const SIZELESS: Kinds = new Set(['fwd', 'func', 'func_proto', 'decl_tag']);
const SIZED: Kinds = new Set(['int', 'struct', 'union', 'enum', 'datasec', 'float', 'enum64']);

const has = (kinds: Kinds, t: RawType | undefined): boolean => t !== undefined && kinds.has(t.kind);

export const isModifier = (t: RawType | undefined): boolean => has(MODIFIERS, t);
export const needsResolve = (t: RawType | undefined): boolean => has(RESOLVED, t);
/** Kinds that nothing but a DATASEC or nothing at all refers to. @kernel btf_type_is_resolve_source_only */
export const isSourceOnly = (t: RawType | undefined): boolean => has(SOURCES, t);
/** Void and ids that there are not count too. @kernel btf_type_nosize_or_null */
export const hasNoSize = (t: RawType | undefined): boolean => t === undefined || SIZELESS.has(t.kind);
export const isStruct = (t: RawType | undefined): boolean => t?.kind === 'struct' || t?.kind === 'union';

const REGULAR_BITS = [8, 16, 32, 64, 128];

/** @kernel btf_type_int_is_regular */
export function isRegularInt(t: RawType | undefined): boolean {
  if (t?.kind !== 'int') return false;
  const { offset, bits } = intParts(t);
  return offset === 0 && REGULAR_BITS.includes(bits);
}

function ownSize(r: Resolved, t: RawType): number | undefined {
  if (SIZED.has(t.kind)) return t.size;
  if (t.kind === 'array') return r.sizes[t.id]!;
  return t.kind === 'ptr' ? 8 : undefined;
}

/** The type with a size behind an id, and the size. @kernel btf_type_id_size */
export function typeIdSize(r: Resolved, id: number): { readonly id: number; readonly size: number } | undefined {
  const t = r.env.types[id];
  if (t === undefined || SIZELESS.has(t.kind)) return undefined;
  const own = ownSize(r, t);
  if (own !== undefined) return { id, size: own };
  const behind = r.ids[id]!;
  const to = r.env.types[behind];
  if (to === undefined || SIZELESS.has(to.kind)) return undefined;
  const size = ownSize(r, to);
  return size === undefined ? undefined : { id: behind, size };
}
