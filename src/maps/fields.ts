import type { FieldKind } from '../btf/fields.ts';
import type { BtfRecord } from '../btf/record.ts';
import type { Arena } from '../mem/arena.ts';
import { MAP } from './object.ts';

/**
 * The special fields of a map's values, as the map object lists them: what each is, where it lies, how many bytes it
 * takes, and how what it holds is given back.
 */
export const FIELD = { kind: 0, offset: 4, sizeAndRelease: 8, size: 12 } as const;

/** Numbers of the kinds in a list. */
const KINDS: readonly FieldKind[] = [
  'spin_lock',
  'timer',
  'wq',
  'kptr_untrusted',
  'kptr',
  'percpu_kptr',
  'list_head',
  'list_node',
  'rb_root',
  'rb_node',
  'refcount',
];

/** How an object that a kptr holds is given back; the destructors of the kernel's objects, or the program's own object. */
export const RELEASE = { none: 0, object: 1, cpumask: 2 } as const;

const SIZE_MASK = 0xff;
const RELEASE_SHIFT = 8;

/** One field of a list. */
export interface MapField {
  readonly kind: FieldKind;
  readonly offset: number;
  readonly size: number;
  /** A value of RELEASE. */
  readonly release: number;
}

function releaseOf({ kptr }: BtfRecord['fields'][number]): number {
  if (!kptr) return RELEASE.none;
  if (kptr.btf === 'prog') return RELEASE.object;
  return kptr.name === 'bpf_cpumask' ? RELEASE.cpumask : RELEASE.none;
}

/** Writes the list of a new map. */
export function setMapFields(arena: Arena, map: number, record: BtfRecord | undefined): void {
  if (!record) return;
  let hash = 0x811c9dc5;
  record.fields.forEach((field, i) => {
    const at = map + MAP.fields + FIELD.size * i;
    arena.setU32(at + FIELD.kind, KINDS.indexOf(field.kind));
    arena.setU32(at + FIELD.offset, field.offset);
    arena.setU32(at + FIELD.sizeAndRelease, field.size | (releaseOf(field) << RELEASE_SHIFT));
    if (field.kind === 'spin_lock') arena.setU32(map + MAP.spinLockOff, field.offset);
    const { kptr, root } = field;
    for (const c of `${field.kind},${field.offset},${kptr?.btf},${kptr?.type_id},${root?.value_btf_id},${root?.node_offset};`)
      hash = Math.imul(hash ^ c.charCodeAt(0), 0x01000193);
  });
  arena.setU32(map + MAP.fieldCount, record.fields.length);
  arena.setU32(map + MAP.recordHash, hash >>> 0);
}

/** How many special fields the values of a map have. */
export function fieldCount(arena: Arena, map: number): number {
  return arena.getU32(map + MAP.fieldCount);
}

/** The field of this number, in order of offsets. */
export function fieldAt(arena: Arena, map: number, index: number): MapField {
  const at = map + MAP.fields + FIELD.size * index;
  const packed = arena.getU32(at + FIELD.sizeAndRelease);
  return {
    kind: KINDS[arena.getU32(at + FIELD.kind)]!,
    offset: arena.getU32(at + FIELD.offset),
    size: packed & SIZE_MASK,
    release: packed >>> RELEASE_SHIFT,
  };
}
