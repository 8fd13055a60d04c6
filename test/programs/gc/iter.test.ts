/** Garbage collection by an iterator: what it takes, what it leaves, what its reader gets. */
import { expect, it } from 'vitest';
import type { Kernel } from '../../../src/kernel/kernel.ts';
import { toHex } from '../../../src/util/hex.ts';
import { requestOf } from '../assembleFile.ts';
import { entry, kernelWith, keysOf, le, update } from './world.ts';

const TCP = 'cilium_ct4_global';
const ANY = 'cilium_ct_any4_global';

function collect(kernel: Kernel, prog: string, map: string): string {
  const status = kernel.iterRun(kernel.prog(prog)!, { map: kernel.map(map)! }).finish();
  return status.state === 'done' && status.errno === 0 ? String.fromCharCode(...status.output) : status.state;
}

/** Keys that differ in one byte each: `byte` is the place, the rest is alike. */
const key = (byte: number): number[] => Array.from({ length: 14 }, (_, i) => (i === byte ? 9 : i));
const hex = (bytes: readonly number[]): string => toHex(Uint8Array.from(bytes));

it.each([
  ['gc_iter_tcp', TCP],
  ['gc_iter_any', ANY],
])('%s takes what ended before this second', (prog, map) => {
  const kernel = kernelWith(requestOf('gc/iter.bpf'));
  const lifetimes = [0, 999, 1000, 1001, 2 ** 32 - 1];
  for (const [i, lifetime] of lifetimes.entries()) update(kernel, map, key(i), entry(lifetime));
  expect(collect(kernel, prog, map)).toBe('scanned 5 deleted 2\n');
  expect(keysOf(kernel, map)).toEqual([key(2), key(3), key(4)].map(hex).sort());
  kernel.setClock({ sec: 1001, nsec: 0 });
  expect(collect(kernel, prog, map)).toBe('scanned 3 deleted 1\n');
  kernel.setClock({ sec: 5000, nsec: 0 });
  expect(collect(kernel, prog, map)).toBe('scanned 2 deleted 1\n');
  expect(keysOf(kernel, map)).toEqual([hex(key(4))]);
});

it('finds an entry by every byte of its key', () => {
  for (let expired = 0; expired < 14; expired++) {
    const kernel = kernelWith(requestOf('gc/iter.bpf'));
    for (let i = 0; i < 14; i++) update(kernel, TCP, key(i), entry(i === expired ? 1 : 2000));
    expect(collect(kernel, 'gc_iter_tcp', TCP)).toBe('scanned 14 deleted 1\n');
    expect(keysOf(kernel, TCP)).not.toContain(hex(key(expired)));
  }
});

it('says so of an empty table too, however many there were before', () => {
  const kernel = kernelWith(requestOf('gc/iter.bpf'));
  expect(collect(kernel, 'gc_iter_tcp', TCP)).toBe('scanned 0 deleted 0\n');
  update(kernel, TCP, key(0), entry(1));
  expect(collect(kernel, 'gc_iter_tcp', TCP)).toBe('scanned 1 deleted 1\n');
  expect(collect(kernel, 'gc_iter_tcp', TCP)).toBe('scanned 0 deleted 0\n');
});

it('counts what it took, not what it wanted to take: a link to the other table', () => {
  const kernel = kernelWith(requestOf('gc/iter.bpf'));
  update(kernel, ANY, key(0), entry(1));
  expect(collect(kernel, 'gc_iter_tcp', ANY)).toBe('scanned 1 deleted 0\n');
  expect(keysOf(kernel, ANY)).toEqual([hex(key(0))]);
});

it('sweeps a full table in one read', () => {
  const kernel = kernelWith(requestOf('gc/iter.bpf', { CT_MAX_TCP: 4096n }));
  for (let i = 0; i < 3000; i++) update(kernel, TCP, le(i, 14), entry(i % 3 === 0 ? 1 : 2000));
  const map = kernel.map(TCP)!;
  const status = kernel.iterRun(kernel.prog('gc_iter_tcp')!, { map, readSize: 1 }).finish();
  expect(status.state === 'done' && String.fromCharCode(...status.output)).toBe('scanned 3000 deleted 1000\n');
  expect(keysOf(kernel, TCP).length).toBe(2000);
});
