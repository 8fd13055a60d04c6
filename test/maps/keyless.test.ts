import { describe, expect, it } from 'vitest';
import { ringbufCommit, ringbufConsume, ringbufOutput, ringbufQuery, ringbufReserve } from '../../src/maps/ringbuf.ts';
import { dumpMap, userDelete, userLookup, userLookupAndDelete, userNextKey, userUpdate } from '../../src/maps/user.ts';
import { PERM_RW } from '../../src/mem/arena.ts';
import { bench, errnoOf, mapOf, u32 } from './setup.ts';

const NONE = new Uint8Array();
const [QUEUE, STACK, RINGBUF, BLOOM] = [22, 23, 27, 30];

describe('queue and stack from user space', () => {
  it.each([
    ['queue', QUEUE, [1, 2, 3]],
    ['stack', STACK, [3, 2, 1]],
  ] as const)('%s', (_, type, order) => {
    const { env } = bench();
    const map = mapOf(env, { type, key_size: 0, value_size: 4, max_entries: 3 });
    expect(userLookup(env, map, NONE)).toBe(-2);
    for (const value of [1, 2, 3]) expect(userUpdate(env, map, NONE, u32(value))).toBe(0);
    expect(userUpdate(env, map, NONE, u32(4))).toBe(-7);
    expect(userUpdate(env, map, NONE, u32(4), 1)).toBe(-22);
    expect(userLookup(env, map, NONE)).toEqual(u32(order[0]));
    expect(order.map(() => userLookupAndDelete(env, map, NONE))).toEqual(order.map((v) => u32(v)));
    expect(userLookupAndDelete(env, map, NONE)).toBe(-2);
    expect(userDelete(env, map, NONE)).toBe(-22);
    expect(userNextKey(env, map, undefined)).toBe(-22);
    expect(dumpMap(env, map)).toEqual([]);
  });

  it('drop the oldest value with BPF_EXIST', () => {
    const { env } = bench();
    for (const type of [QUEUE, STACK]) {
      const map = mapOf(env, { type, key_size: 0, value_size: 4, max_entries: 2 });
      for (const value of [1, 2, 3]) expect(userUpdate(env, map, NONE, u32(value), 2)).toBe(0);
      const left = [userLookupAndDelete(env, map, NONE), userLookupAndDelete(env, map, NONE)];
      expect(left).toEqual(type === QUEUE ? [u32(2), u32(3)] : [u32(3), u32(2)]);
      expect(userLookup(env, map, NONE)).toBe(-2);
    }
  });

  it('take no key that is there', () => {
    const { env } = bench();
    const map = mapOf(env, { type: QUEUE, key_size: 0, value_size: 4 });
    expect(userUpdate(env, map, u32(0), u32(1))).toBe(-22);
    expect(userLookup(env, map, u32(0))).toBe(-22);
  });
});

describe('bloom_filter from user space', () => {
  it('answers the value that it may hold', () => {
    const { env } = bench();
    const map = mapOf(env, { type: BLOOM, key_size: 0, value_size: 4, max_entries: 100, map_flags: 64 });
    expect(userUpdate(env, map, NONE, u32(7))).toBe(0);
    expect(userUpdate(env, map, NONE, u32(7), 2)).toBe(-22);
    expect(userLookup(env, map, NONE, 0, u32(7))).toEqual(u32(7));
    expect(userLookup(env, map, NONE, 0, u32(8))).toBe(-2);
    expect(userLookup(env, map, NONE)).toBe(-14);
    expect(userDelete(env, map, NONE)).toBe(-95);
    expect(userLookupAndDelete(env, map, NONE)).toBe(-524);
    expect(userNextKey(env, map, undefined)).toBe(-95);
  });
});

describe('ringbuf', () => {
  const ring = (max_entries = 4096) => {
    const { env, value } = bench();
    return { env, value, map: mapOf(env, { type: RINGBUF, key_size: 0, value_size: 0, max_entries }) };
  };

  it('gives samples in the order of their reservation, when all before them are committed', () => {
    const { env, map } = ring();
    const samples = [1, 2, 3].map((mark) => {
      const at = ringbufReserve(env, map, 4);
      env.arena.setU32(at, mark);
      return at;
    });
    ringbufCommit(env, samples[2]!, false);
    expect(ringbufConsume(env, map)).toBeUndefined();
    ringbufCommit(env, samples[0]!, false);
    expect(ringbufConsume(env, map)).toEqual(u32(1));
    expect(ringbufConsume(env, map)).toBeUndefined();
    ringbufCommit(env, samples[1]!, true);
    expect(ringbufConsume(env, map)).toEqual(u32(3));
    expect(ringbufQuery(env, map, 0)).toBe(0);
    expect([2, 3].map((what) => ringbufQuery(env, map, what))).toEqual([48, 48]);
  });

  it('goes round and round', () => {
    const { env, map, value } = ring();
    for (let i = 0; i < 500; i++) {
      const size = 8 + ((i * 37) % 240);
      const bytes = Uint8Array.from({ length: size }, (_, at) => i + at);
      env.arena.put(value, bytes);
      expect(ringbufOutput(env, map, value, size)).toBe(true);
      expect(ringbufConsume(env, map)).toEqual(bytes);
    }
    expect(ringbufQuery(env, map, 3)).toBeGreaterThan(10 * 4096);
  });

  it('shows in a new sample what lay there before', () => {
    const { env, map, value } = ring();
    env.arena.put(value, new Uint8Array(240).fill(0xaa));
    for (let at = 0; at < 4096; at += 248) {
      expect(ringbufOutput(env, map, value, 240)).toBe(true);
      ringbufConsume(env, map);
    }
    const sample = ringbufReserve(env, map, 16);
    expect(env.arena.u8[sample]).toBe(0xaa);
  });

  it('keeps one byte free and room for what is not read or not committed', () => {
    const { env, map } = ring();
    expect(ringbufReserve(env, map, 4089)).toBe(0);
    expect(ringbufReserve(env, map, 4088)).toBe(0);
    const first = ringbufReserve(env, map, 4080);
    expect(first).not.toBe(0);
    expect(ringbufReserve(env, map, 0)).toBe(0);
    ringbufCommit(env, first, false);
    expect(ringbufReserve(env, map, 8)).toBe(0);
    expect(ringbufConsume(env, map)).toHaveLength(4080);
    const second = ringbufReserve(env, map, 8);
    expect(env.arena.check(second, 8, PERM_RW)).toBeGreaterThan(0);
    expect(env.arena.check(second, 9, PERM_RW)).toBe(-1);
    ringbufCommit(env, second, true);
    expect(env.arena.check(second, 8, PERM_RW)).toBe(-1);
  });

  it('is made of whole pages, a power of two', () => {
    const { env } = bench();
    const size = (max_entries: number) => errnoOf(env, { type: RINGBUF, key_size: 0, value_size: 0, max_entries });
    expect([0, 2048, 4096, 12288, 65536].map(size)).toEqual([-22, -22, 0, -22, 0]);
  });
});
