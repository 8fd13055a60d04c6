/** C types as `.struct`, `.func` and `.map` name them, with C's sizes and alignments on x86-64. */
import { alignUp } from '../util/bits.ts';

export type CType =
  | { readonly kind: 'void' }
  | {
      readonly kind: 'int';
      /** Name of the C type: `unsigned int`. */
      readonly c: string;
      /** Names it is known by through typedefs, outermost first: `__be32`, `__u32`. */
      readonly typedefs: readonly string[];
      readonly size: number;
      readonly signed: boolean;
      readonly char?: true;
      readonly bool?: true;
    }
  | StructType
  | { readonly kind: 'ptr'; readonly to: CType; readonly tag?: string }
  | { readonly kind: 'const'; readonly of: CType }
  | { readonly kind: 'array'; readonly of: CType; readonly count: number };

interface Member {
  readonly name: string;
  readonly type: CType;
  readonly offset: number;
}

export interface StructType {
  readonly kind: 'struct';
  readonly union: boolean;
  /** '' for an anonymous one. */
  readonly name: string;
  members: readonly Member[];
  size: number;
  align: number;
  /** Only its name is known. */
  incomplete: boolean;
}

export const MAX_TYPE_SIZE = 2 ** 29;

const int = (c: string, size: number, signed: boolean, typedefs: readonly string[] = []): CType & { kind: 'int' } => ({
  kind: 'int',
  c,
  typedefs,
  size,
  signed,
});

const C_INTS = [
  [1, 'unsigned char', 'signed char'],
  [2, 'unsigned short', 'short'],
  [4, 'unsigned int', 'int'],
  [8, 'unsigned long long', 'long long'],
] as const;

function scalarTypes(): Map<string, CType> {
  const types = new Map<string, CType>();
  for (const [size, unsigned, signed] of C_INTS) {
    const bits = size * 8;
    types.set(`u${bits}`, int(unsigned, size, false, [`__u${bits}`]));
    types.set(`__u${bits}`, int(unsigned, size, false, [`__u${bits}`]));
    types.set(`s${bits}`, int(signed, size, true, [`__s${bits}`]));
    types.set(`__s${bits}`, int(signed, size, true, [`__s${bits}`]));
    if (size === 1) continue;
    for (const order of ['be', 'le']) {
      const swapped = int(unsigned, size, false, [`__${order}${bits}`, `__u${bits}`]);
      types.set(`${order}${bits}`, swapped);
      types.set(`__${order}${bits}`, swapped);
    }
  }
  types.set('char', { ...int('char', 1, true), char: true });
  types.set('bool', { ...int('_Bool', 1, false), bool: true });
  types.set('short', int('short', 2, true));
  types.set('int', int('int', 4, true));
  types.set('long', int('long', 8, true));
  types.set('void', { kind: 'void' });
  return types;
}

/** Types of one word that need no declaration. */
export const SCALAR_TYPES: ReadonlyMap<string, CType> = scalarTypes();

/** Structs that the kernel knows by name and size: words of their opaque array, and the size of a word. */
const KERNEL_STRUCTS: Readonly<Record<string, readonly [words: number, wordSize: 4 | 8]>> = {
  bpf_spin_lock: [1, 4],
  bpf_refcount: [1, 4],
  bpf_timer: [2, 8],
  bpf_wq: [2, 8],
  bpf_dynptr: [2, 8],
  bpf_list_head: [2, 8],
  bpf_list_node: [3, 8],
  bpf_rb_root: [2, 8],
  bpf_rb_node: [4, 8],
};

/** A kernel struct that may stand in map values: `struct bpf_timer`. */
export function kernelStruct(name: string): StructType | undefined {
  if (!Object.hasOwn(KERNEL_STRUCTS, name)) return undefined;
  const [words, wordSize] = KERNEL_STRUCTS[name]!;
  const word = SCALAR_TYPES.get(wordSize === 4 ? 'u32' : 'u64')!;
  const lock = name === 'bpf_spin_lock';
  const member: Member = {
    name: lock ? 'val' : '__opaque',
    type: lock ? word : { kind: 'array', of: word, count: words },
    offset: 0,
  };
  const size = words * wordSize;
  return { kind: 'struct', union: false, name, members: [member], size, align: wordSize, incomplete: false };
}

/** Bytes of a type; undefined where it has no size (void, a struct that only has a name). */
export function sizeOf(type: CType): number | undefined {
  switch (type.kind) {
    case 'void':
      return undefined;
    case 'int':
      return type.size;
    case 'struct':
      return type.incomplete ? undefined : type.size;
    case 'ptr':
      return 8;
    case 'const':
      return sizeOf(type.of);
    case 'array': {
      const one = sizeOf(type.of);
      return one === undefined ? undefined : one * type.count;
    }
  }
}

function alignOf(type: CType): number {
  switch (type.kind) {
    case 'void':
      return 1;
    case 'int':
      return type.size;
    case 'struct':
      return type.align;
    case 'ptr':
      return 8;
    case 'const':
    case 'array':
      return alignOf(type.of);
  }
}

/** Lays members out by C's rules, into a struct that may already be pointed to. */
export function layOut(
  into: StructType,
  fields: readonly { readonly name: string; readonly type: CType }[],
  packed: boolean,
): void {
  let size = 0;
  let align = 1;
  const members: Member[] = [];
  for (const field of fields) {
    const own = packed ? 1 : alignOf(field.type);
    const offset = into.union ? 0 : alignUp(size, own);
    members.push({ ...field, offset });
    size = Math.max(size, offset + (sizeOf(field.type) ?? 0));
    align = Math.max(align, own);
  }
  into.members = members;
  into.align = align;
  into.size = alignUp(size, align);
  into.incomplete = false;
}

/** The member a path of names leads to; members of anonymous structs and unions count as the outer one's. */
export function findMember(struct: StructType, path: readonly string[]): { offset: number; type: CType } | undefined {
  const [first, ...rest] = path;
  for (const m of struct.members) {
    if (m.name === '' && m.type.kind === 'struct') {
      const inner = findMember(m.type, path);
      if (inner) return { offset: m.offset + inner.offset, type: inner.type };
    }
    if (m.name !== first) continue;
    if (rest.length === 0) return { offset: m.offset, type: m.type };
    if (m.type.kind !== 'struct') return undefined;
    const inner = findMember(m.type, rest);
    return inner && { offset: m.offset + inner.offset, type: inner.type };
  }
  return undefined;
}

/** Names of a struct's fields, nested ones with dots. */
export function* memberNames(struct: StructType, prefix = '', depth = 0): Iterable<string> {
  if (depth > 8) return;
  for (const m of struct.members) {
    const own = prefix + m.name;
    if (m.name !== '') yield own;
    if (m.type.kind === 'struct') yield* memberNames(m.type, m.name === '' ? prefix : `${own}.`, depth + 1);
  }
}
