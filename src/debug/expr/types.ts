/** Types by name: from the BTF of the session's maps, from the uapi structs, from the kernel's BTF. */
import { resolveType, typeSize } from '../../btf/format.ts';
import type { KernelBtf } from '../../btf/kernelBtf.ts';
import type { Btf, BtfType } from '../../btf/parse.ts';
import { CONTEXTS } from '../../spec/ctx/index.ts';
import { suggest } from '../../util/suggest.ts';
import { mapTypes } from '../inspect/mapTypes.ts';
import type { View } from '../view.ts';
import type { TypeName } from './ast.ts';
import type { Type } from './value.ts';

/** `s16` … by its name. */
export function scalarType(name: string): Type {
  const size = Number(name.replace(/\D/g, '')) / 8;
  return { kind: 'scalar', name, size, signed: name.startsWith('s'), big: name.startsWith('be') };
}

/** The types of the kernel as far as somebody asked for them, in the shape of a parsed blob. */
class KernelTypesView implements Btf {
  readonly types: readonly (BtfType | undefined)[];
  readonly stringBytes = 0;
  readonly #btf: KernelBtf;

  constructor(btf: KernelBtf) {
    this.#btf = btf;
    this.types = new Proxy([] as (BtfType | undefined)[], {
      get: (target, key, receiver) =>
        typeof key === 'string' && /^\d+$/.test(key) ? btf.type(Number(key)) : Reflect.get(target, key, receiver),
    });
  }

  string(offset: number): string {
    return this.#btf.string(offset);
  }
}

const KERNEL_VIEWS = new WeakMap<KernelBtf, Btf>();

function kernelView(btf: KernelBtf): Btf {
  const known = KERNEL_VIEWS.get(btf) ?? new KernelTypesView(btf);
  KERNEL_VIEWS.set(btf, known);
  return known;
}

function findStruct(btf: Btf, kind: 'struct' | 'union', name: string): number | undefined {
  // Programs name structs without members where they mean those of the kernel.
  const id = btf.types.findIndex(
    (t) => t?.name === name && (t.kind === 'typedef' || (t.kind === kind && t.members.length > 0)),
  );
  return id < 0 ? undefined : id;
}

const ENUMS = new WeakMap<Btf, ReadonlyMap<string, bigint>>();

/** A value that an enum of the maps' types names. */
export function enumNamed(view: View, name: string): bigint | undefined {
  for (const btf of mapBtfs(view)) {
    const known =
      ENUMS.get(btf) ?? new Map(btf.types.flatMap((t) => (t?.kind === 'enum' || t?.kind === 'enum64' ? t.values : [])));
    ENUMS.set(btf, known);
    const value = known.get(name);
    if (value !== undefined) return value;
  }
  return undefined;
}

function* mapBtfs(view: View): Iterable<Btf> {
  const seen = new Set<Btf>();
  for (const map of view.kernel.world.maps) {
    const btf = mapTypes(map)?.btf;
    if (btf && !seen.has(btf)) yield btf;
    if (btf) seen.add(btf);
  }
}

/** A type by name; words for a problem where there is none. */
export function typeNamed(view: View, { kind, name, stars }: TypeName): Type | { readonly help: string } {
  const base = kind === 'scalar' ? scalarType(name) : structNamed(view, kind, name);
  if ('help' in base) return base;
  let type: Type = base;
  for (let i = 0; i < stars; i++) type = { kind: 'pointer', to: type };
  return type;
}

function structNamed(view: View, kind: 'struct' | 'union', name: string): Type | { readonly help: string } {
  for (const btf of mapBtfs(view)) {
    const id = findStruct(btf, kind, name);
    if (id !== undefined) return { kind: 'btf', btf, id, name: '' };
  }
  if (kind === 'struct' && Object.hasOwn(CONTEXTS, name)) return { kind: 'ctx', struct: name };
  const kernel = view.kernel.kernelBtf?.();
  const id = kernel?.find(kind, name);
  if (kernel && id !== undefined) return { kind: 'btf', btf: kernelView(kernel), id, name: '' };
  return { help: typeHelp(view, name, kernel !== undefined) };
}

function typeHelp(view: View, name: string, kernel: boolean): string {
  const known = new Set<string>();
  for (const btf of mapBtfs(view)) for (const t of btf.types) if (t?.kind === 'struct' && t.name) known.add(t.name);
  const hint = suggest(name, [...known, ...Object.keys(CONTEXTS)]);
  if (hint !== undefined) return `did you mean struct ${hint}?`;
  const structs = [...known].slice(0, 20).join(', ') || 'none';
  return `structs of the maps: ${structs}${kernel ? '' : '; types of the kernel are not at hand'}`;
}

/** Bytes of a type; undefined where it has none. */
export function sizeOf(type: Type): number | undefined {
  switch (type.kind) {
    case 'scalar':
      return type.size;
    case 'pointer':
      return 8;
    case 'ctx':
      return CONTEXTS[type.struct]?.size;
    case 'btf':
      return typeSize(type.btf, type.id);
  }
}

/** A type in words. */
export function typeName(type: Type): string {
  switch (type.kind) {
    case 'scalar':
      return type.name;
    case 'pointer':
      return `${typeName(type.to)} *`;
    case 'ctx':
      return `struct ${type.struct}`;
    case 'btf': {
      const found = resolveType(type.btf, type.id);
      const name = found?.names[0] ?? found?.type.name ?? '';
      return `${found?.type.kind ?? 'void'}${name === '' ? '' : ` ${name}`}`;
    }
  }
}

const BIG_ENDIAN = /^(?:__)?be(?:16|32|64)$/;

/** Is it a number in network order? */
export function isBigEndian(type: Type): boolean {
  if (type.kind === 'scalar') return type.big;
  return type.kind === 'btf' && (resolveType(type.btf, type.id)?.names.some((n) => BIG_ENDIAN.test(n)) ?? false);
}

/** The element type of an array, the pointee of a pointer. */
export function elementType(type: Type): Type | undefined {
  if (type.kind === 'pointer') return type.to;
  if (type.kind !== 'btf') return undefined;
  const resolved = resolveType(type.btf, type.id)?.type;
  if (resolved?.kind !== 'array' && resolved?.kind !== 'ptr') return undefined;
  return { kind: 'btf', btf: type.btf, id: resolved.type, name: type.name };
}

/** Is it an array (and no pointer)? */
export function isArray(type: Type): boolean {
  return type.kind === 'btf' && resolveType(type.btf, type.id)?.type.kind === 'array';
}
