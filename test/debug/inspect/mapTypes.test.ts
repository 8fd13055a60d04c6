import { describe, expect, test } from 'vitest';
import type { Btf, BtfType } from '../../../src/btf/parse.ts';
import { cut, leavesOf, placeIn } from '../../../src/debug/inspect/mapTypes.ts';

function btf(types: readonly (BtfType | undefined)[]): Btf {
  return { types, stringBytes: 0, string: () => '' };
}

const U32: BtfType = { kind: 'int', name: 'u32', size: 4, bits: 32, signed: false, char: false, bool: false };
const U8: BtfType = { ...U32, name: 'u8', size: 1, bits: 8 };
const member = (name: string, type: number, offset: number, bits = 0) => ({ name, type, bitOffset: 8 * offset, bits });

/** { u32 a; union { u32 b; u8 c[4]; }; struct { u32 x; u32 y; } p[2]; u32 f : 3; } and a section with it. */
const TYPES = btf([
  undefined,
  U32,
  U8,
  { kind: 'array', name: '', type: 2, index: 1, count: 4 },
  { kind: 'union', name: '', size: 4, members: [member('b', 1, 0), member('c', 3, 0)] },
  { kind: 'struct', name: 'xy', size: 8, members: [member('x', 1, 0), member('y', 1, 4)] },
  { kind: 'array', name: '', type: 5, index: 1, count: 2 },
  {
    kind: 'struct',
    name: 'all',
    size: 28,
    members: [member('a', 1, 0), member('', 4, 4), member('p', 6, 8), member('f', 1, 24, 3)],
  },
  { kind: 'var', name: 'state', type: 7, linkage: 1 },
  { kind: 'datasec', name: '.bss', size: 32, vars: [{ type: 8, offset: 4, size: 28 }] },
]);

describe('places in a type', () => {
  test.each([
    [0, ''],
    [1, '.a+1'],
    [4, '.b'],
    [8, '.p'],
    [12, '.p[0].y'],
    [20, '.p[1].y'],
    [21, '.p[1].y+1'],
    [24, '.f'],
    [28, undefined],
    [-1, undefined],
  ])('byte %s', (offset, place) => {
    expect(placeIn(TYPES, 7, offset)).toBe(place);
  });

  test('of a section', () => {
    expect(placeIn(TYPES, 9, 0)).toBeUndefined();
    expect(placeIn(TYPES, 9, 4)).toBe('state');
    expect(placeIn(TYPES, 9, 16)).toBe('state.p[0].y');
  });
});

describe('the parts of a type', () => {
  test('in order', () => {
    expect(leavesOf(TYPES, 7).map((l) => `${l.place}@${l.offset}:${l.size}`)).toEqual([
      '.a@0:4',
      '@4:4',
      '.p[0].x@8:4',
      '.p[0].y@12:4',
      '.p[1].x@16:4',
      '.p[1].y@20:4',
      '.f@24:1',
    ]);
    expect(leavesOf(TYPES, 9)[2]).toMatchObject({ place: 'state.p[0].x', offset: 12 });
  });

  test('bounded, whatever the types say', () => {
    const empty: BtfType = { kind: 'struct', name: 'empty', size: 1, members: [] };
    const many: BtfType = { kind: 'array', name: '', type: 1, index: 1, count: 0x7fff_ffff };
    expect(leavesOf(btf([undefined, empty, many]), 2)).toEqual([]);
    const loop: BtfType = { kind: 'struct', name: 'loop', size: 4, members: [member('m', 1, 0)] };
    expect(leavesOf(btf([undefined, loop]), 1)).toEqual([]);
    expect(placeIn(btf([undefined, loop]), 1, 1)).toMatch(/^(\.m)+\+1$/);
    const wide: BtfType = { kind: 'array', name: '', type: 3, index: 1, count: 100_000 };
    expect(leavesOf(btf([undefined, U32, wide, { ...loop, members: [member('v', 1, 0)] }]), 2)).toHaveLength(1024);
  });
});

test('long texts are cut', () => {
  expect(cut('abcdef', 6)).toBe('abcdef');
  expect(cut('abcdefg', 6)).toBe('abcde…');
});
