import { describe, expect, it } from 'vitest';
import { mapInfo } from '../../src/maps/object.ts';
import { mapLookup } from '../../src/maps/ops.ts';
import { userDelete, userLookup, userNextKey, userUpdate } from '../../src/maps/user.ts';
import { PERM_READ, PERM_WRITE } from '../../src/mem/arena.ts';
import { bench, mapOf, u32 } from './setup.ts';

const [DEVMAP, CPUMAP, DEVMAP_HASH] = [14, 16, 25];

describe('redirect maps', () => {
  it('devmap: slots by index, read-only for programs', () => {
    const { env, key } = bench();
    const map = mapOf(env, { type: DEVMAP, value_size: 4, max_entries: 2 });
    expect(mapInfo(env, map).map_flags).toBe(128);
    expect(userUpdate(env, map, u32(1), u32(1))).toBe(0);
    expect(userUpdate(env, map, u32(1), u32(9))).toBe(-22);
    expect(userLookup(env, map, u32(1))).toEqual(u32(1));
    env.arena.put(key, u32(1));
    const value = mapLookup(env, map, key, 0);
    expect(env.arena.check(value, 4, PERM_READ)).toBeGreaterThan(0);
    expect(env.arena.check(value, 4, PERM_WRITE)).toBe(-1);
    expect(env.arena.check(value, 8, PERM_READ)).toBe(-1);
    expect(userUpdate(env, map, u32(1), u32(0))).toBe(0);
    expect(userLookup(env, map, u32(1))).toBe(-2);
    expect(userDelete(env, map, u32(1))).toBe(0);
    expect(userDelete(env, map, u32(2))).toBe(-22);
    expect(userNextKey(env, map, u32(1))).toBe(-2);
  });

  it('devmap: interfaces are those of the node', () => {
    const { env } = bench({ deviceExists: (ifindex) => ifindex === 9 });
    const map = mapOf(env, { type: DEVMAP, value_size: 4 });
    expect([1, 9].map((ifindex) => userUpdate(env, map, u32(0), u32(ifindex)))).toEqual([-22, 0]);
  });

  it('devmap_hash: any index, as many as max_entries; walked bucket by bucket, the newest first', () => {
    const { env } = bench();
    const map = mapOf(env, { type: DEVMAP_HASH, value_size: 8, max_entries: 3 });
    for (const index of [5, 1, 6]) expect(userUpdate(env, map, u32(index), u32(1, 0))).toBe(0);
    expect(userUpdate(env, map, u32(7), u32(1, 0))).toBe(-7);
    expect(userUpdate(env, map, u32(1), u32(1, 0), 1)).toBe(-17);
    const walk = () => {
      const keys: number[] = [];
      for (let key = userNextKey(env, map, undefined); typeof key !== 'number'; key = userNextKey(env, map, key))
        keys.push(key[0]!);
      return keys;
    };
    expect(walk()).toEqual([1, 5, 6]);
    expect(userUpdate(env, map, u32(5), u32(1, 0), 2)).toBe(0);
    expect(walk()).toEqual([5, 1, 6]);
    expect(userDelete(env, map, u32(5))).toBe(0);
    expect(userDelete(env, map, u32(5))).toBe(-2);
    expect(walk()).toEqual([1, 6]);
    expect(userUpdate(env, map, u32(0xffffffff), u32(1, 0))).toBe(0);
    expect(userLookup(env, map, u32(0xffffffff))).toEqual(u32(1, 0));
  });

  it('cpumap: CPUs that are possible', () => {
    const { env, key } = bench({ cpus: 2 });
    const map = mapOf(env, { type: CPUMAP, value_size: 4, max_entries: 4 });
    expect([0, 1, 2, 4].map((cpu) => userUpdate(env, map, u32(cpu), u32(192)))).toEqual([0, 0, -19, -7]);
    expect(userUpdate(env, map, u32(0), u32(16385))).toBe(-75);
    expect(userLookup(env, map, u32(1))).toEqual(u32(192));
    env.arena.put(key, u32(1));
    expect(mapLookup(env, map, key, 0)).toBe(0);
    expect(userDelete(env, map, u32(1))).toBe(0);
    expect(userLookup(env, map, u32(1))).toBe(-2);
  });
});
