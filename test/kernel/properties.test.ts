import { describe, expect, test } from 'vitest';
import type { KernelSnapshot } from '../../src/kernel/core.ts';
import type { KernelOptions } from '../../src/kernel/kernel.ts';
import { Kernel } from '../../src/kernel/kernel.ts';
import type { TestRun, TestRunStatus } from '../../src/kernel/testRun/run.ts';
import { snapshotPages } from '../../src/mem/snapshot.ts';
import type { LoadRequest } from '../../src/spec/request.ts';
import { toHex } from '../../src/util/hex.ts';
import { demoEvents } from '../programs/demo.ts';
import { testRequest } from '../programs/sequences.ts';

interface Loaded {
  readonly kernel: Kernel;
  readonly run: (data: Uint8Array) => TestRun;
}

/** The datapath of `programs/lb`, ready to take packets. */
function load(request: LoadRequest, entry: string, options: KernelOptions = {}): Loaded {
  const made = Kernel.create(options);
  if (!made.ok) throw new Error('no kernel');
  const kernel = made.value;
  expect(kernel.load(request).problems).toEqual([]);
  const prog = kernel.prog(entry);
  if (!prog) throw new Error(`no program ${entry}`);
  return { kernel, run: (data) => kernel.testRun(prog, { data }) };
}

function outcome(status: TestRunStatus): unknown {
  if (status.state !== 'done') return status;
  const { errno, retval, dataOut } = status.output;
  return { errno, retval, data: dataOut && toHex(dataOut) };
}

/** The pages of a snapshot that hold anything, as hex by page number. */
function contents({ memory }: KernelSnapshot): Map<number, string> {
  const pages = [...snapshotPages(memory)].filter(([, bytes]) => bytes.some((b) => b !== 0));
  return new Map(pages.sort(([a], [b]) => a - b).map(([page, bytes]) => [page, toHex(bytes)]));
}

const packets = demoEvents().map((e) => e.bytes);
const WORKLOADS = [
  { file: 'lb/tc.bpf', entry: 'tc_main' },
  { file: 'lb/xdp.bpf', entry: 'xdp_main' },
  { file: 'hello/limit.bpf', entry: 'limit' },
];

describe.each(WORKLOADS)('$file', ({ file, entry }) => {
  const request = testRequest(file);

  /** The straight run that the others are compared with. */
  function straight(options?: KernelOptions): { outcomes: unknown[]; end: KernelSnapshot } {
    const { kernel, run } = load(request, entry, options);
    const outcomes = packets.map((data) => outcome(run(data).finish()));
    return { outcomes, end: kernel.snapshot() };
  }

  test('the same run gives the same bytes', () => {
    const [a, b] = [straight(), straight()];
    expect(a.outcomes.some((o) => (o as { data?: string }).data !== undefined)).toBe(true);
    expect(b.outcomes).toEqual(a.outcomes);
    expect(contents(b.end)).toEqual(contents(a.end));
  });

  test('growing the memory at every allocation changes nothing', () => {
    const [a, b] = [straight(), straight({ growAlways: true })];
    expect(b.outcomes).toEqual(a.outcomes);
    expect(contents(b.end)).toEqual(contents(a.end));
  });

  test('pausing after every insn changes nothing', () => {
    const { outcomes, end } = straight();
    const { kernel, run } = load(request, entry);
    let pauses = 0;
    const stepped = packets.map((data) => {
      const one = run(data);
      while (one.status.state === 'paused') {
        one.advance(1);
        pauses++;
      }
      return outcome(one.status);
    });
    expect(pauses).toBeGreaterThan(packets.length);
    expect(stepped).toEqual(outcomes);
    expect(contents(kernel.snapshot())).toEqual(contents(end));
  });

  test('snapshot, run, restore, run gives equal bytes', () => {
    const { kernel, run } = load(request, entry);
    const half = Math.floor(packets.length / 2);
    for (const data of packets.slice(0, half)) run(data).finish();
    const before = kernel.snapshot();
    const rest = packets.slice(half);
    const first = rest.map((data) => outcome(run(data).finish()));
    const end = kernel.snapshot();
    kernel.restore(before);
    expect(contents(kernel.snapshot())).toEqual(contents(before));
    expect(kernel.world).toBe(before.world);
    const second = rest.map((data) => outcome(run(data).finish()));
    expect(second).toEqual(first);
    expect(contents(kernel.snapshot())).toEqual(contents(end));
  });

  test('a run can be put back to the middle of a program', () => {
    const { kernel, run } = load(request, entry);
    const one = run(packets[0]!);
    one.advance(5);
    const [state, memory] = [one.save(), kernel.snapshot()];
    const first = outcome(one.finish());
    const end = kernel.snapshot();
    kernel.restore(memory);
    one.restore(state);
    expect(one.status.state).toBe('paused');
    expect(outcome(one.finish())).toEqual(first);
    expect(contents(kernel.snapshot())).toEqual(contents(end));
  });
});
