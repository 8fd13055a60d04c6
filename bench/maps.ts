/**
 * Map operations per second by type and by number of entries: `npm run bench -- maps`.
 * The cost of a lookup should not grow with the number of entries, but for the memory's own latency.
 */
import { createMap } from '../src/maps/create.ts';
import { mapDelete, mapLookup, mapUpdate } from '../src/maps/ops.ts';
import { Arena } from '../src/mem/arena.ts';
import { UAPI } from '../src/spec/constants.ts';
import { MAP_TYPES, type MapTypeName } from '../src/spec/mapTypes.ts';
import { type Row, report } from './report.ts';

const KEY = 14;
const VALUE = 56;
const { BPF_F_NO_PREALLOC } = UAPI;

interface Case {
  readonly type: MapTypeName;
  readonly key: number;
  readonly flags: number;
}

const CASES: readonly Case[] = [
  { type: 'array', key: 4, flags: 0 },
  { type: 'hash', key: KEY, flags: 0 },
  { type: 'hash', key: KEY, flags: BPF_F_NO_PREALLOC },
  { type: 'lru_hash', key: KEY, flags: 0 },
  { type: 'lpm_trie', key: 8, flags: BPF_F_NO_PREALLOC },
];
const SIZES = [10, 1_000, 100_000, 524_288];

/** Writes the i-th key: an index for arrays, a /32 prefix for tries, the index spread over the bytes for hashes. */
function putKey(arena: Arena, at: number, c: Case, i: number): void {
  if (c.type === 'array') {
    arena.setU32(at, i);
    return;
  }
  arena.fill(at, 0, c.key);
  if (c.type === 'lpm_trie') {
    arena.setU32(at, 32);
    arena.setU32(at + 4, Math.imul(i, 0x9e3779b1));
  } else {
    arena.setU32(at, i);
    arena.setU32(at + 8, Math.imul(i, 0x9e3779b1));
  }
}

function measure(c: Case, entries: number): Row[] {
  const arena = new Arena();
  const env = { arena, cpus: 1 };
  const attr = {
    type: MAP_TYPES[c.type].id,
    name: 'bench',
    key_size: c.key,
    value_size: VALUE,
    max_entries: entries,
    map_flags: c.flags,
  };
  const made = createMap(env, attr, 1, 42);
  const scratch = arena.alloc({ kind: 'memory', size: 256 });
  if (!('map' in made) || !scratch.ok) throw new Error(`cannot create ${c.type}`);
  const key = scratch.value;
  const value = key + 128;
  const { map } = made;
  const ops = Math.max(200_000, entries);
  const rounds = Math.ceil(200_000 / entries);
  const time = (f: (i: number) => void, count: number): number => {
    const start = process.cpuUsage();
    for (let i = 0; i < count; i++) f(i);
    const used = process.cpuUsage(start);
    return (count * 1e6) / Math.max(1, used.user + used.system);
  };
  // Filling and emptying again is one measurement, so that small maps are measured as often as large ones.
  const fill = c.type === 'array' ? 1 : rounds;
  const cycle = time(
    (i) => {
      putKey(arena, key, c, i % entries);
      if (c.type !== 'array' && i % (2 * entries) >= entries) mapDelete(env, map, key, 0);
      else mapUpdate(env, map, key, value, 0, 0);
    },
    entries * (2 * fill - 1),
  );
  const order = (i: number): number => Math.imul(i, 0x9e3779b1) >>> 0;
  const lookup = time((i) => {
    putKey(arena, key, c, order(i) % entries);
    mapLookup(env, map, key, 0);
  }, ops);
  const update = time((i) => {
    putKey(arena, key, c, order(i) % entries);
    mapUpdate(env, map, key, value, 0, 0);
  }, ops);
  const name = `${c.type}${c.flags === BPF_F_NO_PREALLOC && c.type === 'hash' ? ' no_prealloc' : ''}`;
  const rows = { [c.type === 'array' ? 'insert' : 'insert and delete']: cycle, lookup, update };
  return Object.entries(rows).map(([op, rate]) => ({ name: `${name} ${op}`, size: entries, rate, unit: 'op/s' }));
}

// Warm the code up on a small map of each type first.
for (const c of CASES) measure(c, 1_000);
report(
  'maps',
  CASES.flatMap((c) => SIZES.flatMap((n) => measure(c, n))),
);
