/** Which map a name means while an old one of it lives on. */
import { expect, test } from 'vitest';
import { openOrCreateMap } from '../../../src/kernel/agent/openOrCreate.ts';
import type { Kernel } from '../../../src/kernel/kernel.ts';
import { isCurrentMap, mapLabel, mapNamed } from '../../../src/kernel/mapNames.ts';
import { initMaps } from '../../../src/kernel/replay/mapInit.ts';
import { ctList } from '../../../src/kernel/replay/report.ts';
import { mapChanges, mapsMoment } from '../../../src/kernel/scenario/mapChanges.ts';
import type { MapRecord } from '../../../src/kernel/world.ts';
import { problemText } from '../../../src/util/problem.ts';
import { CT_MAP, ctKey, ctValue, newKernel, put } from './entries.ts';

const DIR = '/sys/fs/bpf/tc/globals';
const KEY = ctKey(['10.5.224.91', 40356], ['192.168.64.195', 6379], 1);

function open(kernel: Kernel, max_entries: number, name = 'cilium_ct4_global'): MapRecord {
  const made = openOrCreateMap(kernel, { path: `${DIR}/${name}`, request: { name, ...CT_MAP, max_entries } });
  if (!made.ok) throw new Error(made.problems.map(problemText).join());
  return made.value.map;
}

test('the pinned map has the name; older ones are called unpinned, the newest of them first', () => {
  const kernel = newKernel();
  const [a, b, c] = [open(kernel, 16), open(kernel, 32), open(kernel, 64)];
  const { world } = kernel;
  expect([a, b, c].map((m) => mapLabel(world, m))).toEqual([
    'cilium_ct4_global (unpinned)',
    'cilium_ct4_global (unpinned)',
    'cilium_ct4_global',
  ]);
  expect([a, b, c].map((m) => isCurrentMap(world, m))).toEqual([false, false, true]);
  expect(mapNamed(world, 'cilium_ct4_global')).toBe(c);
  expect(mapNamed(world, 'cilium_ct4_global (unpinned)')).toBe(b);
  expect(mapNamed(world, 'cilium_ct4')).toBeUndefined();
  expect(mapNamed(world, 'cilium_ct4 (unpinned)')).toBeUndefined();
});

test('without any pin it is the newest', () => {
  const kernel = newKernel();
  const [a, b] = [open(kernel, 16), open(kernel, 32)];
  kernel.unpin(`${DIR}/cilium_ct4_global`);
  expect(mapNamed(kernel.world, 'cilium_ct4_global')).toBe(b);
  expect(mapLabel(kernel.world, a)).toBe('cilium_ct4_global (unpinned)');
});

test('listings and elements are of the pinned one; changes are told of both', () => {
  const kernel = newKernel();
  const old = open(kernel, 16);
  const now = open(kernel, 32);
  const before = mapsMoment(kernel);
  put(kernel, old, KEY, ctValue(1));
  expect(ctList(kernel)).toEqual([]);
  put(kernel, now, KEY, ctValue(1));
  expect(ctList(kernel)).toHaveLength(1);
  const changes = mapChanges(kernel, before, mapsMoment(kernel));
  expect(Object.keys(changes)).toEqual(['cilium_ct4_global (unpinned)', 'cilium_ct4_global']);
  const other = [{ key: '00'.repeat(14), value: '00'.repeat(56) }];
  expect(initMaps(kernel, { cilium_ct4_global: other }, '', '').problems).toEqual([]);
  expect(Object.values(mapChanges(kernel, before, mapsMoment(kernel))).map((l) => l.length)).toEqual([1, 2]);
});

test('tables of single endpoints are no global ones', () => {
  const kernel = newKernel();
  put(kernel, open(kernel, 16, 'cilium_ct4_00571'), KEY, ctValue(1));
  expect(ctList(kernel)).toEqual([]);
});
