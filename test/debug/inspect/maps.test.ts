import { describe, expect, test } from 'vitest';
import { capture } from '../../../src/debug/inspect/capture.ts';
import { ctxLines } from '../../../src/debug/inspect/ctx.ts';
import { elementLines, findMap, listMaps, mapElement, mapLines, mapPage } from '../../../src/debug/inspect/maps.ts';
import { packetLines } from '../../../src/debug/inspect/packetView.ts';
import { referenceLines } from '../../../src/debug/inspect/references.ts';
import { registerLines } from '../../../src/debug/inspect/registers.ts';
import { stackLines } from '../../../src/debug/inspect/stack.ts';
import { worldLines } from '../../../src/debug/inspect/world.ts';
import type { View } from '../../../src/debug/view.ts';
import type { MapRecord } from '../../../src/kernel/world.ts';
import { MAP } from '../../../src/maps/object.ts';
import { mapLookup } from '../../../src/maps/ops.ts';
import { need } from '../session/make.ts';
import { MANY, node, standing } from './look.ts';

const named = (view: View, name: string): MapRecord => need(findMap(view, name));

/** The stack of the caller lies right above the callee's. */
const made = () => standing(MANY, 'here', { cpus: 2 });

test('all maps in a list', () => {
  expect(mapLines(made().view())).toEqual([
    'inner  array             key 4, value 4, 1 of 1',
    'arr    array             key 4, value 16, 3 of 3',
    'parr   percpu_array      key 4, value 8, 2 of 2',
    'h      hash              key 4, value 8, 2 of 4',
    'ph     percpu_hash       key 4, value 8, 2 of 4',
    'lru    lru_hash          key 4, value 8, 2 of 4',
    't      lpm_trie          key 8, value 4, 2 of 8',
    'q      queue             key 0, value 4, 2 of 4',
    'st     stack             key 0, value 4, 2 of 4',
    'rb     ringbuf           key 0, value 0, 2 of 4096',
    'store  sk_storage        key 4, value 8, 1',
    'calls  prog_array        key 4, value 4, 1 of 4',
    'outer  array_of_maps     key 4, value 4, 1 of 2',
    'bloom  bloom_filter      key 0, value 4, max 4',
  ]);
});

test('the elements of each', () => {
  const view = made().view();
  const shown = Object.fromEntries(listMaps(view).map(({ name, record }) => [name, elementLines(view, record)]));
  expect(shown).toEqual({
    inner: ['0 -> 0'],
    arr: ['0 -> hits 0, from 0', '1 -> hits 5, from 167772161', '2 -> hits 0, from 0'],
    parr: ['0 -> cpu0: 6; cpu1: 0', '1 -> cpu0: 5; cpu1: 0'],
    h: ['0 -> 6', '1 -> 5'],
    ph: ['0 -> cpu0: 6; cpu1: 0', '1 -> cpu0: 5; cpu1: 0'],
    lru: ['1 -> 5', '0 -> 6'],
    t: ['{prefixlen 32, addr 10.0.0.1} -> 6', '{prefixlen 8, addr 10.0.0.0} -> 6'],
    q: ['#0 -> 05 00 00 00', '#1 -> 06 00 00 00'],
    st: ['#0 -> 05 00 00 00', '#1 -> 06 00 00 00'],
    rb: ['#0 -> 06 00 00 00 00 00 00 00', '#1 -> (reserved) 00 00 00 00'],
    store: ['sock(10.0.0.1:*->10.0.0.2:*) -> 77'],
    calls: ['2 -> main'],
    outer: ['1 -> inner'],
    bloom: ['(what a bloom_filter holds cannot be told)'],
  });
});

describe('pages and keys', () => {
  test('pages have an end', () => {
    const view = made().view();
    const arr = named(view, 'arr');
    expect(mapPage(view, arr, 0, 2)).toMatchObject({ more: true, elements: [{ keyText: '0' }, { keyText: '1' }] });
    expect(mapPage(view, arr, 2, 2)).toMatchObject({ more: false, elements: [{ keyText: '2' }] });
    expect(mapPage(view, arr, 9, 2)).toEqual({ more: false, elements: [] });
    expect(elementLines(view, arr, 0, 1)).toEqual(['0 -> hits 0, from 0', '(more from 1 on)']);
    expect(elementLines(view, arr, 9)).toEqual(['(nothing from 9 on)']);
  });

  test('an element by its key is the one of the list', () => {
    const view = made().view();
    for (const { record, keySize } of listMaps(view)) {
      for (const element of mapPage(view, record).elements) {
        if (element.key.length > 0) expect(mapElement(view, record, element.key)).toEqual(element);
      }
      expect(mapElement(view, record, new Uint8Array(keySize + 1))).toBeUndefined();
      if (keySize > 0) expect(mapElement(view, record, new Uint8Array(keySize).fill(0xee))).toBeUndefined();
    }
  });

  test('no map of that name', () => {
    const found = findMap(made().view(), 'nat');
    expect(found.ok ? '' : found.problems[0]!.code).toBe('debug.no-map');
  });
});

test('looking leaves no trace: every byte and the World stay as they were', () => {
  const s = node('tc_main');
  s.go({ kind: 'goto', tick: 1145 });
  const { kernel } = s;
  const { world, arena } = kernel;
  const bytes = arena.bytes(0, arena.size);
  const view = s.view();
  capture(view);
  for (const lines of [registerLines, stackLines, packetLines, ctxLines, worldLines, referenceLines, mapLines])
    lines(view);
  for (const { record } of listMaps(view)) {
    for (const { key } of mapPage(view, record).elements) mapElement(view, record, key);
  }
  expect(kernel.world).toBe(world);
  expect(arena.size).toBe(bytes.length);
  expect(Buffer.compare(arena.bytes(0, arena.size), bytes)).toBe(0);
});

test('a program that looks an element up of an LRU map leaves the trace that looking does not', () => {
  const view = made().view();
  const lru = named(view, 'lru');
  const { key } = mapPage(view, lru).elements[0]!;
  const { arena, maps } = view.kernel;
  const before = arena.bytes(arena.getU32(lru.address + MAP.values), 4 * arena.getU32(lru.address + MAP.stride));
  mapElement(view, lru, key);
  const now = (): Uint8Array => arena.bytes(arena.getU32(lru.address + MAP.values), before.length);
  expect(now()).toEqual(before);
  const at = arena.getU32(lru.address + MAP.scratchKey);
  arena.put(at, key);
  mapLookup(maps, lru.address, at, 0);
  expect(now()).not.toEqual(before);
});
