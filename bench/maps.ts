/**
 * What map operations cost by type and by number of entries: `npm run bench -- maps [--json]`, or `npm run bench -- maps
 * --quick` without a million entries. The last column is the cost as a multiple of that with the fewest entries, measured
 * in the same run. It should not grow with the entries, but for the memory's own latency: a row `memory` is three reads of
 * random places, each told by the one before, in as many bytes as a hash map takes. A trie is as deep as the logarithm of
 * its entries, in the kernel too, so the ratios of lpm_trie are those of one node of the walk.
 *
 * Then creation: the time of large maps as a multiple of that of a map with one entry, and the pages of 4 KiB that are
 * written by it, and when 1 % of the elements are there. `fresh memory` counts the host's growing of the WebAssembly memory.
 */
import { createMap } from '../src/maps/create.ts';
import { mapDelete, mapLookup, mapUpdate } from '../src/maps/ops.ts';
import { userDelete, userLookup, userUpdate } from '../src/maps/user.ts';
import { Arena } from '../src/mem/arena.ts';
import { UAPI } from '../src/spec/constants.ts';
import { MAP_TYPES, type MapTypeName } from '../src/spec/mapTypes.ts';
import { type Row, report } from './report.ts';

const VALUE = 56;
const OPS = 60_000;
const { BPF_F_NO_PREALLOC, BPF_F_NO_COMMON_LRU } = UAPI;

interface Case {
  readonly name: string;
  readonly type: MapTypeName;
  readonly key: number;
  readonly flags?: number;
}

const CASES: readonly Case[] = [
  { name: 'array', type: 'array', key: 4 },
  { name: 'hash', type: 'hash', key: 14 },
  { name: 'hash no_prealloc', type: 'hash', key: 14, flags: BPF_F_NO_PREALLOC },
  { name: 'percpu_hash', type: 'percpu_hash', key: 14 },
  { name: 'lru_hash', type: 'lru_hash', key: 14 },
  { name: 'lru_hash no_common', type: 'lru_hash', key: 14, flags: BPF_F_NO_COMMON_LRU },
  { name: 'lpm_trie', type: 'lpm_trie', key: 8, flags: BPF_F_NO_PREALLOC },
];
const SIZES = process.argv.includes('--quick')
  ? [10, 100, 1_000, 10_000]
  : [10, 100, 1_000, 10_000, 100_000, 1_000_000];

const scatter = (i: number): number => Math.imul(i, 0x9e3779b1) >>> 0;

/** The i-th key: an index for arrays, a /32 prefix for tries, the index spread over the bytes for hashes. */
function putKey(arena: Arena, at: number, c: Case, i: number): void {
  if (c.type === 'array') arena.setU32(at, i);
  else if (c.type === 'lpm_trie') {
    arena.setU32(at, 32);
    arena.setU32(at + 4, scatter(i));
  } else {
    arena.setU32(at, i);
    arena.setU32(at + 4, 0);
    arena.setU32(at + 8, scatter(i));
    arena.setU16(at + 12, 0);
  }
}

/** Rounds of a measurement, of which the best counts: other work on the machine only slows down. */
const ROUNDS = 3;

/** Operations per second of CPU time; `f` gets 0 … count-1. */
function rate(count: number, f: (i: number) => void, rounds = ROUNDS): number {
  let best = 0;
  const each = Math.floor(count / rounds);
  for (let round = 0; round < rounds; round++) {
    const start = process.cpuUsage();
    for (let i = round * each; i < (round + 1) * each; i++) f(i);
    const used = process.cpuUsage(start);
    best = Math.max(best, (each * 1e6) / Math.max(1, used.user + used.system));
  }
  return best;
}

function attrOf(c: Case, entries: number) {
  return {
    type: MAP_TYPES[c.type].id,
    name: 'bench',
    key_size: c.key,
    value_size: VALUE,
    max_entries: entries,
    map_flags: c.flags ?? 0,
  };
}

/** Rates of one map, filled to the brim. */
function measure(c: Case, entries: number): Readonly<Record<string, number>> {
  const arena = new Arena();
  const env = { arena, cpus: 1 };
  const made = createMap(env, attrOf(c, entries), 1, 42);
  const scratch = arena.alloc({ kind: 'memory', size: 256 });
  if (!('map' in made) || !scratch.ok) throw new Error(`cannot create ${c.name}`);
  const { map } = made;
  const key = scratch.value;
  const value = key + 128;
  const bytes = new Uint8Array(VALUE);
  const fill = (i: number): void => {
    putKey(arena, key, c, i);
    mapUpdate(env, map, key, value, 0, 0);
  };
  const filled = rate(entries, fill, 1);
  const any = (i: number): void => putKey(arena, key, c, scatter(i) % entries);
  const userKey = (i: number): Uint8Array => {
    any(i);
    return arena.bytes(key, c.key);
  };
  const rates: Record<string, number> = {
    lookup: rate(OPS, (i) => {
      any(i);
      mapLookup(env, map, key, 0);
    }),
    update: rate(OPS, (i) => {
      any(i);
      mapUpdate(env, map, key, value, 0, 0);
    }),
    'user lookup': rate(OPS, (i) => void userLookup(env, map, userKey(i))),
    'user update': rate(OPS, (i) => void userUpdate(env, map, userKey(i), bytes)),
  };
  if (c.type === 'array') return rates;
  if (c.type.startsWith('lru')) {
    rates['insert, evicting'] = rate(OPS, (i) => {
      putKey(arena, key, c, entries + i);
      mapUpdate(env, map, key, value, 0, 0);
    });
  }
  // Each key leaves and comes back.
  rates['delete and insert'] = rate(OPS, (i) => {
    any(i);
    mapDelete(env, map, key, 0);
    mapUpdate(env, map, key, value, 0, 0);
  });
  rates['user delete and insert'] = rate(OPS, (i) => {
    const k = userKey(i);
    userDelete(env, map, k);
    userUpdate(env, map, k, bytes);
  });
  if (entries >= OPS / 10) rates.fill = filled;
  return rates;
}

/** Three dependent reads, in as many bytes as a hash map with so many entries takes. */
function measureMemory(entries: number): number {
  const places = 2 ** Math.ceil(Math.log2(entries));
  const words = new Int32Array(places * 24);
  // One cycle through all places: a linear congruence of full period.
  for (let i = 0; i < places; i++) words[24 * i] = (Math.imul(i, 0x9e3779b1 - 4) + 7) & (places - 1);
  let at = 0;
  const result = rate(10 * OPS, () => {
    at = words[24 * words[24 * words[24 * at]!]!]!;
  });
  if (at < 0) throw new Error('nothing read');
  return result;
}

/** Nodes that a look-up of a /32 walks in a trie of so many. */
const depthOf = (entries: number): number => Math.log2(entries) + 1;

function table(): Row[] {
  const rows: Row[] = [];
  const memory = SIZES.map((size) => ({ size, rate: measureMemory(size) }));
  for (const { size, rate: r } of memory) {
    rows.push({ name: 'memory', size, rate: r, unit: 'op/s', ratio: memory[0]!.rate / r });
  }
  for (const c of CASES) {
    for (const size of [10, 1_000, 10]) measure(c, size);
    const bySize = SIZES.map((size) => ({ size, rates: measure(c, size) }));
    for (const op of Object.keys(bySize[0]!.rates)) {
      const first = bySize[0]!.rates[op]!;
      for (const { size, rates } of bySize) {
        const perNode = c.type === 'lpm_trie' ? depthOf(size) / depthOf(SIZES[0]!) : 1;
        rows.push({
          name: `${c.name} ${op}`,
          size,
          rate: rates[op]!,
          unit: 'op/s',
          ratio: first / rates[op]! / perNode,
        });
      }
    }
  }
  return rows;
}

const CREATED: readonly MapTypeName[] = ['array', 'percpu_array', 'hash', 'percpu_hash', 'lru_hash', 'lru_percpu_hash'];
const CREATED_SIZES = [1, 524_288, 1_000_000];
const TRIALS = 41;

/** Room for the largest of these maps. */
const ROOM = 256 << 20;

/** Median CPU time of a creation, in seconds; the pages that it writes; and those of the map with 1 % of its elements. */
function creation(
  type: MapTypeName,
  entries: number,
  room: number,
): { seconds: number; pages: number; filled: number } {
  const c: Case = { name: type, type, key: type.endsWith('array') ? 4 : 14 };
  const times: number[] = [];
  let pages = 0;
  let filled = 0;
  for (let trial = 0; trial < TRIALS; trial++) {
    const arena = new Arena();
    const env = { arena, cpus: 1 };
    const scratch = arena.alloc({ kind: 'memory', size: 256 });
    arena.ensure(room);
    arena.takeDirty();
    const start = process.cpuUsage();
    const made = createMap(env, attrOf(c, entries), 1, 42);
    const used = process.cpuUsage(start);
    times.push((used.user + used.system) / 1e6);
    if (!('map' in made) || !scratch.ok) throw new Error(`cannot create ${type}`);
    if (trial > 0) continue;
    pages = arena.takeDirty().length;
    for (let i = 0; i < entries / 100; i++) {
      putKey(arena, scratch.value, c, i);
      mapUpdate(env, made.map, scratch.value, scratch.value + 128, 0, 0);
    }
    filled = arena.takeDirty().length;
  }
  return { seconds: times.sort((a, b) => a - b)[TRIALS >> 1]!, pages, filled };
}

function creations(): Row[] {
  return CREATED.flatMap((type) => {
    creation(type, 1, ROOM);
    const made = CREATED_SIZES.map((size) => ({ size, fresh: creation(type, size, 0), ...creation(type, size, ROOM) }));
    const [first] = made;
    return made.flatMap(({ size, seconds, pages, filled, fresh }) => [
      { name: `create ${type}`, size, rate: 1 / seconds, unit: 'map/s', ratio: seconds / first!.seconds },
      {
        name: `create ${type}, fresh memory`,
        size,
        rate: 1 / fresh.seconds,
        unit: 'map/s',
        ratio: fresh.seconds / first!.seconds,
      },
      { name: `create ${type}, written`, size, rate: pages, unit: ' pages' },
      { name: `${type} 1 % full, written`, size, rate: filled, unit: ' pages' },
    ]);
  });
}

report('maps: operations', table());
report('maps: creation', creations());
