/** Garbage collection by a timer: sweeps when they are due, and only then. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { clockAfter } from '../../../src/kernel/clock.ts';
import type { Kernel } from '../../../src/kernel/kernel.ts';
import { requestOf } from '../assembleFile.ts';
import { PERIOD, RUNS, type Swept, sweepRequest } from './sweep.ts';
import { entry, kernelWith, keysOf, le, update, words } from './world.ts';

const MS = 1_000_000;
const TCP = 'cilium_ct4_global';
const ANY = 'cilium_ct_any4_global';

function run(kernel: Kernel, prog: string): number {
  const status = kernel.testRun(kernel.prog(prog)!, {}).finish();
  if (status.state !== 'done') throw new Error(status.state);
  return status.output.retval | 0;
}

function pass(kernel: Kernel, ns: number): void {
  const status = kernel.advanceClock(clockAfter(kernel.world.clock, BigInt(ns))).finish();
  if (status.state !== 'done') throw new Error(status.state);
}

const setPeriod = (kernel: Kernel, ns: number): void => update(kernel, 'gc_settings', le(0, 4), le(ns, 8));
const totals = (kernel: Kernel): number[] => words(kernel, 'gc_totals');

function started(period = 10 * MS): Kernel {
  const kernel = kernelWith(requestOf('gc/timer.bpf'));
  setPeriod(kernel, period);
  expect(run(kernel, 'gc_start')).toBe(0);
  return kernel;
}

describe('sweeps', () => {
  it('come a period after the start and a period after each other', () => {
    const kernel = started();
    pass(kernel, 10 * MS - 1);
    expect(totals(kernel)).toEqual([0, 0, 0]);
    pass(kernel, 1);
    expect(totals(kernel)).toEqual([1, 0, 0]);
    pass(kernel, 30 * MS);
    expect(totals(kernel)).toEqual([4, 0, 0]);
  });

  it('take from both tables what ended before this second, and add up', () => {
    const kernel = started();
    for (const [i, lifetime] of [0, 999, 1000, 2 ** 32 - 1].entries()) {
      update(kernel, TCP, le(i, 14), entry(lifetime));
      update(kernel, ANY, le(50 + i, 14), entry(lifetime));
    }
    update(kernel, ANY, le(60, 14), entry(5));
    pass(kernel, 10 * MS);
    expect(totals(kernel)).toEqual([1, 9, 5]);
    expect([keysOf(kernel, TCP).length, keysOf(kernel, ANY).length]).toEqual([2, 2]);
    pass(kernel, 10 * MS);
    expect(totals(kernel)).toEqual([2, 13, 5]);
    pass(kernel, 1000 * MS);
    expect(totals(kernel).slice(2)).toEqual([7]);
    expect([keysOf(kernel, TCP).length, keysOf(kernel, ANY).length]).toEqual([1, 1]);
  });

  it('follow a change of the period, and end with none', () => {
    const kernel = started();
    setPeriod(kernel, 40 * MS);
    pass(kernel, 10 * MS);
    pass(kernel, 30 * MS);
    expect(totals(kernel)[0]).toBe(1);
    setPeriod(kernel, 0);
    pass(kernel, 10 * MS);
    expect(totals(kernel)[0]).toBe(2);
    pass(kernel, 1000 * MS);
    expect(totals(kernel)[0]).toBe(2);
    expect(run(kernel, 'gc_stop')).toBe(0);
  });
});

describe('gc_start', () => {
  it('refuses to start without a period', () => {
    const kernel = kernelWith(requestOf('gc/timer.bpf'));
    expect(run(kernel, 'gc_start')).toBe(-22);
    expect(run(kernel, 'gc_stop')).toBe(-22);
  });
  it('called again starts the period anew', () => {
    const kernel = started();
    pass(kernel, 6 * MS);
    expect(run(kernel, 'gc_start')).toBe(0);
    pass(kernel, 6 * MS);
    expect(totals(kernel)[0]).toBe(0);
    pass(kernel, 4 * MS);
    expect(totals(kernel)[0]).toBe(1);
  });
});

describe('gc_stop', () => {
  it('ends the sweeps; gc_start begins again', () => {
    const kernel = started();
    pass(kernel, 10 * MS);
    expect(run(kernel, 'gc_stop')).toBe(1);
    expect(run(kernel, 'gc_stop')).toBe(0);
    pass(kernel, 100 * MS);
    expect(totals(kernel)[0]).toBe(1);
    expect(run(kernel, 'gc_start')).toBe(0);
    pass(kernel, 10 * MS);
    expect(totals(kernel)[0]).toBe(2);
  });
});

it('leaves what the kernel left', () => {
  const file = new URL('../../recorded/programs/gc-timer.json', import.meta.url);
  const swept = JSON.parse(readFileSync(file, 'utf8')) as Swept;
  const kernel = kernelWith(sweepRequest());
  const answers = RUNS.map((prog) => {
    const answer = run(kernel, prog);
    pass(kernel, 2 * PERIOD);
    return answer;
  });
  expect(answers.slice(1)).toEqual(swept.answers);
  expect(Object.fromEntries([TCP, ANY].map((map) => [map, keysOf(kernel, map)]))).toEqual(swept.left);
  const [sweeps, scanned, deleted] = totals(kernel);
  expect([sweeps, scanned, deleted]).toEqual([4, 27 + 3 * swept.later, 27 - swept.later]);
});
