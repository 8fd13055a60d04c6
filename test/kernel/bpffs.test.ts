import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Kernel } from '../../src/kernel/kernel.ts';
import type { MapRecord, ProgRecord } from '../../src/kernel/world.ts';
import { userLookup } from '../../src/maps/user.ts';
import { ERRNO } from '../../src/spec/errno.ts';
import type { LoadRequest, MapRequest } from '../../src/spec/request.ts';

const { EACCES, EBADF, EEXIST, EINVAL, EISDIR, ENAMETOOLONG, ENOENT, ENOTDIR, EPERM } = ERRNO;
const HASH = { type: 'hash', key_size: 4, value_size: 4, max_entries: 8 } as const;
/** `r1 = map 0 ll; r0 = 0; exit` */
const USES_MAP = '1811000000000000 0000000000000000 b700000000000000 9500000000000000';
const EXIT = 'b700000000000000 9500000000000000';

function newKernel(): Kernel {
  const made = Kernel.create();
  if (!made.ok) throw new Error('no kernel');
  return made.value;
}

function withMap(request: Partial<MapRequest> = {}): readonly [Kernel, MapRecord] {
  const kernel = newKernel();
  const { maps } = kernel.load({ maps: [{ name: 'm', ...HASH, ...request }], progs: [] });
  return [kernel, maps[0]!];
}

/** The answers of Linux 6.12. */
describe('paths', () => {
  const [kernel, map] = withMap();
  expect(kernel.pin(map, '/sys/fs/bpf/m')).toBe(0);
  expect(kernel.pin(map, '/sys/fs/bpf/d/x')).toBe(0);

  test.each([
    ['/tmp/x', -EPERM],
    ['/sys/fs/bpf/m', -EEXIST],
    ['/sys/fs/bpf//./m', -EEXIST],
    ['/sys/fs/bpf/m/', -EEXIST],
    ['/sys/fs/bpf/d', -EEXIST],
    ['/sys/fs/bpf/a.b', -EPERM],
    ['/sys/fs/bpf/d.d/x', -EPERM],
    ['/sys/fs/bpf', -EEXIST],
    ['/sys/fs/bpf/', -EEXIST],
    ['/', -EEXIST],
    ['/sys/fs/bpf/t/', -ENOENT],
    ['/sys/fs/bpf/m/x', -ENOTDIR],
    ['/sys/fs/bpf/../x', -EPERM],
    ['', -ENOENT],
    [`/sys/fs/bpf/${'a'.repeat(256)}`, -ENAMETOOLONG],
    [`/sys/fs/bpf${'/a'.repeat(2048)}`, -ENAMETOOLONG],
  ])('pin at %j: %i', (path, errno) => {
    expect(kernel.pin(map, path)).toBe(errno);
  });

  test.each([
    ['/sys/fs/bpf/none', -ENOENT],
    ['/sys/fs/bpf', -EACCES],
    ['/sys/fs/bpf/d', -EACCES],
    ['/sys/fs/bpf/m/x', -ENOTDIR],
    ['/sys/fs/bpf/m/', -ENOTDIR],
    ['/sys/fs/bpf/a.b', -EPERM],
    ['/tmp/none', -ENOENT],
    ['', -ENOENT],
  ])('get %j: %i', (path, errno) => {
    expect(kernel.pinned(path)).toBe(errno);
  });

  test.each([
    ['/sys/fs/bpf/d', -EISDIR],
    ['/sys/fs/bpf', -EISDIR],
    ['/sys/fs/bpf/none', -ENOENT],
    ['/sys/fs/bpf/m/x', -ENOTDIR],
  ])('unpin %j: %i', (path, errno) => {
    expect(kernel.unpin(path)).toBe(errno);
  });

  test('what is pinned is found and listed by path', () => {
    expect(kernel.pinned('/sys/fs/bpf/./d//x')).toBe(map);
    expect(kernel.pins().map((p) => p.path)).toEqual(['/sys/fs/bpf/d/x', '/sys/fs/bpf/m']);
    expect(kernel.pins('/sys/fs/bpf/d/')).toEqual([{ path: '/sys/fs/bpf/d/x', kind: 'map', id: map.id }]);
    expect(kernel.pins('/sys/fs/bpf/m')).toEqual([]);
  });
});

describe('lifetimes', () => {
  test('a map lives while it is pinned', () => {
    const [kernel, map] = withMap();
    expect(kernel.pin(map, '/sys/fs/bpf/m')).toBe(0);
    expect(kernel.close(map)).toBe(0);
    expect(kernel.close(map)).toBe(-EBADF);
    expect(kernel.map('m')).toBe(map);
    expect(kernel.unpin('/sys/fs/bpf/m')).toBe(0);
    expect(kernel.map('m')).toBeUndefined();
    expect(kernel.pin(map, '/sys/fs/bpf/m')).toBe(-EINVAL);
  });

  test('a descriptor of a map that is gone is a bad one', () => {
    const [kernel, map] = withMap();
    const file = kernel.openMap(map);
    if (typeof file === 'number') throw new Error('no descriptor');
    expect(file.update(new Uint8Array(4), new Uint8Array(4))).toBe(0);
    kernel.close(map);
    expect(file.lookup(new Uint8Array(4))).toBe(-EBADF);
    expect(file.update(new Uint8Array(4), new Uint8Array(4))).toBe(-EBADF);
    expect(file.delete(new Uint8Array(4))).toBe(-EBADF);
    expect(file.nextKey()).toBe(-EBADF);
    expect(file.freeze()).toBe(-EBADF);
    expect(file.lookupBatch({ count: 3 })).toMatchObject({ errno: -EBADF, count: 3 });
  });

  test('a program holds its maps until it is unloaded', () => {
    const kernel = newKernel();
    const { maps, progs } = kernel.load({ maps: [{ name: 'm', ...HASH }], insns: USES_MAP });
    kernel.close(maps[0]!);
    expect(kernel.map('m')).toBeDefined();
    kernel.close(progs[0]!);
    expect(kernel.world.progs).toEqual([]);
    expect(kernel.world.maps).toEqual([]);
  });

  test('a program that is gone does not run', () => {
    const kernel = newKernel();
    const prog = kernel.load({ insns: EXIT, prog_type: 'xdp' }).progs[0]!;
    const run = () => kernel.testRun(prog, { data: new Uint8Array(64) }).finish();
    expect(run()).toMatchObject({ output: { errno: 0, retval: 0 } });
    kernel.close(prog);
    expect(run()).toMatchObject({ output: { errno: EBADF } });
  });

  test('a pinned program stays', () => {
    const kernel = newKernel();
    const prog = kernel.load({ insns: EXIT }).progs[0]!;
    kernel.pin(prog, '/sys/fs/bpf/p');
    kernel.close(prog);
    expect(kernel.pinned('/sys/fs/bpf/p')).toBe(prog);
    kernel.unpin('/sys/fs/bpf/p');
    expect(kernel.world.progs).toEqual([]);
  });

  const TAIL: LoadRequest = {
    maps: [
      {
        name: 'calls',
        type: 'prog_array',
        key_size: 4,
        value_size: 4,
        max_entries: 4,
        updates: [{ key: '01000000', value_prog_index: 1 }],
      },
    ],
    prog_type: 'xdp',
    progs: [
      { name: 'entry', insns: USES_MAP },
      { name: 'tail', insns: USES_MAP },
    ],
  };

  test('a prog_array holds programs while user space can reach it', () => {
    const kernel = newKernel();
    const { maps, progs } = kernel.load(TAIL);
    const [calls] = maps;
    const [entry, tail] = progs;
    kernel.pin(calls!, '/sys/fs/bpf/calls');
    kernel.close(calls!);
    kernel.close(tail!);
    expect(kernel.prog('tail')).toBe(tail);
    // The program that uses it is no user: without a path the array empties itself.
    kernel.unpin('/sys/fs/bpf/calls');
    expect(kernel.prog('tail')).toBeUndefined();
    expect(userLookup(kernel.maps, calls!.address, Uint8Array.of(1, 0, 0, 0))).toBe(-ENOENT);
    kernel.close(entry!);
    expect(kernel.world.maps).toEqual([]);
  });

  test('a program that its own prog_array holds does not hold itself', () => {
    const kernel = newKernel();
    const { maps, progs } = kernel.load(TAIL);
    for (const object of [...progs, ...maps]) kernel.close(object!);
    expect(kernel.world.progs).toEqual([]);
    expect(kernel.world.maps).toEqual([]);
  });

  test('a program that is taken out of a prog_array goes', () => {
    const kernel = newKernel();
    const { maps, progs } = kernel.load(TAIL);
    kernel.close(progs[1]!);
    const file = kernel.openMap(maps[0]!);
    if (typeof file === 'number') throw new Error('no descriptor');
    expect(file.delete(Uint8Array.of(1, 0, 0, 0))).toBe(0);
    expect(kernel.world.progs.map((p) => p.name)).toEqual(['entry']);
  });

  test('an inner map lives in its outer map', () => {
    const kernel = newKernel();
    const outer = { name: 'outer', type: 'array_of_maps', key_size: 4, value_size: 4, max_entries: 2, inner_map: 0 };
    const { maps } = kernel.load({
      maps: [
        { name: 'inner', ...HASH },
        { ...outer, updates: [{ key: '00000000', value_map: 0 }] },
      ],
      progs: [],
    });
    kernel.close(maps[0]!);
    expect(kernel.map('inner')).toBe(maps[0]);
    const file = kernel.openMap('outer');
    if (typeof file === 'number') throw new Error('no descriptor');
    expect(file.delete(new Uint8Array(4))).toBe(0);
    expect(kernel.world.maps.map((m) => m.name)).toEqual(['outer']);
  });

  test('going back to a snapshot brings pins and what they held back', () => {
    const [kernel, map] = withMap();
    kernel.pin(map, '/sys/fs/bpf/m');
    const before = kernel.snapshot();
    kernel.unpin('/sys/fs/bpf/m');
    kernel.close(map);
    kernel.restore(before);
    expect(kernel.pinned('/sys/fs/bpf/m')).toBe(map);
    expect(userLookup(kernel.maps, map.address, new Uint8Array(4))).toBe(-ENOENT);
  });
});

/** What the naive model knows of an object: who holds it. */
interface Held {
  readonly object: MapRecord | ProgRecord;
  open: number;
  readonly paths: Set<string>;
  /** Programs that use it. */
  readonly users: Held[];
}

describe('against a naive model', () => {
  const action = fc.oneof(
    fc.record({ do: fc.constant('load' as const) }),
    fc.record({ do: fc.constant('close' as const), nth: fc.nat(9) }),
    fc.record({ do: fc.constant('pin' as const), nth: fc.nat(9), path: fc.nat(5) }),
    fc.record({ do: fc.constant('unpin' as const), path: fc.nat(5) }),
  );

  test('maps and programs live as long as something holds them', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const kernel = newKernel();
        const all: Held[] = [];
        const alive = (h: Held): boolean => h.open > 0 || h.paths.size > 0 || h.users.some(alive);
        for (const a of actions) {
          const object = 'nth' in a ? all[a.nth % Math.max(1, all.length)] : undefined;
          const path = 'path' in a ? `/sys/fs/bpf/p${a.path}` : '';
          const holder = all.find((h) => h.paths.has(path));
          if (a.do === 'load') {
            const { maps, progs } = kernel.load({ maps: [{ name: 'm', ...HASH }], insns: USES_MAP });
            const prog: Held = { object: progs[0]!, open: 1, paths: new Set(), users: [] };
            all.push(prog, { object: maps[0]!, open: 1, paths: new Set(), users: [prog] });
          } else if (a.do === 'unpin') {
            expect(kernel.unpin(path)).toBe(holder ? 0 : -ENOENT);
            holder?.paths.delete(path);
          } else if (object && a.do === 'close') {
            expect(kernel.close(object.object)).toBe(object.open > 0 ? 0 : -EBADF);
            object.open = Math.max(0, object.open - 1);
          } else if (object && a.do === 'pin') {
            const expected = !alive(object) ? -EINVAL : holder ? -EEXIST : 0;
            expect(kernel.pin(object.object, path)).toBe(expected);
            if (expected === 0) object.paths.add(path);
          }
          const living = all.filter(alive).map((h) => h.object.id);
          const { maps, progs } = kernel.world;
          expect([...maps, ...progs].map((o) => o.id).sort()).toEqual(living.sort());
          expect(kernel.pins().map((p) => p.path)).toEqual(all.flatMap((h) => [...h.paths]).sort());
        }
        for (const path of kernel.pins().map((p) => p.path)) kernel.unpin(path);
        for (const h of all) while (kernel.close(h.object) === 0);
        expect([kernel.world.maps, kernel.world.progs, kernel.world.pins, kernel.world.open]).toEqual([[], [], [], []]);
      }),
    );
  });
});
