import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Kernel, type MapFile } from '../../src/index.ts';
import { playSteps, type StepAnswer, StepPlayer, type StepRequest } from './steps.ts';

interface Recorded {
  readonly request: StepRequest;
  readonly answers: readonly StepAnswer[];
}

/** Random sequences and the kernel's answers, recorded by scripts/maps/compareUser.ts. */
function recorded(name: string): Recorded[] {
  const bytes = gunzipSync(readFileSync(new URL(`../recorded/maps/${name}.jsonl.gz`, import.meta.url)));
  const lines = bytes.toString('utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Recorded);
}

const one = recorded('user');

describe('what user space does with maps, as the kernel answered', () => {
  it('covers the types and commands', () => {
    const ops = new Set(one.flatMap(({ request }) => request.steps.map(({ op }) => op)));
    expect(ops.size).toBe(12);
    const types = new Set(one.flatMap(({ request }) => (request.maps ?? []).map(({ type }) => type)));
    expect(types.size).toBe(19);
  });

  it('every step', () => {
    for (const { request, answers } of one)
      expect({ name: request.name, answers: playSteps(request) }).toEqual({ name: request.name, answers });
  });

  it('every step on two CPUs', () => {
    for (const { request, answers } of recorded('user-cpus2'))
      expect({ name: request.name, answers: playSteps(request) }).toEqual({ name: request.name, answers });
  });

  it('every sample that a reader takes out of a ring buffer', () => {
    for (const { request, answers } of recorded('rings'))
      expect({ name: request.name, answers: playSteps(request) }).toEqual({ name: request.name, answers });
  });

  it('is the same when the memory grows at every allocation', () => {
    for (const { request, answers } of one.slice(0, 36))
      expect(playSteps(request, { growAlways: true })).toEqual(answers);
  });

  it('goes on from a snapshot as it went on the first time', () => {
    for (const { request } of one.slice(0, 36)) {
      const player = new StepPlayer(request);
      const half = request.steps.length >> 1;
      for (const step of request.steps.slice(0, half)) player.play(step);
      const snapshot = player.kernel.snapshot();
      const rest = request.steps.slice(half).filter((step) => !step.prev);
      const first = rest.map((step) => player.play(step));
      player.kernel.restore(snapshot);
      expect(rest.map((step) => player.play(step))).toEqual(first);
    }
  });
});

function openCounts(): { kernel: Kernel; file: MapFile } {
  const made = Kernel.create();
  if (!made.ok) throw new Error('no kernel');
  const kernel = made.value;
  kernel.load({ maps: [{ name: 'counts', type: 'hash', key_size: 4, value_size: 2, max_entries: 4 }], progs: [] });
  const file = kernel.openMap('counts');
  if (typeof file === 'number') throw new Error('no map');
  return { kernel, file };
}

describe('Kernel.openMap', () => {
  const [EPERM, ENOENT, EINVAL] = [-1, -2, -22];
  const key = Uint8Array.of(1, 0, 0, 0);
  const value = Uint8Array.of(7, 0);

  it('gives descriptors that read, write, or both', () => {
    const { kernel, file } = openCounts();
    const [reader, writer] = [8, 16].map((flags) => kernel.openMap('counts', flags) as MapFile);
    expect(reader!.update(key, value)).toBe(EPERM);
    expect(writer!.update(key, value)).toBe(0);
    expect(writer!.lookup(key)).toBe(EPERM);
    expect(reader!.lookup(key)).toEqual(value);
    expect(reader!.lookupBatch({ count: 4 })).toMatchObject({ errno: ENOENT, count: 1, keys: key, values: value });
    expect(file.freeze()).toBe(0);
    expect(writer!.delete(key)).toBe(EPERM);
    expect(file.info()).toMatchObject({ name: 'counts', frozen: true, max_entries: 4 });
  });

  it('refuses other flags and other names', () => {
    const { kernel } = openCounts();
    expect(kernel.openMap('counts', 24)).toBe(EINVAL);
    expect(kernel.openMap('nothing')).toBe(ENOENT);
  });

  it('takes maps and programs where values are descriptors', () => {
    const { kernel } = openCounts();
    const insns = 'b700000002000000 9500000000000000';
    const jumps = { name: 'jumps', type: 'prog_array', key_size: 4, value_size: 4, max_entries: 2 };
    const { progs } = kernel.load({ maps: [jumps], progs: [{ name: 'p', prog_type: 'xdp', insns }] });
    const file = kernel.openMap('jumps') as MapFile;
    expect(file.update(key, progs[0]!)).toBe(0);
    expect(file.update(key, Uint8Array.of(1, 0, 0, 0))).toBe(-9);
    expect(file.update(key, kernel.map('counts')!)).toBe(EINVAL);
    expect(file.lookup(key)).toEqual(Uint8Array.of(progs[0]!.id, 0, 0, 0));
  });
});
