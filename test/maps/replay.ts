import type { MapEnv } from '../../src/maps/attr.ts';
import { createMap } from '../../src/maps/create.ts';
import { mapInfo } from '../../src/maps/object.ts';
import { forEachElem, forEachNext, mapDelete, mapLookup, mapUpdate } from '../../src/maps/ops.ts';
import { dumpMap, userUpdate } from '../../src/maps/user.ts';
import { Arena } from '../../src/mem/arena.ts';

/** A map and a sequence of operations on it, as a program does them and as the kernel answered them. */
export interface MapCase {
  readonly type: number;
  readonly key_size: number;
  readonly value_size: number;
  readonly max_entries: number;
  readonly map_flags: number;
  /** Updates by user space before the first run: key, value. */
  readonly pre: ReadonlyArray<readonly [string, string]>;
  readonly ops: readonly MapOp[];
  readonly runs: number;
}

/**
 * What the program does: look up, look up and write 4 bytes at the value, update, delete, walk (for_each). Keys and
 * values are hex; flags -1 is all 64 bits.
 */
export type MapOp =
  | readonly ['l', string]
  | readonly ['w', string, number]
  | readonly ['u', string, string, number]
  | readonly ['d', string]
  | readonly ['e'];

/** What one run gives. */
export interface RunAnswer {
  /** r0 of each operation; a lookup: 0, or 2^32 + the first (up to four) bytes of the value. A walk: r0. */
  readonly r0: readonly number[];
  /** First (up to four) bytes of the keys that the walks met, in order; at most 60 in all runs together. */
  readonly walk: readonly number[];
  /** Elements sorted by key: hex; arrays without the elements that are all zero. */
  readonly map: ReadonlyArray<readonly [string, string]>;
}

export const WALK_MAX = 60;

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Runs a case here. */
export function replay(test: MapCase, env: MapEnv = { arena: new Arena(), cpus: 1 }): RunAnswer[] {
  const { arena } = env;
  const created = createMap(env, { ...test, name: 'm' }, 1, 0x1234);
  if (!('map' in created)) throw new Error(`not created: ${JSON.stringify(created)}`);
  const { map } = created;
  const stack = arena.alloc({ kind: 'stack', size: 512 });
  if (!stack.ok) throw new Error('no memory');
  const key = stack.value;
  const value = key + 256;
  for (const [k, v] of test.pre) userUpdate(env, map, bytesOf(k), bytesOf(v));
  const answers: RunAnswer[] = [];
  let room = WALK_MAX;
  for (let run = 0; run < test.runs; run++) {
    const walk: number[] = [];
    const r0 = test.ops.map((op) => {
      if (op[0] !== 'e') arena.put(key, bytesOf(op[1]));
      switch (op[0]) {
        case 'l': {
          const at = mapLookup(env, map, key, 0);
          return at === 0 ? 0 : 2 ** 32 + firstBytes(env, at, test.value_size);
        }
        case 'w': {
          const at = mapLookup(env, map, key, 0);
          if (at === 0) return 0;
          if (test.value_size >= 4) arena.setU32(at, op[2]);
          else arena.setU8(at, op[2]);
          return 1;
        }
        case 'u':
          arena.put(value, bytesOf(op[2]));
          return mapUpdate(env, map, key, value, op[3] < 0 ? 2 ** 64 : op[3], 0);
        case 'd':
          return mapDelete(env, map, key, 0);
        case 'e':
          return walkAll(env, map, test.key_size, walk);
      }
      throw new Error('no such operation');
    });
    const kept = walk.slice(0, room);
    room -= kept.length;
    answers.push({ r0, walk: kept, map: sortedDump(env, map) });
  }
  return answers;
}

function firstBytes(env: MapEnv, at: number, size: number): number {
  return size >= 4 ? env.arena.getU32(at) : env.arena.u8[at]!;
}

function walkAll(env: MapEnv, map: number, keySize: number, walk: number[]): number {
  let cursor = forEachElem(env, map);
  if (typeof cursor === 'number') return cursor;
  let met = 0;
  for (let step = forEachNext(env, map, cursor, 0); step; step = forEachNext(env, map, cursor, 0)) {
    met++;
    if (walk.length < WALK_MAX) walk.push(firstBytes(env, step.key, keySize));
    cursor = step.cursor;
  }
  return met;
}

function sortedDump(env: MapEnv, map: number): Array<readonly [string, string]> {
  const info = mapInfo(env, map);
  const isArray = info.type === 2 || info.type === 6;
  const rows: Array<readonly [string, string]> = dumpMap(env, map).map((element) => [
    hexOf(element.key),
    hexOf('value' in element ? element.value : element.values[0]!),
  ]);
  const kept = isArray ? rows.filter(([, value]) => /[^0]/.test(value)) : rows;
  return kept.sort(([a], [b]) => (a < b ? -1 : 1));
}
