/** The record of a value's special fields, with what their pointers and roots lead to. */
import { ERRNO } from '../spec/errno.ts';
import { KPTR_DTORS } from '../spec/kfuncs/dtors.ts';
import { FIELD_KINDS, type FieldKind, type FoundField, findFields, findKptr } from './fields.ts';
import type { KernelBtf } from './kernelBtf.ts';
import type { Btf } from './parse.ts';
import { btfFindByNameKind } from './sized.ts';

/** What a kptr points to. */
interface KptrTarget {
  /** The kernel's struct of that name, or the program's own. */
  readonly btf: 'kernel' | 'prog';
  readonly type_id: number;
  readonly name: string;
  /** Function that drops a reference, of `kptr` to a struct of the kernel. */
  readonly dtor: string | undefined;
}

/** What a list's head or a tree's root holds. */
interface GraphRoot {
  /** Struct in the program's BTF. */
  readonly value_btf_id: number;
  /** Where in the struct the node lies. */
  readonly node_offset: number;
}

/** One special field. */
export interface BtfField {
  readonly kind: FieldKind;
  readonly offset: number;
  readonly size: number;
  readonly kptr?: KptrTarget;
  readonly root?: GraphRoot;
}

/** Special fields by their offsets. */
export interface BtfRecord {
  readonly fields: readonly BtfField[];
}

/** The kernel's BTF, asked for only when a kptr needs it. */
export type KernelBtfSource = () => Pick<KernelBtf, 'find'>;

const { EFAULT, EEXIST, EINVAL, ENOENT, ELOOP } = ERRNO;
const NODES: Readonly<Partial<Record<FieldKind, FieldKind>>> = { list_head: 'list_node', rb_root: 'rb_node' };

/** Special fields that values of maps may have. */
export const MAP_FIELDS: ReadonlySet<FieldKind> = new Set([
  'spin_lock',
  'timer',
  'kptr',
  'list_head',
  'rb_root',
  'refcount',
  'wq',
]);

/** Those of objects that a program allocates. */
const OBJECT_FIELDS: ReadonlySet<FieldKind> = new Set([
  'spin_lock',
  'list_head',
  'list_node',
  'rb_root',
  'rb_node',
  'refcount',
  'kptr',
]);

/** Structs that make the struct around them special. */
const OBJECT_STRUCTS = (['spin_lock', 'list_head', 'list_node', 'rb_root', 'rb_node', 'refcount'] as const).map(
  (kind) => FIELD_KINDS[kind].struct,
);

/** @kernel btf_parse_kptr */
function parseKptr(btf: Btf, field: FoundField, kernel: KernelBtfSource): KptrTarget | number {
  const type_id = field.target!;
  const { name } = btf.types[type_id]!;
  const found = kernel().find('struct', name);
  if (found === undefined) return { btf: 'prog', type_id, name, dtor: undefined };
  const dtors: Readonly<Record<string, string>> = KPTR_DTORS;
  const dtor = field.kind === 'kptr' && Object.hasOwn(dtors, name) ? dtors[name] : undefined;
  if (field.kind === 'kptr' && dtor === undefined) return -ENOENT;
  return { btf: 'kernel', type_id: found, name, dtor };
}

/** @kernel btf_parse_graph_root */
function parseRoot(btf: Btf, field: FoundField): GraphRoot | number {
  const { type: value_btf_id, node } = field.contains!;
  const nodeKind = FIELD_KINDS[NODES[field.kind]!];
  const struct = btf.types[value_btf_id];
  if (struct?.kind !== 'struct') return -EINVAL;
  let root: GraphRoot | undefined;
  for (const m of struct.members) {
    if (m.name !== node) continue;
    if (root) return -EINVAL;
    const type = btf.types[m.type];
    if (type?.kind !== 'struct' || type.name !== nodeKind.struct) return -EINVAL;
    if (m.bitOffset % (8 * nodeKind.align) !== 0) return -EINVAL;
    root = { value_btf_id, node_offset: m.bitOffset / 8 };
  }
  return root ?? -ENOENT;
}

function parseField(btf: Btf, found: FoundField, kernel: KernelBtfSource): BtfField | number {
  const plain = { kind: found.kind, offset: found.offset, size: FIELD_KINDS[found.kind].size };
  if (found.target !== undefined) {
    const kptr = parseKptr(btf, found, kernel);
    return typeof kptr === 'number' ? kptr : { ...plain, kptr };
  }
  if (!found.contains) return plain;
  const root = parseRoot(btf, found);
  return typeof root === 'number' ? root : { ...plain, root };
}

/**
 * The special fields of a type's values: a record, undefined when there are none, a negated errno when they are wrong.
 * @kernel btf_parse_fields
 */
export function btfParseFields(
  btf: Btf,
  id: number,
  mask: ReadonlySet<FieldKind>,
  valueSize: number,
  kernel: KernelBtfSource,
): BtfRecord | undefined | number {
  const found = findFields(btf, id, mask);
  if (typeof found === 'number') return found;
  if (found.length === 0) return undefined;
  const fields: BtfField[] = [];
  let next = 0;
  for (const one of found) {
    const end = one.offset + FIELD_KINDS[one.kind].size;
    if (end > valueSize) return -EFAULT;
    if (one.offset < next) return -EEXIST;
    next = end;
    const field = parseField(btf, one, kernel);
    if (typeof field === 'number') return field;
    fields.push(field);
  }
  const has = (kind: FieldKind): boolean => fields.some((f) => f.kind === kind);
  if ((has('list_head') || has('rb_root')) && !has('spin_lock')) return -EINVAL;
  if (has('list_node') && has('rb_node') && !has('refcount')) return -EINVAL;
  return { fields: fields.sort((a, b) => a.offset - b.offset) };
}

/** Records of the structs that hold special fields, by their ids (btf_struct_metas). */
export type StructMetas = ReadonlyMap<number, BtfRecord>;

/** @kernel btf_parse_struct_metas */
export function btfParseStructMetas(btf: Btf, kernel: KernelBtfSource): StructMetas | number {
  const special = new Set(OBJECT_STRUCTS.map((name) => btfFindByNameKind(btf, name, 'struct')));
  for (const [id, type] of btf.types.entries()) {
    if (typeof findKptr(btf, type, 0) === 'object') special.add(id);
  }
  const metas = new Map<number, BtfRecord>();
  for (const [id, type] of btf.types.entries()) {
    if (type?.kind !== 'struct' || !type.members.some((m) => special.has(m.type))) continue;
    const record = btfParseFields(btf, id, OBJECT_FIELDS, type.size, kernel);
    if (typeof record === 'number') return record;
    if (!record) return -EFAULT;
    metas.set(id, record);
  }
  return metas;
}

/** Objects may not own each other in a circle. @kernel btf_check_and_fixup_fields */
export function btfCheckOwnership(record: BtfRecord, metas: StructMetas): number {
  const isNode = record.fields.some((f) => f.kind === 'list_node' || f.kind === 'rb_node');
  for (const { root } of record.fields) {
    if (!root) continue;
    const value = metas.get(root.value_btf_id);
    if (!value) return -EFAULT;
    if (isNode && value.fields.some((f) => f.root !== undefined)) return -ELOOP;
  }
  return 0;
}
