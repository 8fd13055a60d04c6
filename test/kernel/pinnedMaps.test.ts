import { describe, expect, test } from 'vitest';
import { assemble } from '../../src/asm/assemble.ts';
import { toRequest } from '../../src/asm/request.ts';
import { PIN_GLOBAL_DIR } from '../../src/kernel/bpffs.ts';
import { Kernel } from '../../src/kernel/kernel.ts';
import { userLookup, userUpdate } from '../../src/maps/user.ts';
import type { LoadRequest, MapRequest } from '../../src/spec/request.ts';
import { problemText } from '../../src/util/problem.ts';

const KEY = Uint8Array.of(1, 0, 0, 0);
const SHARED = { name: 'shared', type: 'hash', key_size: 4, value_size: 4, max_entries: 8 } as const;
const PATH = `${PIN_GLOBAL_DIR}/shared`;
const USES_MAP = '1811000000000000 0000000000000000 b700000000000000 9500000000000000';
const pins = PIN_GLOBAL_DIR;

function newKernel(): Kernel {
  const made = Kernel.create();
  if (!made.ok) throw new Error('no kernel');
  return made.value;
}

function request(map: Partial<MapRequest> = {}): LoadRequest {
  return { maps: [{ ...SHARED, pinning: 'by_name', ...map }], insns: USES_MAP };
}

describe('pinning=by_name', () => {
  test('goes into the request, and does nothing without a directory', () => {
    const { object } = assemble(
      '.map shared, type=hash, key=4, value=4, max_entries=8, pinning=by_name\nr0 = 0\nexit\n',
      {
        file: 'p.bpf',
      },
    );
    const made = object && toRequest(object);
    expect(made?.ok && made.value.maps).toEqual([{ ...SHARED, pinning: 'by_name' }]);
    const kernel = newKernel();
    kernel.load(request());
    expect(kernel.pins()).toEqual([]);
  });

  test('the first load makes and pins, the second uses what is there', () => {
    const kernel = newKernel();
    const first = kernel.load(request(), { pins });
    expect(kernel.pins()).toEqual([{ path: PATH, kind: 'map', id: first.maps[0]!.id }]);
    userUpdate(kernel.maps, first.maps[0]!.address, KEY, KEY);
    const second = kernel.load(request({ updates: [{ key: '01000000', value: '09000000' }], freeze: true }), { pins });
    expect(second.maps[0]).toBe(first.maps[0]);
    // Contents are kept, and nothing is put over them.
    expect(userLookup(kernel.maps, first.maps[0]!.address, KEY)).toEqual(KEY);
    expect(userUpdate(kernel.maps, first.maps[0]!.address, KEY, KEY)).toBe(0);
    for (const { maps, progs } of [first, second])
      for (const o of [...maps, ...progs]) expect(kernel.close(o!)).toBe(0);
    expect(kernel.pinned(PATH)).toBe(first.maps[0]);
    kernel.unpin(PATH);
    expect(kernel.world.maps).toEqual([]);
  });

  test.each([
    [{ type: 'lru_hash' }, 'type: hash, not lru_hash'],
    [{ key_size: 8 }, 'key_size: 4, not 8'],
    [{ value_size: 8 }, 'value_size: 4, not 8'],
    [{ max_entries: 16 }, 'max_entries: 8, not 16'],
    [{ map_flags: 1 }, 'map_flags: 0, not 1'],
  ])('another map at the path is an error: %j', (changed, words) => {
    const kernel = newKernel();
    kernel.load(request(), { pins });
    const before = kernel.world;
    const { maps, problems } = kernel.load(request(changed), { pins });
    expect(maps).toEqual([]);
    expect(problems.map(problemText)).toEqual([`map shared: the map pinned at ${PATH} has another ${words}`]);
    expect(kernel.world).toBe(before);
  });

  test('a program at the path, and a directory that is none', () => {
    const kernel = newKernel();
    kernel.pin(kernel.load({ insns: 'b700000000000000 9500000000000000' }).progs[0]!, PATH);
    expect(kernel.load(request(), { pins }).problems.map(problemText)).toEqual([
      `map shared: a program is pinned at ${PATH}`,
    ]);
    expect(kernel.load(request(), { pins: '/tmp' }).problems.map(problemText)).toEqual([
      'map shared: pinning at /tmp/shared fails with EPERM (1)',
    ]);
    expect(kernel.load(request(), { pins: PATH }).problems.map(problemText)).toEqual([
      `map shared: pinning at ${PATH}/shared fails with ENOTDIR (20)`,
    ]);
    expect(kernel.world.maps).toEqual([]);
  });
});

describe('a map that stands for one of the request', () => {
  test('is used whatever its attributes', () => {
    const kernel = newKernel();
    const old = kernel.load({ maps: [{ ...SHARED, max_entries: 99 }], progs: [] }).maps[0]!;
    const { maps, progs } = kernel.load(request(), { pins, maps: { shared: old } });
    expect(maps).toEqual([old]);
    expect(progs[0]!.maps).toEqual([old.id]);
    expect(kernel.pins()).toEqual([]);
  });

  test('must be there', () => {
    const kernel = newKernel();
    const old = kernel.load({ maps: [SHARED], progs: [] }).maps[0]!;
    kernel.close(old);
    expect(kernel.load(request(), { maps: { shared: old } }).problems.map(problemText)).toEqual([
      'map shared: the map that stands for it is not loaded (any more)',
    ]);
  });
});
