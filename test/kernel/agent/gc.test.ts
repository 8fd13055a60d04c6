import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CtGc } from '../../../src/kernel/agent/gc.ts';
import { clockAt } from '../../../src/kernel/clock.ts';
import type { Kernel } from '../../../src/kernel/kernel.ts';
import type { MapRecord } from '../../../src/kernel/world.ts';
import { dumpMap, userDelete } from '../../../src/maps/user.ts';
import { problemText } from '../../../src/util/problem.ts';
import { CT_MAP, ctKey, ctValue, mapOf, NAT_MAP, natValue, newKernel, put, tuple } from './entries.ts';

function start(kernel: Kernel, map: MapRecord, nat?: MapRecord, now = 1000): CtGc {
  const gc = CtGc.start(kernel, { map, now, ...(nat && { nat }) });
  if (!gc.ok) throw new Error(gc.problems.map(problemText).join());
  return gc.value;
}

/** A conntrack map with an entry for each lifetime. */
function filled(lifetimes: readonly number[], type: 'hash' | 'lru_hash' = 'lru_hash'): readonly [Kernel, MapRecord] {
  const kernel = newKernel();
  const map = mapOf(kernel, { maps: [{ name: 'cilium_ct4_global', ...CT_MAP, type, max_entries: 512 }] });
  for (const [i, lifetime] of lifetimes.entries()) {
    put(kernel, map, ctKey(['10.0.0.1', i], ['10.0.0.2', 80], 0), ctValue(lifetime));
  }
  return [kernel, map];
}

function lifetimesLeft(kernel: Kernel, map: MapRecord): number[] {
  return dumpMap(kernel.maps, map.address)
    .flatMap((e) => ('value' in e ? [new DataView(e.value.buffer, e.value.byteOffset).getUint32(32, true)] : []))
    .sort((a, b) => a - b);
}

describe('a collection', () => {
  test('deletes what has ended before this second', () => {
    const [kernel, map] = filled([998, 999, 1000, 1001, 4_000_000_000]);
    expect(start(kernel, map).finish()).toEqual({
      state: 'done',
      stats: { scanned: 5, deleted: 2, alive: 3, natDeleted: 0, interrupted: 0, late: [1, 2] },
    });
    expect(lifetimesLeft(kernel, map)).toEqual([1000, 1001, 4_000_000_000]);
  });

  test('goes by the clock without a time', () => {
    const [kernel, map] = filled([1999, 2000]);
    kernel.setClock(clockAt(2_000_900_000_000n));
    const gc = CtGc.start(kernel, { map });
    expect(gc.ok && gc.value.finish().stats.deleted).toBe(1);
  });

  test('of an empty map is done at once', () => {
    const [kernel, map] = filled([]);
    expect(start(kernel, map).status.state).toBe('done');
  });

  test('of a map that is none, or is gone', () => {
    const [kernel, map] = filled([]);
    const other = mapOf(kernel, {
      maps: [{ name: 'other', type: 'hash', key_size: 4, value_size: 8, max_entries: 1 }],
    });
    const texts = (input: Parameters<typeof CtGc.start>[1]) => {
      const gc = CtGc.start(kernel, input);
      return gc.ok ? [] : gc.problems.map(problemText);
    };
    expect(texts({ map: other })).toEqual([
      'map other is no conntrack map: keys of 4 bytes and values of 8, not 14 and 56',
    ]);
    expect(texts({ map, nat: map })).toEqual([
      'map cilium_ct4_global is no NAT map: keys of 14 bytes and values of 56, not 14 and 40',
    ]);
    kernel.close(other);
    expect(texts({ map: other })).toEqual(['map other: the map that stands for it is not loaded (any more)']);
  });

  test('of a map that goes away under it ends', () => {
    const [kernel, map] = filled([1, 2, 3]);
    const gc = start(kernel, map);
    expect(gc.advance(1).state).toBe('paused');
    kernel.close(map);
    expect(gc.finish()).toMatchObject({ state: 'incomplete', stats: { scanned: 1 } });
  });
});

describe('paused and resumed', () => {
  const lifetimes = fc.array(fc.integer({ min: 900, max: 1100 }), { maxLength: 60 });

  test('at every budget it does the same, and can be taken up from a saved state', () => {
    fc.assert(
      fc.property(lifetimes, fc.integer({ min: 1, max: 7 }), (all, budget) => {
        const [kernel, map] = filled(all, 'hash');
        const gc = start(kernel, map);
        const before = kernel.snapshot();
        const saved = gc.save();
        const whole = gc.finish();
        const left = lifetimesLeft(kernel, map);
        expect(left).toEqual(all.filter((l) => l >= 1000).sort((a, b) => a - b));
        expect(whole.stats).toMatchObject({
          scanned: all.length,
          alive: left.length,
          deleted: all.length - left.length,
        });
        kernel.restore(before);
        gc.restore(saved);
        while (gc.advance(budget).state === 'paused');
        expect(gc.status).toEqual(whole);
        expect(lifetimesLeft(kernel, map)).toEqual(left);
      }),
      { numRuns: 30 },
    );
  });

  test('entries that go away under it do not stop it, and nothing that has ended stays', () => {
    fc.assert(
      fc.property(lifetimes, fc.array(fc.nat(59)), (all, victims) => {
        const [kernel, map] = filled(all, 'hash');
        const gc = start(kernel, map);
        for (const victim of victims) {
          gc.advance(1);
          userDelete(kernel.maps, map.address, ctKey(['10.0.0.1', victim], ['10.0.0.2', 80], 0));
        }
        expect(gc.finish().state).toBe('done');
        expect(lifetimesLeft(kernel, map).every((l) => l >= 1000)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

describe('NAT entries', () => {
  const POD = ['10.0.1.5', 34567] as const;
  const WORLD = ['1.1.1.1', 443] as const;
  const NODE = ['192.168.0.9', 61000] as const;

  function world(flags: number, lifetime: number): readonly [Kernel, MapRecord, MapRecord] {
    const [kernel, map] = filled([]);
    const nat = mapOf(kernel, { maps: [{ name: 'cilium_snat_v4_external', ...NAT_MAP }] });
    put(kernel, map, ctKey(POD, WORLD, flags), ctValue(lifetime));
    // Out: from the pod to the world, the source becomes the node's. Back: to the node's port, the destination becomes the pod's.
    put(kernel, nat, tuple(WORLD[0], POD[0], WORLD[1], POD[1], 0), natValue(NODE));
    put(kernel, nat, tuple(NODE[0], WORLD[0], NODE[1], WORLD[1], 1), natValue(POD));
    // Another flow of the same pod.
    put(kernel, nat, tuple(WORLD[0], POD[0], WORLD[1], 1, 0), natValue(NODE));
    return [kernel, map, nat];
  }

  test('of a flow that left go with it, in both directions', () => {
    const [kernel, map, nat] = world(0, 999);
    expect(start(kernel, map, nat).finish().stats).toMatchObject({ deleted: 1, natDeleted: 2 });
    expect(dumpMap(kernel.maps, nat.address).map((e) => e.key)).toEqual([tuple(WORLD[0], POD[0], WORLD[1], 1, 0)]);
  });

  test.each([
    ['alive', 0, 1000],
    ['related', 2, 999],
    ['a service', 4, 999],
  ])('stay when the entry is %s', (_, flags, lifetime) => {
    const [kernel, map, nat] = world(flags, lifetime);
    expect(start(kernel, map, nat).finish().stats.natDeleted).toBe(0);
    expect(dumpMap(kernel.maps, nat.address)).toHaveLength(3);
  });

  test('of a flow that came in: the one for direct answers', () => {
    const [kernel, map, nat] = world(0, 2000);
    put(kernel, map, ctKey(WORLD, POD, 1), ctValue(1));
    // The pod answers the world by the service's address.
    put(kernel, nat, tuple(WORLD[0], POD[0], WORLD[1], POD[1], 0), natValue(['10.96.0.1', 80]));
    expect(start(kernel, map, nat).finish().stats).toMatchObject({ deleted: 1, alive: 1, natDeleted: 1 });
    expect(dumpMap(kernel.maps, nat.address)).toHaveLength(2);
  });
});
