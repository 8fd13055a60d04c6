/** Random maps of every type that programs look into or change by key, with their flags, keys and values. */

import { UAPI } from '../../../src/spec/constants.ts';
import type { MapRequest, MapUpdate } from '../../../src/spec/request.ts';

export type Rng = (below: number) => number;
export const pick = <T>(rng: Rng, list: readonly T[]): T => list[rng(list.length)]!;
const hexOf = (bytes: readonly number[]): string => bytes.map((b) => (b & 255).toString(16).padStart(2, '0')).join('');
export const word = (n: number): string => hexOf([n, n >>> 8, n >>> 16, n >>> 24]);

export type Kind = 'hash' | 'array' | 'lpm' | 'queue' | 'bloom' | 'outer';

/** A map of a request and what a program can do with it. */
export interface Target {
  readonly index: number;
  readonly kind: Kind;
  readonly type: string;
  readonly key: number;
  readonly value: number;
  readonly entries: number;
  readonly flags: number;
  readonly percpu: boolean;
  readonly lru: boolean;
  /** The order of a walk does not hang on a random seed. */
  readonly ordered: boolean;
  readonly read: boolean;
  readonly write: boolean;
  /** Of maps in maps: what lies in them. */
  readonly inner?: Target;
}

const { BPF_F_NO_PREALLOC, BPF_F_NO_COMMON_LRU, BPF_F_NUMA_NODE, BPF_F_ZERO_SEED, BPF_F_MMAPABLE, BPF_F_INNER_MAP } =
  UAPI;
const { BPF_F_RDONLY, BPF_F_WRONLY, BPF_F_RDONLY_PROG, BPF_F_WRONLY_PROG } = UAPI;

/** What programs may do, by the flags; most maps have none. */
function accessFlags(rng: Rng): number {
  if (rng(5) > 0) return 0;
  return pick(rng, [
    BPF_F_RDONLY,
    BPF_F_WRONLY,
    BPF_F_RDONLY_PROG,
    BPF_F_WRONLY_PROG,
    BPF_F_RDONLY | BPF_F_WRONLY_PROG,
  ]);
}

const KEYS = [1, 3, 4, 4, 5, 8, 8, 13, 14, 16, 20, 40];
const VALUES = [1, 4, 7, 8, 8, 12, 16, 56, 64];
const ENTRIES = [1, 2, 3, 5, 8, 16, 40];

interface Family {
  readonly kind: Kind;
  readonly type: string;
  readonly keys: readonly number[];
  readonly values: readonly number[];
  readonly entries: readonly number[];
  readonly flags: (rng: Rng) => number;
}

const orderly = (rng: Rng): number => (rng(5) === 0 ? 0 : BPF_F_ZERO_SEED);
const maybe = (rng: Rng, flag: number, oneIn: number): number => (rng(oneIn) === 0 ? flag : 0);
const hashFlags = (rng: Rng): number => orderly(rng) | maybe(rng, BPF_F_NO_PREALLOC, 3) | accessFlags(rng);
const lruFlags = (rng: Rng): number => orderly(rng) | maybe(rng, BPF_F_NO_COMMON_LRU, 3) | accessFlags(rng);
const LRU_ENTRIES = [1, 2, 3, 4, 6, 8, 10, 16, 31, 64, 100, 130, 256, 300];

const FAMILIES: readonly Family[] = [
  {
    kind: 'hash',
    type: 'hash',
    keys: KEYS,
    values: VALUES,
    entries: ENTRIES,
    flags: (r) => hashFlags(r) | maybe(r, BPF_F_NUMA_NODE, 8),
  },
  { kind: 'hash', type: 'percpu_hash', keys: KEYS, values: VALUES, entries: ENTRIES, flags: hashFlags },
  { kind: 'hash', type: 'lru_hash', keys: KEYS, values: VALUES, entries: LRU_ENTRIES, flags: lruFlags },
  { kind: 'hash', type: 'lru_percpu_hash', keys: KEYS, values: VALUES, entries: LRU_ENTRIES, flags: lruFlags },
  {
    kind: 'array',
    type: 'array',
    keys: [4],
    values: VALUES,
    entries: [1, 1, 2, 5, 16],
    flags: (r) =>
      accessFlags(r) | maybe(r, BPF_F_MMAPABLE, 4) | maybe(r, BPF_F_INNER_MAP, 6) | maybe(r, BPF_F_NUMA_NODE, 8),
  },
  { kind: 'array', type: 'percpu_array', keys: [4], values: VALUES, entries: [1, 2, 5, 16], flags: accessFlags },
  {
    kind: 'lpm',
    type: 'lpm_trie',
    keys: [5, 6, 8, 12, 20],
    values: [1, 4, 8, 12, 16],
    entries: [1, 2, 5, 12, 30],
    flags: (r) => BPF_F_NO_PREALLOC | accessFlags(r) | maybe(r, BPF_F_NUMA_NODE, 8),
  },
  { kind: 'queue', type: 'queue', keys: [0], values: VALUES, entries: [1, 2, 3, 7, 16], flags: accessFlags },
  { kind: 'queue', type: 'stack', keys: [0], values: VALUES, entries: [1, 2, 3, 7, 16], flags: accessFlags },
  {
    kind: 'bloom',
    type: 'bloom_filter',
    keys: [0],
    values: VALUES,
    entries: [1, 4, 7, 30],
    flags: (r) => BPF_F_ZERO_SEED | accessFlags(r),
  },
];

export const FAMILY_TYPES = FAMILIES.map(({ type }) => type);

/** A map of one of the families; `chosen` is the index of the family. `ordered`: never with a random seed. */
export function randomMap(
  rng: Rng,
  index: number,
  chosen: number,
  ordered = false,
): { target: Target; request: MapRequest } {
  const f = FAMILIES[chosen]!;
  const flags = f.flags(rng) | (ordered && f.kind === 'hash' ? BPF_F_ZERO_SEED : 0);
  const percpu = f.type.includes('percpu');
  // The padding of a reused per-CPU value is what its memory held before: the allocator's affair without preallocation.
  const whole = ordered && percpu && (flags & BPF_F_NO_PREALLOC) !== 0;
  const value = pick(rng, f.values);
  const target: Target = {
    index,
    kind: f.kind,
    type: f.type,
    key: pick(rng, f.keys),
    value: whole ? Math.ceil(value / 8) * 8 : value,
    entries: pick(rng, f.entries),
    flags,
    percpu,
    lru: f.type.startsWith('lru'),
    ordered: f.kind !== 'hash' || (flags & BPF_F_ZERO_SEED) !== 0,
    read: (flags & BPF_F_WRONLY_PROG) === 0,
    write: (flags & BPF_F_RDONLY_PROG) === 0,
  };
  const extra = f.kind === 'bloom' ? { map_extra: rng(16) } : {};
  const request: MapRequest = {
    name: `m${index}`,
    type: f.type,
    key_size: target.key,
    value_size: target.value,
    max_entries: target.entries,
    map_flags: flags,
    ...extra,
    updates: prefill(rng, target),
  };
  return { target, request };
}

/** A key as a program uses it: some are out of range, and hash keys come from a pool a little larger than the map. */
export function keyHex(rng: Rng, { kind, key, entries }: Target): string {
  if (kind === 'array')
    return word(rng(12) === 0 ? pick(rng, [0xffffffff, 0x80000000, entries + 7]) : rng(entries + 1));
  if (kind === 'lpm') {
    const max = 8 * (key - 4);
    const bits = rng(20) === 0 ? pick(rng, [max + 1, max + 200, 0xffffffff]) : rng(max + 1);
    const data = Array.from({ length: key - 4 }, () => (rng(3) === 0 ? rng(256) : pick(rng, [0, 0x80, 0xff, 0xc0])));
    return word(bits >>> 0) + hexOf(data);
  }
  const index = rng(Math.min(key === 1 ? 250 : 1000, Math.ceil(entries * 1.7) + 2));
  return numberedKey(index, key);
}

/** The key with a number in its first bytes. */
export function numberedKey(index: number, size: number): string {
  return hexOf(Array.from({ length: size }, (_, i) => (i < 4 ? index >>> (8 * i) : index * 7 + i * 13)));
}

export function valueHex(rng: Rng, size: number, kinds = 256): string {
  return hexOf(Array.from({ length: size }, (_, i) => (i === 0 ? rng(kinds) : kinds === 256 ? rng(256) : 0)));
}

/** Updates by user space that succeed. */
function prefill(rng: Rng, target: Target): MapUpdate[] {
  const { kind, flags, entries, percpu, value } = target;
  // The recorder passes a key where a queue wants none.
  if ((flags & BPF_F_RDONLY) !== 0 || kind === 'queue' || kind === 'bloom' || rng(3) === 0) return [];
  const count = Math.min(entries, rng(8));
  const size = percpu ? Math.ceil(value / 8) * 8 : value;
  const rows: MapUpdate[] = [];
  for (let i = 0; i < count; i++) {
    const body = valueHex(rng, value).padEnd(2 * size, '0');
    if (kind === 'array') rows.push({ key: word(rng(entries)), value: body });
    else {
      const key = keyHex(rng, target);
      const tooLong = kind === 'lpm' && Buffer.from(key, 'hex').readUInt32LE(0) > 8 * (target.key - 4);
      if (!tooLong) rows.push({ key, value: body });
    }
  }
  return rows;
}

/** Update flags, some of them bad. */
export function updateFlags(rng: Rng): bigint {
  if (rng(8) > 0) return pick(rng, [0n, 0n, 0n, 0n, 1n, 2n]);
  return pick(rng, [3n, 4n, 5n, 6n, 7n, 8n, -1n, 1n << 32n, (1n << 32n) | 1n, 1n << 63n]);
}
