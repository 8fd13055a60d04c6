import { describe, expect, test } from 'vitest';
import { load, move, type Piece, program, set } from '../../scripts/testRun/code.ts';
import { buffLen, packetByte } from '../../scripts/testRun/pieces.ts';
import { Kernel, type KernelOptions } from '../../src/kernel/kernel.ts';
import type { TestRun } from '../../src/kernel/testRun/run.ts';
import type { TestRunInput, TestRunOutput } from '../../src/kernel/testRun/uarg.ts';
import { dumpMap } from '../../src/maps/user.ts';
import { UAPI } from '../../src/spec/constants.ts';
import { ERRNO } from '../../src/spec/errno.ts';

const MAPS = [{ name: 'out', type: 'array', key_size: 4, value_size: 512, max_entries: 1 }] as const;
const FRAME = Uint8Array.from({ length: 64 }, (_, i) => i);

function testRun(
  progType: string,
  pieces: readonly Piece[],
  input: TestRunInput,
  options: KernelOptions = {},
): TestRun {
  const made = Kernel.create(options);
  if (!made.ok) throw new Error('no kernel');
  const { progs, problems } = made.value.load({
    prog_type: progType,
    ...program(pieces, pieces.length === 0 ? [set(0, 2)] : [move(0, 8)]),
    maps: MAPS,
  });
  expect(problems).toEqual([]);
  return made.value.testRun(progs[0]!, input);
}

function output(...args: Parameters<typeof testRun>): TestRunOutput {
  const status = testRun(...args).finish();
  if (status.state !== 'done') throw new Error(JSON.stringify(status));
  return status.output;
}

describe('what user space has room for', () => {
  test('without sizes everything comes back', () => {
    expect(output('xdp', [], { data: FRAME })).toEqual({ errno: 0, retval: 2, dataOut: FRAME, dataSize: 64 });
  });

  test('no room wanted is no error', () => {
    expect(output('xdp', [], { data: FRAME, outSize: 0 })).toEqual({ errno: 0, retval: 2, dataSize: 64 });
  });

  test('too little room is ENOSPC, and the sizes say how much there is', () => {
    const { errno, dataOut, dataSize } = output('sched_cls', [], { data: FRAME, outSize: 10 });
    expect([errno, dataOut?.length, dataSize]).toEqual([ERRNO.ENOSPC, 10, 64]);
    const cut = output('sched_cls', [], { data: FRAME, ctx: new Uint8Array(192), ctxOutSize: 100 });
    expect([cut.errno, cut.ctxOut?.length, cut.ctxSize]).toEqual([ERRNO.ENOSPC, 100, 192]);
  });

  test('a context comes out where one is wanted and none given', () => {
    // It is all zeros then: nothing of the packet is linear.
    expect(output('xdp', [], { data: FRAME, ctxOutSize: 24 })).toMatchObject({ errno: 0, ctxOut: new Uint8Array(24) });
    expect(output('sched_cls', [], { data: FRAME, ctxOutSize: 192 }).ctxOut?.[40]).toBe(1);
  });
});

describe('raw tracepoints', () => {
  const args = new Uint8Array(16).fill(5);
  const cpuOf: Piece = [load(8, 8, 6, 8)];

  test('need as much context as the program reads', () => {
    expect(output('raw_tracepoint', [cpuOf], { ctx: args.subarray(0, 8) }).errno).toBe(ERRNO.EINVAL);
    expect(output('raw_tracepoint', [cpuOf], { ctx: args })).toEqual({ errno: 0, retval: 0x05050505 });
  });

  test('run on a CPU that there is', () => {
    const flags = UAPI.BPF_F_TEST_RUN_ON_CPU;
    const on = (cpu: number): number => output('raw_tracepoint', [cpuOf], { ctx: args, flags, cpu }, { cpus: 2 }).errno;
    expect([on(0), on(1), on(2)]).toEqual([0, 0, ERRNO.ENXIO]);
  });
});

test('a run of live frames can be put back to its middle', () => {
  const live = { data: FRAME, flags: UAPI.BPF_F_TEST_XDP_LIVE_FRAMES, repeat: 150, batchSize: 4 };
  const made = Kernel.create({});
  if (!made.ok) throw new Error('no kernel');
  const kernel = made.value;
  const code = program([packetByte('xdp_md', 20, 1), buffLen()], [set(0, 1)]);
  const { progs } = kernel.load({ prog_type: 'xdp', ...code, maps: MAPS });
  const run = kernel.testRun(progs[0]!, live);
  run.advance(1000);
  const [snapshot, state] = [kernel.snapshot(), run.save()];
  const first = run.finish();
  const value = (): unknown => dumpMap(kernel.maps, kernel.map('out')!.address);
  const after = value();
  kernel.restore(snapshot);
  run.restore(state);
  expect(run.finish()).toEqual(first);
  expect(value()).toEqual(after);
  expect(first.state === 'done' && first.output.retval).toBe(0);
});
