/** Seeded random map test cases over types, flags and sizes; small maps, so that they fill up and evict. */
import type { MapCase, MapOp } from '../../test/maps/replay.ts';

/** Numbers below 2^32 from a seed. */
export function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) % below;
  };
}

type Rng = (below: number) => number;

const pick = <T>(rng: Rng, list: readonly T[]): T => list[rng(list.length)]!;
const hex = (bytes: readonly number[]): string => bytes.map((b) => b.toString(16).padStart(2, '0')).join('');

interface Family {
  readonly type: number;
  readonly keys: readonly number[];
  readonly values: readonly number[];
  readonly entries: readonly number[];
  readonly flags: readonly number[];
  readonly walks: boolean;
}

const ZERO_SEED = 64;
const NO_PREALLOC = 1;
const NO_COMMON_LRU = 2;

/** Hash maps walk in the order of their hash only with BPF_F_ZERO_SEED. */
const HASH = { keys: [1, 3, 4, 5, 8, 13, 14, 16, 20, 40], values: [1, 4, 7, 8, 12, 56], walks: true };
const FAMILIES: readonly Family[] = [
  { ...HASH, type: 1, entries: [1, 2, 3, 5, 8, 16, 40], flags: [ZERO_SEED, ZERO_SEED | NO_PREALLOC] },
  { ...HASH, type: 5, entries: [1, 2, 3, 5, 8, 16], flags: [ZERO_SEED, ZERO_SEED | NO_PREALLOC] },
  { ...HASH, type: 9, entries: [1, 2, 3, 4, 6, 8, 16, 31, 100], flags: [ZERO_SEED, ZERO_SEED | NO_COMMON_LRU] },
  { ...HASH, type: 10, entries: [1, 2, 5, 8, 16, 40], flags: [ZERO_SEED, ZERO_SEED | NO_COMMON_LRU] },
  { ...HASH, type: 9, entries: [4, 10, 20, 64, 130, 256, 300], flags: [ZERO_SEED, ZERO_SEED | NO_COMMON_LRU] },
  { type: 2, keys: [4], values: [1, 4, 7, 8, 56], entries: [1, 2, 5, 16], flags: [0, 0x400], walks: true },
  { type: 6, keys: [4], values: [1, 4, 7, 8, 56], entries: [1, 2, 5, 16], flags: [0], walks: true },
  { type: 11, keys: [5, 6, 8, 12, 20], values: [1, 4, 8, 12], entries: [1, 2, 5, 12, 30], flags: [1], walks: false },
];

function keyOf(rng: Rng, family: Family, size: number, entries: number): string {
  if (family.type === 2 || family.type === 6) return hex([rng(entries + 2), 0, 0, 0]);
  if (family.type === 11) {
    const bits = rng(20) === 0 ? 8 * (size - 4) + rng(9) : rng(8 * (size - 4) + 1);
    const data = Array.from({ length: size - 4 }, () => (rng(3) === 0 ? rng(256) : pick(rng, [0, 0x80, 0xff, 0xc0])));
    return hex([bits & 255, bits >>> 8, 0, 0, ...data]);
  }
  // A pool a little larger than the map, so that keys come back.
  const index = rng(Math.min(size === 1 ? 250 : 1000, Math.ceil(entries * 1.7) + 2));
  const byte = (i: number): number => {
    if (i === size - 1) return index & 0xff;
    return i === 0 ? index >>> 8 : (index * 7 + i * 13) & (i === 1 ? 0xff : 0x11);
  };
  return hex(Array.from({ length: size }, (_, i) => byte(i)));
}

function valueHex(rng: Rng, size: number): string {
  return hex(Array.from({ length: Math.ceil(size / 8) * 8 }, () => rng(256)));
}

function flagsOf(rng: Rng): number {
  return rng(8) === 0 ? pick(rng, [3, 4, 5, 6, 7, 8, -1]) : pick(rng, [0, 0, 0, 0, 1, 2]);
}

/** What the operations lean to, so that some cases fill a map and others churn it. */
const MIXES: ReadonlyArray<readonly string[]> = [
  ['u', 'u', 'u', 'l', 'd', 'w'],
  ['u', 'u', 'u', 'u', 'u', 'l', 'w'],
  ['u', 'l', 'l', 'l', 'd'],
  ['u', 'u', 'd', 'd', 'l'],
];

export function generate(seed: number, ops: number): MapCase {
  const rng = random(seed);
  const family = FAMILIES[seed % FAMILIES.length]!;
  const key_size = pick(rng, family.keys);
  const value_size = pick(rng, family.values);
  const max_entries = pick(rng, family.entries);
  const mix = pick(rng, MIXES);
  const key = (): string => keyOf(rng, family, key_size, max_entries);
  const op = (): MapOp => {
    if (family.walks && rng(25) === 0) return ['e'];
    switch (pick(rng, mix)) {
      case 'l':
        return ['l', key()];
      case 'd':
        return ['d', key()];
      case 'w':
        return ['w', key(), rng(100)];
      default:
        return ['u', key(), valueHex(rng, value_size), flagsOf(rng)];
    }
  };
  const fill = Math.min(max_entries, rng(6));
  return {
    type: family.type,
    key_size,
    value_size,
    max_entries,
    map_flags: pick(rng, family.flags),
    pre:
      family.type === 2 || family.type === 6 || rng(2) === 0
        ? []
        : prefill(
            fill,
            key,
            () => valueHex(rng, value_size).slice(0, 2 * valueBytes(family.type, value_size)),
            max_entries,
          ),
    ops: Array.from({ length: ops }, op),
    runs: 2,
  };
}

function valueBytes(type: number, size: number): number {
  return type === 5 || type === 6 || type === 10 ? Math.ceil(size / 8) * 8 : size;
}

function prefill(count: number, key: () => string, value: () => string, entries: number): Array<[string, string]> {
  const rows: Array<[string, string]> = [];
  for (let i = 0; i < count && rows.length < entries; i++) {
    const k = key();
    const lengthOk = Number.parseInt(k.slice(0, 2), 16) <= 8 * (k.length / 2 - 4);
    if (lengthOk || k.length < 10) rows.push([k, value()]);
  }
  return rows;
}
