import { describe, expect, it } from 'vitest';
import { freeMap } from '../../src/maps/create.ts';
import {
  localStorageClone,
  localStorageDelete,
  localStorageFree,
  localStorageGet,
} from '../../src/maps/localStorage.ts';
import { mapInfo } from '../../src/maps/object.ts';
import {
  forEachElem,
  forEachNext,
  mapDelete,
  mapDirectValueAddr,
  mapLookup,
  mapUpdate,
  NOT_SIMULATED,
} from '../../src/maps/ops.ts';
import { perfEventSlot } from '../../src/maps/perfEventArray.ts';
import { progArrayCompatible, progArrayGet } from '../../src/maps/progArray.ts';
import {
  dumpMap,
  freezeMap,
  userDelete,
  userLookup,
  userLookupAndDelete,
  userNextKey,
  userUpdate,
} from '../../src/maps/user.ts';
import { bench, errnoOf, mapOf, u32 } from './setup.ts';

describe('array', () => {
  it('is walked by index, its only element can be addressed', () => {
    const { env, key, value } = bench();
    const map = mapOf(env, { type: 2, max_entries: 3 });
    env.arena.setU32(key, 2);
    env.arena.setU32(value, 5);
    expect(mapUpdate(env, map, key, value, 0, 0)).toBe(0);
    expect(mapUpdate(env, map, key, value, 2 ** 32, 0)).toBe(-22);
    const met: number[][] = [];
    let cursor = forEachElem(env, map);
    if (typeof cursor === 'number') throw new Error('no walk');
    for (let step = forEachNext(env, map, cursor, 0); step; step = forEachNext(env, map, cursor, 0)) {
      met.push([env.arena.getU32(step.key), env.arena.getU32(step.value)]);
      cursor = step.cursor;
    }
    expect(met).toEqual([
      [0, 0],
      [1, 0],
      [2, 5],
    ]);
    expect(mapDirectValueAddr(env, map, 0)).toBe(-524);
    const single = mapOf(env, { type: 2, max_entries: 1 });
    expect(mapDirectValueAddr(env, single, 8)).toBe(-22);
    expect(mapDirectValueAddr(env, single, 4)).toBe(mapLookup(env, single, value + 100, 0) + 4);
  });

  it('is read-only for programs with BPF_F_RDONLY_PROG', () => {
    const { env, key } = bench();
    const at = mapLookup(env, mapOf(env, { type: 2, map_flags: 0x80 }), key, 0);
    expect(env.arena.check(at, 8, 1)).toBeGreaterThan(0);
    expect(env.arena.check(at, 8, 2)).toBe(-1);
    const problem = env.arena.accessFault(at, 8, 2, () => 'conf');
    expect(problem.code).toBe('mem.read-only');
  });
});

describe('the descriptor of user space', () => {
  it('obeys BPF_F_RDONLY, BPF_F_WRONLY and freezing', () => {
    const { env, key, value } = bench();
    const readable = mapOf(env, { map_flags: 8 });
    expect(userUpdate(env, readable, u32(1), u32(1, 1))).toBe(-1);
    expect(userDelete(env, readable, u32(1))).toBe(-1);
    expect(userLookup(env, readable, u32(1))).toBe(-2);
    expect(freezeMap(env, readable)).toBe(-1);
    expect(mapInfo(env, readable).map_flags).toBe(0);
    const writable = mapOf(env, { map_flags: 16 });
    expect(userUpdate(env, writable, u32(1), u32(1, 1))).toBe(0);
    expect(userLookup(env, writable, u32(1))).toBe(-1);
    expect(userNextKey(env, writable, undefined)).toBe(-1);
    expect(dumpMap(env, writable)).toHaveLength(1);
    const frozen = mapOf(env, {});
    expect(freezeMap(env, frozen)).toBe(0);
    expect(freezeMap(env, frozen)).toBe(-1);
    expect(userUpdate(env, frozen, u32(1), u32(1, 1))).toBe(-1);
    expect(userLookupAndDelete(env, frozen, u32(1))).toBe(-1);
    expect(mapUpdate(env, frozen, key, value, 0, 0)).toBe(0);
  });

  it('gets typed answers for short keys, bad names and types that come later', () => {
    const { env } = bench();
    const map = mapOf(env, {});
    expect(userLookup(env, map, u32())).toBe(-14);
    expect(userUpdate(env, map, u32(1), u32(1))).toBe(-14);
    expect(userLookup(env, map, u32(1), 1)).toBe(-22);
    for (const name of ['a-b', 'sixteen_letters_', 'é']) expect(errnoOf(env, { name })).toBe(-22);
    expect(errnoOf(env, { type: 33, key_size: 0, value_size: 0, map_flags: 1024 })).toBe('maps.not-simulated');
    expect(NOT_SIMULATED).toContain('arena');
    expect(errnoOf(env, { type: 99 })).toBe(-22);
    expect(errnoOf(env, { max_entries: 2 ** 26, value_size: 4096 })).toBe(-12);
  });
});

describe('prog_array and perf_event_array', () => {
  it('hold ids and marks', () => {
    const { env } = bench();
    const progs = mapOf(env, { type: 3, value_size: 4, max_entries: 2 });
    expect(userUpdate(env, progs, u32(1), u32(77))).toBe(0);
    expect(userUpdate(env, progs, u32(1), u32(77), 1)).toBe(-22);
    expect(userUpdate(env, progs, u32(2), u32(77))).toBe(-7);
    expect([0, 1, 2].map((i) => progArrayGet(env, progs, i))).toEqual([0, 77, 0]);
    expect(userLookup(env, progs, u32(1))).toEqual(u32(77));
    expect(userLookup(env, progs, u32(0))).toBe(-2);
    expect(dumpMap(env, progs)).toEqual([{ key: u32(1), value: u32(77) }]);
    expect(userDelete(env, progs, u32(0))).toBe(-2);
    expect(userDelete(env, progs, u32(1))).toBe(0);
    expect(progArrayGet(env, progs, 1)).toBe(0);
    const events = mapOf(env, { type: 4, value_size: 4, max_entries: 1 });
    expect(userUpdate(env, events, u32(0), u32(9))).toBe(0);
    expect(perfEventSlot(env, events, 0)).toBe(9);
    expect(userLookup(env, events, u32(0))).toBe(-524);
  });

  it('lets the first program decide what fits', () => {
    const { env } = bench();
    const map = mapOf(env, { type: 3, value_size: 4 });
    const first = { progType: 6, jited: true, xdpHasFrags: false };
    expect(progArrayCompatible(env, map, first)).toBe(true);
    expect(progArrayCompatible(env, map, { ...first })).toBe(true);
    expect(progArrayCompatible(env, map, { ...first, progType: 3 })).toBe(false);
    expect(progArrayCompatible(env, map, { ...first, xdpHasFrags: true })).toBe(false);
  });
});

describe('maps in maps', () => {
  for (const type of [12, 13])
    it(`hold on to their inner maps, type ${type}`, () => {
      const { env, key } = bench();
      const inner = mapOf(env, {}, 41);
      const other = mapOf(env, { max_entries: 99 }, 42);
      const wrong = mapOf(env, { value_size: 4 }, 43);
      const outer = mapOf(env, { type, value_size: 4, max_entries: 2, inner_map: inner });
      expect(userUpdate(env, outer, u32(1), u32(inner))).toBe(0);
      expect(userUpdate(env, outer, u32(1), u32(wrong))).toBe(-22);
      expect(userUpdate(env, outer, u32(1), u32(12345))).toBe(-9);
      env.arena.setU32(key, 1);
      expect(mapLookup(env, outer, key, 0)).toBe(inner);
      expect(userLookup(env, outer, u32(1))).toEqual(u32(41));
      expect(userLookupAndDelete(env, outer, u32(1))).toBe(-524);
      freeMap(env, inner);
      expect(mapInfo(env, inner).refs).toBe(1);
      expect(userUpdate(env, outer, u32(1), u32(other))).toBe(0);
      expect(env.arena.region(inner)).toBeUndefined();
      expect(mapDelete(env, outer, key, 0)).toBe(0);
      expect(mapInfo(env, other).refs).toBe(1);
      expect(userUpdate(env, outer, u32(0), u32(other))).toBe(0);
      freeMap(env, other);
      expect(mapInfo(env, other).refs).toBe(1);
      freeMap(env, outer);
      expect(env.arena.region(other)).toBeUndefined();
      expect(env.arena.region(outer)).toBeUndefined();
    });
});

describe('lpm_trie', () => {
  it('walks children before parents', () => {
    const { env, value } = bench();
    const map = mapOf(env, { type: 11, key_size: 8, map_flags: 1 });
    const prefix = (length: number, ...bytes: number[]): Uint8Array => Uint8Array.of(length, 0, 0, 0, ...bytes);
    const nets = [
      prefix(16, 192, 168, 0, 0),
      prefix(24, 192, 168, 0, 0),
      prefix(24, 192, 168, 128, 0),
      prefix(24, 192, 168, 1, 0),
    ];
    nets.forEach((net, i) => {
      expect(userUpdate(env, map, net, u32(i, 0))).toBe(0);
    });
    expect(dumpMap(env, map).map(({ key }) => key)).toEqual([nets[1], nets[3], nets[2], nets[0]]);
    expect(userLookup(env, map, prefix(32, 192, 168, 1, 9))).toEqual(u32(3, 0));
    expect(userLookup(env, map, prefix(32, 192, 168, 2, 9))).toEqual(u32(0, 0));
    expect(userLookupAndDelete(env, map, nets[0]!)).toBe(-524);
    expect(forEachElem(env, map)).toBe(-22);
    env.arena.put(value, prefix(33, 0, 0, 0, 0));
    expect(mapUpdate(env, map, value, value, 0, 0)).toBe(-22);
    expect(mapDelete(env, map, value, 0)).toBe(-22);
  });
});

describe('sk_storage', () => {
  const btf = { hasBtf: true, keyTypeId: 1, valueTypeId: 2 };
  const attr = { type: 24, max_entries: 0, map_flags: 1, btf };

  it('hangs off sockets, however many', () => {
    const { env, value } = bench();
    const map = mapOf(env, attr);
    const object = env.arena.alloc({ kind: 'kernel', size: 8 });
    const named = object.ok ? object.value : 0;
    const sockets = Array.from({ length: 500 }, (_, i) => (i === 7 ? named : 0x700000 + 64 * i));
    expect(localStorageGet(env, map, sockets[0]!, 0, false)).toBe(0);
    sockets.forEach((sk, i) => {
      env.arena.setU32(value, i);
      const at = localStorageGet(env, map, sk, i % 2 === 0 ? value : 0, true);
      expect(env.arena.getU32(at)).toBe(i % 2 === 0 ? i : 0);
      env.arena.setU32(at, i);
      expect(env.arena.check(at, 8, 3)).toBeGreaterThan(0);
    });
    sockets.forEach((sk, i) => {
      expect(env.arena.getU32(localStorageGet(env, map, sk, 0, false))).toBe(i);
    });
    expect(userNextKey(env, map, undefined)).toBe(-524);
    expect(userLookup(env, map, u32(sockets[7]!))).toEqual(u32(7, 0));
    expect(userLookup(env, map, u32(3))).toBe(-9);
    expect(userUpdate(env, map, u32(sockets[7]!), u32(1, 1), 1)).toBe(-17);
    expect(localStorageDelete(env, map, sockets[7]!)).toBe(0);
    expect(localStorageDelete(env, map, sockets[7]!)).toBe(-2);
    expect(userUpdate(env, map, u32(sockets[7]!), u32(1, 1), 2)).toBe(-2);
    for (const sk of sockets) localStorageFree(env, [map], sk);
    expect(mapInfo(env, map).count).toBe(0);
  });

  it('answers as the kernel did for one socket', () => {
    const { env, value } = bench();
    const map = mapOf(env, { ...attr, value_size: 4 });
    // null: bpf_sk_storage_delete; otherwise create, and the first value or none. A value found is then overwritten.
    const calls = [[0], [1, 7], [0], [1, 9], [0], null, null, [1], null] as const;
    const answers = calls.map((call, i) => {
      if (call === null) return localStorageDelete(env, map, 0x700000);
      const [create, first] = call;
      env.arena.setU32(value, first ?? 0);
      const at = localStorageGet(env, map, 0x700000, first === undefined ? 0 : value, create === 1);
      if (at === 0) return 'none';
      const found = env.arena.getU32(at);
      env.arena.setU32(at, 50 + i);
      return found;
    });
    expect(answers).toEqual(['none', 7, 51, 52, 53, 0, -2, 0, 0]);
  });

  it('is cloned only with BPF_F_CLONE', () => {
    const { env, value } = bench();
    const plain = mapOf(env, attr);
    const cloned = mapOf(env, { ...attr, map_flags: 0x201 });
    env.arena.setU32(value, 8);
    for (const map of [plain, cloned]) localStorageGet(env, map, 0x700000, value, true);
    expect(localStorageClone(env, [plain, cloned], 0x700000, 0x700040)).toBe(0);
    expect(localStorageGet(env, plain, 0x700040, 0, false)).toBe(0);
    expect(env.arena.getU32(localStorageGet(env, cloned, 0x700040, 0, false))).toBe(8);
  });
});
