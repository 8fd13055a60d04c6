/** Where a struct or section holds fields with rules of their own: locks, timers, pointers to objects, lists and trees. */
import { ERRNO } from '../spec/errno.ts';
import type { Btf, BtfType } from './parse.ts';
import { btfFindByNameKind } from './sized.ts';

/** Kinds of special fields (enum btf_field_type). */
export type FieldKind = keyof typeof FIELD_KINDS;

/** Bytes that a field takes and is aligned to, the struct's name where it has one. */
export const FIELD_KINDS = {
  spin_lock: { size: 4, align: 4, struct: 'bpf_spin_lock', once: true },
  timer: { size: 16, align: 8, struct: 'bpf_timer', once: true },
  wq: { size: 16, align: 8, struct: 'bpf_wq', once: true },
  list_head: { size: 16, align: 8, struct: 'bpf_list_head', once: false },
  list_node: { size: 24, align: 8, struct: 'bpf_list_node', once: false },
  rb_root: { size: 16, align: 8, struct: 'bpf_rb_root', once: false },
  rb_node: { size: 32, align: 8, struct: 'bpf_rb_node', once: false },
  refcount: { size: 4, align: 4, struct: 'bpf_refcount', once: true },
  kptr_untrusted: { size: 8, align: 8, struct: undefined, once: false },
  kptr: { size: 8, align: 8, struct: undefined, once: false },
  percpu_kptr: { size: 8, align: 8, struct: undefined, once: false },
} as const;

/** A field as it was found, before its target is known. */
export interface FoundField {
  readonly kind: FieldKind;
  readonly offset: number;
  /** What a kptr points to: an id in the program's BTF. */
  readonly target?: number;
  /** Of a root: the struct that its nodes lie in, and the node's member. */
  readonly contains?: { readonly type: number; readonly node: string };
}

/** Fields, or a negated errno. */
export type Found = readonly FoundField[] | number;

const { EINVAL, E2BIG, ENOENT } = ERRNO;
/** BTF_FIELDS_MAX. */
const MAX_FIELDS = 11;
const MAX_DEPTH = 32;
const CONTAINS = 'contains:';
const KPTR_TAGS: ReadonlySet<string> = new Set(['kptr_untrusted', 'kptr', 'percpu_kptr']);
const ROOTS: ReadonlySet<FieldKind> = new Set(['list_head', 'rb_root']);
const REPEATABLE: ReadonlySet<FieldKind> = new Set(['kptr_untrusted', 'kptr', 'percpu_kptr', 'list_head', 'rb_root']);

interface Search {
  readonly btf: Btf;
  /** Fields that are looked for; `kptr` stands for all three kinds. */
  readonly mask: ReadonlySet<FieldKind>;
}

type Ptr = Extract<BtfType, { readonly params?: never; readonly type: number }>;

/** The pointer of a field that may hold an object; undefined where it is none. @kernel btf_find_kptr */
export function findKptr(btf: Btf, type: BtfType | undefined, offset: number): FoundField | undefined | number {
  const ptr = type?.kind === 'volatile' ? btf.types[type.type] : type;
  if (ptr?.kind !== 'ptr') return undefined;
  const tag = btf.types[(ptr as Ptr).type];
  if (tag?.kind !== 'type_tag') return undefined;
  let to = btf.types[(tag as Ptr).type];
  if (to?.kind === 'type_tag' || !KPTR_TAGS.has(tag.name)) return -EINVAL;
  let target = (tag as Ptr).type;
  for (let left = MAX_DEPTH; to && left > 0; left--) {
    if (!['typedef', 'const', 'volatile', 'restrict', 'type_tag'].includes(to.kind)) break;
    target = (to as Ptr).type;
    to = btf.types[target];
  }
  return to?.kind === 'struct' ? { kind: tag.name as FieldKind, offset, target } : -EINVAL;
}

/** What a root's tag says that it contains. @kernel btf_find_graph_root */
function findRoot(btf: Btf, owner: number, component: number): FoundField['contains'] | number {
  const tags = btf.types.filter(
    (t) => t?.kind === 'decl_tag' && t.type === owner && t.component === component && t.name.startsWith(CONTAINS),
  );
  if (tags.length !== 1) return -EINVAL;
  const value = tags[0]!.name.slice(CONTAINS.length);
  const colon = value.indexOf(':');
  if (colon < 0) return -EINVAL;
  const type = btfFindByNameKind(btf, value.slice(0, colon), 'struct');
  if (type === undefined) return -ENOENT;
  const node = value.slice(colon + 1);
  return node === '' ? -EINVAL : { type, node };
}

/** The same fields once for each element of an array. @kernel btf_repeat_fields */
function repeat(fields: readonly FoundField[], times: number, step: number, room: number): Found {
  if (times === 1) return fields;
  if (fields.some((f) => !REPEATABLE.has(f.kind))) return -EINVAL;
  if (fields.length * times > room) return -E2BIG;
  return Array.from({ length: times }, (_, i) => fields.map((f) => ({ ...f, offset: f.offset + i * step }))).flat();
}

/** Which kind a type's name tells. @kernel btf_get_field_type */
function fieldKind(s: Search, type: BtfType, seen: Set<FieldKind>): FieldKind | undefined | number {
  for (const [name, row] of Object.entries(FIELD_KINDS)) {
    const kind = name as FieldKind;
    if (row.struct !== type.name || !s.mask.has(kind)) continue;
    if (row.once && seen.has(kind)) return -E2BIG;
    seen.add(kind);
    return kind;
  }
  return s.mask.has('kptr') && type.kind !== 'struct' ? 'kptr' : undefined;
}

interface Place {
  /** The struct or variable that the field belongs to, and its member there. */
  readonly owner: number;
  readonly component: number;
  readonly offset: number;
  /** Bytes that a section says, 0 for members. */
  readonly size: number;
}

/** @kernel btf_find_field_one */
function findOne(s: Search, at: Place, id: number, seen: Set<FieldKind>, room: number, depth: number): Found {
  const { btf } = s;
  let type = btf.types[id];
  let [typeId, count, left] = [id, 1, MAX_DEPTH];
  for (; left > 0 && type?.kind === 'array'; left--) {
    count = Math.imul(count, type.count) >>> 0;
    typeId = type.type;
    type = btf.types[typeId];
  }
  if (left === 0) return -E2BIG;
  if (count === 0 || !type) return [];
  const kind = fieldKind(s, type, seen);
  if (typeof kind === 'number') return kind;
  if (kind === undefined) {
    if (type.kind !== 'struct' || (at.size !== 0 && at.size !== Math.imul(type.size, count) >>> 0)) return [];
    if (depth + 1 >= MAX_DEPTH) return -E2BIG;
    const inner = findMembers(s, typeId, seen, room, depth + 1);
    if (typeof inner === 'number' || inner.length === 0) return inner;
    const moved = inner.map((f) => ({ ...f, offset: f.offset + at.offset }));
    return repeat(moved, count, type.size, room);
  }
  const { size, align } = FIELD_KINDS[kind];
  if (at.size !== 0 && at.size !== Math.imul(size, count) >>> 0) return [];
  if (at.offset % align !== 0) return [];
  let field: FoundField | undefined | number = { kind, offset: at.offset };
  if (kind === 'kptr') field = findKptr(btf, type, at.offset);
  else if (type.kind !== 'struct' || type.size !== size) return [];
  else if (ROOTS.has(kind)) {
    const contains = findRoot(btf, at.owner, at.component);
    if (typeof contains === 'number') return contains;
    field = { kind, offset: at.offset, ...(contains && { contains }) };
  }
  if (field === undefined) return [];
  if (typeof field === 'number') return field;
  return room === 0 ? -E2BIG : repeat([field], count, size, room);
}

/** @kernel btf_find_struct_field */
function findMembers(s: Search, id: number, seen: Set<FieldKind>, room: number, depth: number): Found {
  const struct = s.btf.types[id];
  if (struct?.kind !== 'struct') return -EINVAL;
  const found: FoundField[] = [];
  for (const [i, m] of struct.members.entries()) {
    if (m.bitOffset % 8 !== 0) return -EINVAL;
    const at = { owner: id, component: i, offset: m.bitOffset / 8, size: 0 };
    const fields = findOne(s, at, m.type, seen, room - found.length, depth);
    if (typeof fields === 'number') return fields;
    found.push(...fields);
  }
  return found;
}

/** @kernel btf_find_datasec_var */
function findVars(s: Search, section: BtfType & { readonly kind: 'datasec' }): Found {
  const found: FoundField[] = [];
  const seen = new Set<FieldKind>();
  for (const { type, offset, size } of section.vars) {
    const variable = s.btf.types[type];
    if (variable?.kind !== 'var') return -EINVAL;
    const at = { owner: type, component: -1, offset, size };
    const fields = findOne(s, at, variable.type, seen, MAX_FIELDS - found.length, 0);
    if (typeof fields === 'number') return fields;
    found.push(...fields);
  }
  return found;
}

/** Special fields in order of declaration. @kernel btf_find_field */
export function findFields(btf: Btf, id: number, mask: ReadonlySet<FieldKind>): Found {
  const type = btf.types[id];
  const s = { btf, mask };
  if (type?.kind === 'struct') return findMembers(s, id, new Set(), MAX_FIELDS, 0);
  return type?.kind === 'datasec' ? findVars(s, type) : -EINVAL;
}
