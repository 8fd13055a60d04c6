import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jhash } from '../../src/maps/jhash.ts';
import { mapInfo } from '../../src/maps/object.ts';
import { mapDelete, mapLookup, mapLookupPercpu, mapUpdate } from '../../src/maps/ops.ts';
import { dumpMap, userLookup, userLookupAndDelete, userUpdate } from '../../src/maps/user.ts';
import { PERM_RW } from '../../src/mem/arena.ts';
import { Snapshots, snapshotPages } from '../../src/mem/snapshot.ts';
import { bench, mapOf, u32 } from './setup.ts';

const HASH = 1;
const PERCPU_HASH = 5;

describe('jhash', () => {
  // Published values of lookup3's hashlittle with 0xdeadbeef left out of the seed.
  it('gives the values of lookup3', () => {
    const { env, key } = bench();
    expect(jhash(env.arena, key, 0, 0) >>> 0).toBe(0xdeadbeef);
    expect(jhash(env.arena, key, 0, 0xdeadbeef) >>> 0).toBe(0xbd5b7dde);
    const text = new TextEncoder().encode('Four score and seven years ago');
    env.arena.put(key, text);
    expect(jhash(env.arena, key, text.length, 0) >>> 0).toBe(0x17770551);
    expect(jhash(env.arena, key, text.length, 1) >>> 0).toBe(0xcd628161);
  });
});

describe('hash', () => {
  for (const map_flags of [0, 1])
    it(`is a map with at most max_entries keys, map_flags ${map_flags}`, () => {
      const op = fc.record({
        code: fc.constantFrom('u', 'd', 'l'),
        key: fc.nat(12),
        value: fc.nat(),
        flags: fc.nat(2),
      });
      fc.assert(
        fc.property(fc.array(op, { maxLength: 80 }), (list) => {
          const { env, key, value } = bench();
          const map = mapOf(env, { type: HASH, map_flags });
          const model = new Map<number, number>();
          for (const { code, key: k, value: v, flags } of list) {
            env.arena.setU32(key, k);
            env.arena.setU64(value, v, 0);
            if (code === 'u') {
              let want = 0;
              if (model.has(k) && flags === 1) want = -17;
              else if (!model.has(k) && flags === 2) want = -2;
              else if (!model.has(k) && model.size === 8) want = -7;
              else model.set(k, v);
              expect(mapUpdate(env, map, key, value, flags, 0)).toBe(want);
            } else if (code === 'd') {
              expect(mapDelete(env, map, key, 0)).toBe(model.delete(k) ? 0 : -2);
            } else {
              const at = mapLookup(env, map, key, 0);
              expect(at === 0 ? undefined : env.arena.getU32(at)).toBe(model.get(k));
            }
            expect(mapInfo(env, map).count).toBe(model.size);
          }
          const dump = dumpMap(env, map).map((e) => [e.key, 'value' in e ? e.value : undefined]);
          expect(new Set(dump.map(String))).toEqual(new Set([...model].map(([k, v]) => String([u32(k), u32(v, 0)]))));
        }),
      );
    });

  it('holds 524,288 entries of key 14 and value 56, and touches memory as it fills', () => {
    const { env, key, value } = bench();
    const snapshots = new Snapshots(env.arena);
    snapshots.take();
    const map = mapOf(env, { type: HASH, key_size: 14, value_size: 56, max_entries: 524288 });
    const created = snapshotPages(snapshots.take()).size;
    expect(created).toBeLessThan(100);
    for (let i = 0; i < 524288; i++) {
      env.arena.setU32(key + 5, i);
      env.arena.setU32(value, i);
      if (mapUpdate(env, map, key, value, 0, 0) !== 0) throw new Error(`entry ${i} refused`);
    }
    env.arena.setU32(key + 5, 524288);
    expect(mapUpdate(env, map, key, value, 0, 0)).toBe(-7);
    for (const i of [0, 1, 77777, 524287]) {
      env.arena.setU32(key + 5, i);
      expect(env.arena.getU32(mapLookup(env, map, key, 0))).toBe(i);
    }
  });

  it('lets a program touch one value and nothing around it', () => {
    const { env, key, value } = bench();
    const map = mapOf(env, { type: HASH, value_size: 12 });
    mapUpdate(env, map, key, value, 0, 0);
    const at = mapLookup(env, map, key, 0);
    expect(env.arena.check(at, 8, PERM_RW)).toBeGreaterThan(0);
    expect(env.arena.check(at + 4, 8, PERM_RW)).toBeGreaterThan(0);
    for (const [addr, size] of [
      [at + 8, 8],
      [at - 1, 1],
      [at - 8, 8],
      [at + 12, 1],
      [map, 4],
    ] as const)
      expect(env.arena.check(addr, size, 1)).toBe(-1);
    expect(env.arena.region(at)?.owner).toBe(map);
  });

  it('gives the lock of a value only to BPF_F_LOCK, and copies around it', () => {
    const { env, key, value } = bench();
    const plain = mapOf(env, { type: HASH });
    expect(mapUpdate(env, plain, key, value, 4, 0)).toBe(-22);
    const btf = {
      hasBtf: true,
      keyTypeId: 1,
      valueTypeId: 2,
      record: { fields: [{ kind: 'spin_lock', offset: 4, size: 4 }] },
    } as const;
    const map = mapOf(env, { type: HASH, value_size: 12, btf });
    env.arena.put(value, u32(1, 2, 3));
    expect(mapUpdate(env, map, key, value, 4, 0)).toBe(0);
    const at = mapLookup(env, map, key, 0);
    expect([0, 4, 8].map((off) => env.arena.getU32(at + off))).toEqual([1, 0, 3]);
    env.arena.setU32(at + 4, 9);
    env.arena.put(value, u32(5, 6, 7));
    expect(mapUpdate(env, map, key, value, 4, 0)).toBe(0);
    expect(mapLookup(env, map, key, 0)).toBe(at);
    expect([0, 4, 8].map((off) => env.arena.getU32(at + off))).toEqual([5, 9, 7]);
    expect(userLookup(env, map, u32(0), 4)).toEqual(u32(5, 0, 7));
  });
});

describe('percpu_hash with two CPUs', () => {
  for (const map_flags of [0, 1])
    it(`keeps a value for each, map_flags ${map_flags}`, () => {
      const { env, key, value } = bench({ cpus: 2 });
      const map = mapOf(env, { type: PERCPU_HASH, value_size: 4, map_flags });
      env.arena.setU64(value, 7, 0);
      expect(mapUpdate(env, map, key, value, 0, 1)).toBe(0);
      expect(userLookup(env, map, u32(0))).toEqual(u32(0, 0, 7, 0));
      expect(userUpdate(env, map, u32(0), u32(3, 0, 4, 0))).toBe(0);
      expect(env.arena.getU32(mapLookup(env, map, key, 0))).toBe(3);
      expect(env.arena.getU32(mapLookupPercpu(env, map, key, 1))).toBe(4);
      expect(mapLookupPercpu(env, map, key, 2)).toBe(0);
      expect(dumpMap(env, map)).toEqual([{ key: u32(0), values: [u32(3), u32(4)] }]);
      expect(env.arena.check(mapLookup(env, map, key, 1), 8, 1)).toBe(-1);
      expect(userLookupAndDelete(env, map, u32(0))).toEqual(u32(3, 0, 4, 0));
      expect(mapUpdate(env, map, key, value, 2, 0)).toBe(-2);
      expect(userUpdate(env, map, u32(0), u32(1), 0)).toBe(-14);
    });
});
