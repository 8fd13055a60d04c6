import type { Arena } from '../mem/arena.ts';
import { PERM_NONE, PERM_READ, PERM_RW, PERM_WRITE } from '../mem/arena.ts';
import type { MapAttr, MapEnv } from './attr.ts';
import { ENOMEM, F } from './uapi.ts';

/**
 * The map object: offsets of its u32 fields (the name takes 16 bytes). A map is the address of its object, which is a
 * 'map' region of its own: the fixed fields, one record for each possible CPU, then scratch room for two keys and,
 * where a type asks for it, a value.
 */
export const MAP = {
  type: 0,
  keySize: 4,
  valueSize: 8,
  maxEntries: 12,
  flags: 16,
  id: 20,
  name: 24,
  extra: 40,
  /** Holders: whoever created it, and each slot of a map in maps that points to it. */
  refs: 44,
  frozen: 48,
  /** Offset of the bpf_spin_lock in the value, or NO_FIELD. */
  spinLockOff: 52,
  /** Special fields of the value, listed at `fields`. */
  fieldCount: 56,
  btfKeyTypeId: 60,
  btfValueTypeId: 64,
  cpus: 68,
  /** Distance between elements (arrays: between values). */
  stride: 72,
  /** First value (arrays), first preallocated element (hash family). */
  values: 76,
  /** Hash family, LPM trie: where the value begins in an element. */
  valueOff: 80,
  /** Hash buckets: address of a table of u32 element addresses. */
  buckets: 84,
  nBuckets: 88,
  seed: 92,
  /** Elements in use. */
  count: 96,
  /** Hash family: where the key begins in an element. */
  keyOff: 100,
  /** Per-CPU values of preallocated elements. */
  percpuValues: 104,
  /** LPM trie: address of the root node. */
  root: 108,
  /** LRU: nodes looked at by one rotation or shrink; nodes moved to a CPU's free list at once. */
  nrScans: 112,
  targetFree: 116,
  scratchKey: 120,
  scratchNext: 124,
  scratchValue: 128,
  /** prog_array: what the first program stored or run through it fixed. */
  ownerSet: 132,
  ownerType: 136,
  ownerFlags: 140,
  ownerProto: 144,
  /** Maps in maps: the template's type, key_size, value_size, map_flags, fieldCount, recordHash, max_entries. */
  innerSet: 148,
  inner: 152,
  /** The LRU list shared by all CPUs. */
  lru: 180,
  /** Two growing allocators: elements, and per-CPU values. */
  slab: 228,
  percpuSlab: 348,
  /** BPF_F_RDONLY and BPF_F_WRONLY of the creator's descriptor: they are not flags of the map. */
  fileFlags: 468,
  /** Tells records of special fields apart: maps in maps compare it. */
  recordHash: 472,
  /** The special fields by offset: FIELD records (see value.ts), as many as BTF allows. */
  fields: 476,
  /** Growing allocator of the timers and work queues of values. */
  asyncSlab: 608,
  size: 728,
} as const;

/** Per-CPU records follow the fixed fields. */
export const PCPU = {
  /** Preallocated elements given back on this CPU, and the ones never touched so far. */
  freeHead: 0,
  next: 4,
  end: 8,
  /** The spare element for updates of existing keys. */
  extra: 12,
  /** LRU: list heads (next, prev). */
  localFree: 16,
  localPending: 24,
  nextSteal: 32,
  /** LRU list of this CPU alone. */
  lru: 40,
  size: 88,
} as const;

const FILE_FLAGS = F.RDONLY | F.WRONLY;

const NO_FIELD = 0xffff_ffff;

/** The next multiple of 8; exact beyond 2^31 too, where sizes that user space asks for may lie. */
export function roundUp8(v: number): number {
  return Math.ceil(v / 8) * 8;
}

/** Address of a CPU's record. */
export function pcpu(map: number, cpu: number): number {
  return map + MAP.size + cpu * PCPU.size;
}

/**
 * Allocates and fills a map object; `valueScratch` asks for room for one value of all CPUs.
 * @returns its address or -ENOMEM
 * @kernel bpf_map_init_from_attr
 */
export function newMapObject(env: MapEnv, attr: MapAttr, id: number, valueScratch: number): number {
  const { arena, cpus } = env;
  const fixed = roundUp8(MAP.size + cpus * PCPU.size);
  const key = roundUp8(attr.key_size);
  const region = arena.alloc({ kind: 'map', size: fixed + 2 * key + valueScratch, perm: PERM_NONE });
  if (!region.ok) return -ENOMEM;
  const map = region.value;
  const fields: ReadonlyArray<readonly [number, number]> = [
    [MAP.type, attr.type],
    [MAP.keySize, attr.key_size],
    [MAP.valueSize, attr.value_size],
    [MAP.maxEntries, attr.max_entries],
    [MAP.flags, attr.map_flags & ~FILE_FLAGS],
    [MAP.fileFlags, attr.map_flags & FILE_FLAGS],
    [MAP.id, id],
    [MAP.extra, attr.map_extra ?? 0],
    [MAP.refs, 1],
    [MAP.spinLockOff, NO_FIELD],
    [MAP.btfKeyTypeId, attr.btf?.keyTypeId ?? 0],
    [MAP.btfValueTypeId, attr.btf?.valueTypeId ?? 0],
    [MAP.cpus, cpus],
    [MAP.scratchKey, map + fixed],
    [MAP.scratchNext, map + fixed + key],
    [MAP.scratchValue, valueScratch === 0 ? 0 : map + fixed + 2 * key],
  ];
  for (const [offset, value] of fields) arena.setU32(map + offset, value);
  for (let i = 0; i < attr.name.length; i++) arena.setU8(map + MAP.name + i, attr.name.charCodeAt(i));
  return map;
}

/** What programs may do with the values of a map with these map_flags. */
export function progPerm(flags: number): number {
  if ((flags & F.RDONLY_PROG) !== 0) return PERM_READ;
  return (flags & F.WRONLY_PROG) !== 0 ? PERM_WRITE : PERM_RW;
}

/** Allocates an array of values that programs can reach. 0 when there is no memory. */
export function allocValues(env: MapEnv, map: number, count: number, stride: number): number {
  const { arena } = env;
  const region = arena.alloc({
    kind: 'map value',
    size: count * stride,
    perm: progPerm(arena.getU32(map + MAP.flags)),
    owner: map,
    elements: { stride, offset: 0, size: arena.getU32(map + MAP.valueSize) },
  });
  return region.ok ? region.value : 0;
}

/** Allocates memory that only the map itself reads. 0 when there is none. */
export function allocInternals(env: MapEnv, map: number, size: number): number {
  const region = env.arena.alloc({ kind: 'map internals', size, perm: PERM_NONE, owner: map });
  return region.ok ? region.value : 0;
}

/** Frees the regions named by these fields of a map object, then the object. */
export function freeMapObject(env: MapEnv, map: number, fields: readonly number[]): void {
  for (const field of fields) {
    const addr = env.arena.getU32(map + field);
    if (addr !== 0) env.arena.free(addr);
  }
  env.arena.free(map);
}

/** Whether values hold a struct bpf_spin_lock. */
export function hasSpinLock(arena: Arena, map: number): boolean {
  return arena.getU32(map + MAP.spinLockOff) !== NO_FIELD;
}

/** The decoded fields of a map object. */
export interface MapInfo {
  readonly type: number;
  readonly id: number;
  readonly name: string;
  readonly key_size: number;
  readonly value_size: number;
  readonly max_entries: number;
  readonly map_flags: number;
  readonly map_extra: number;
  readonly frozen: boolean;
  readonly refs: number;
  readonly cpus: number;
  readonly btf_key_type_id: number;
  readonly btf_value_type_id: number;
  readonly spinLockOff: number | undefined;
  /** Elements in use; for the types that count them. */
  readonly count: number;
}

/** Decodes the map object at an address. */
export function mapInfo(env: MapEnv, map: number): MapInfo {
  const { arena } = env;
  const u32 = (field: number): number => arena.getU32(map + field);
  const offset = (field: number): number | undefined => (u32(field) === NO_FIELD ? undefined : u32(field));
  const bytes = arena.bytes(map + MAP.name, 16);
  const length = bytes.indexOf(0);
  return {
    type: u32(MAP.type),
    id: u32(MAP.id),
    name: String.fromCharCode(...bytes.subarray(0, length < 0 ? 16 : length)),
    key_size: u32(MAP.keySize),
    value_size: u32(MAP.valueSize),
    max_entries: u32(MAP.maxEntries),
    map_flags: u32(MAP.flags),
    map_extra: u32(MAP.extra),
    frozen: u32(MAP.frozen) !== 0,
    refs: u32(MAP.refs),
    cpus: u32(MAP.cpus),
    btf_key_type_id: u32(MAP.btfKeyTypeId),
    btf_value_type_id: u32(MAP.btfValueTypeId),
    spinLockOff: offset(MAP.spinLockOff),
    count: u32(MAP.count),
  };
}
