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
import { node, standing } from './look.ts';

const named = (view: View, name: string): MapRecord => need(findMap(view, name));

/** Every type of map whose elements can be looked at, with something in it. */
const TEXT = `
  .struct val { u64 hits; be32 from }
  .map arr, type=array, key=u32, value=struct val, max_entries=3
  .map parr, type=percpu_array, key=u32, value=u64, max_entries=2
  .map h, type=hash, key=u32, value=u64, max_entries=4
  .map ph, type=percpu_hash, key=u32, value=u64, max_entries=4
  .map lru, type=lru_hash, key=u32, value=u64, max_entries=4
  .struct prefix { u32 prefixlen; be32 addr }
  .map t, type=lpm_trie, key=struct prefix, value=u32, max_entries=8, map_flags=BPF_F_NO_PREALLOC
  .map q, type=queue, value=u32, max_entries=4
  .map st, type=stack, value=u32, max_entries=4
  .map rb, type=ringbuf, max_entries=4096
  .map store, type=sk_storage, key=u32, value=u64
  .map calls, type=prog_array, key=u32, value=u32, max_entries=4, values=[2: main]
  .map inner, type=array, key=u32, value=u32, max_entries=1
  .map outer, type=array_of_maps, key=u32, inner=inner, max_entries=2, values=[1: inner]
  .map bloom, type=bloom_filter, value=u32, max_entries=4
  .section "tc"
  .func main(struct __sk_buff *ctx) -> int
    r6 = r1
    *(u32 *)(r10 - 4) = 1
    *(u64 *)(r10 - 16) = 5
    *(u32 *)(r10 - 24) = htonl(0x0a000001)
    *(u64 *)(r10 - 32) = 5
    r7 = 0
  again:
    r1 = h ll
    call update
    r1 = ph ll
    call update
    r1 = lru ll
    call update
    r1 = parr ll
    call update
    r1 = q ll
    call push
    r1 = st ll
    call push
    *(u32 *)(r10 - 4) = 0
    *(u64 *)(r10 - 16) = 6
    r7 += 1
    if r7 != 2 goto again
    *(u32 *)(r10 - 40) = 8
    *(u32 *)(r10 - 36) = htonl(0x0a000000)
    r8 = 0
  prefixes:
    r1 = t ll
    r2 = r10
    r2 += -40
    r3 = r10
    r3 += -16
    r4 = 0
    call bpf_map_update_elem
    *(u32 *)(r10 - 40) = 32
    *(u32 *)(r10 - 36) = htonl(0x0a000001)
    r8 += 1
    if r8 != 2 goto prefixes
    r1 = arr ll
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r3 = r10
    r3 += -32
    r4 = 0
    call bpf_map_update_elem
    r1 = rb ll
    r2 = r10
    r2 += -16
    r3 = 8
    r4 = 0
    call bpf_ringbuf_output
    r1 = rb ll
    r2 = 4
    r3 = 0
    call bpf_ringbuf_reserve
    r9 = r0
    r2 = *(u64 *)(r6 + __sk_buff.sk)
    r1 = store ll
    r3 = 0
    r4 = BPF_SK_STORAGE_GET_F_CREATE
    call bpf_sk_storage_get
    *(u64 *)(r0 + 0) = 77
  here:
    r1 = r9
    r2 = 0
    call bpf_ringbuf_discard
    r0 = 0
    exit
  .func update(void *map) -> int static
    r2 = r10
    r2 += 508
    r3 = r10
    r3 += 496
    r4 = 0
    call bpf_map_update_elem
    exit
  .func push(void *map) -> int static
    r2 = r10
    r2 += 496
    r3 = 0
    call bpf_map_push_elem
    exit
`;

/** The stack of the caller lies right above the callee's. */
const made = () => standing(TEXT, 'here', { cpus: 2 });

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
