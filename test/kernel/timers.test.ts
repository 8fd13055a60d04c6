import { describe, expect, it } from 'vitest';
import { assemble } from '../../src/asm/assemble.ts';
import { toRequest } from '../../src/asm/request.ts';
import { type Clock, clockAfter } from '../../src/kernel/clock.ts';
import { Kernel } from '../../src/kernel/kernel.ts';
import { userDelete, userLookup } from '../../src/maps/user.ts';

const MS = 1_000_000n;

/**
 * Arms three timers: at 5 ms, at 2 ms and, again and again, every millisecond. Callbacks write the number of calls so far into
 * their values and count their own.
 */
const TEXT = `
.section license
.asciz "GPL"
.struct val { u64 hits; u64 order; struct bpf_timer timer }
.map m, type=hash, key=u32, value=struct val, max_entries=8
.map total, type=array, key=u32, value=u64, max_entries=1

.section "tc"
.func prog(struct __sk_buff *ctx) -> int
    r6 = 0
next:
    *(u32 *)(r10 - 4) = r6
    *(u64 *)(r10 - 40) = 0
    *(u64 *)(r10 - 32) = 0
    *(u64 *)(r10 - 24) = 0
    *(u64 *)(r10 - 16) = 0
    r1 = m ll
    r2 = r10
    r2 += -4
    r3 = r10
    r3 += -40
    r4 = 0
    call bpf_map_update_elem
    r1 = m ll
    r2 = r10
    r2 += -4
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r7 = r0
    r1 = r7
    r1 += val.timer
    r2 = m ll
    r3 = CLOCK_MONOTONIC
    call bpf_timer_init
    r1 = r7
    r1 += val.timer
    r2 = on_timer ll
    call bpf_timer_set_callback
    r2 = 5000000
    if r6 == 0 goto start
    r2 = 2000000
    if r6 == 1 goto start
    r2 = 1000000
start:
    r1 = r7
    r1 += val.timer
    r3 = 0
    call bpf_timer_start
    r6 += 1
    if r6 < 3 goto next
out:
    r0 = 0
    exit

.section ".text"
.func on_timer(void *map, u32 *key, struct val *val) -> int static
    r6 = r2
    r7 = r3
    r1 = *(u64 *)(r7 + val.hits)
    r1 += 1
    *(u64 *)(r7 + val.hits) = r1
    r2 = total + 0 ll
    r1 = *(u64 *)(r2 + 0)
    r1 += 1
    *(u64 *)(r2 + 0) = r1
    *(u64 *)(r7 + val.order) = r1
    r1 = *(u32 *)(r6 + 0)
    if r1 != 2 goto done
    r1 = r7
    r1 += val.timer
    r2 = 1000000
    r3 = 0
    call bpf_timer_start
done:
    r0 = 0
    exit
`;

function armed(): { kernel: Kernel; start: Clock } {
  const made = assemble(TEXT, { file: 'timers.bpf' });
  expect(made.problems).toEqual([]);
  const request = toRequest(made.object!);
  const kernel = Kernel.create();
  if (!request.ok || !kernel.ok) throw new Error('no kernel');
  const loaded = kernel.value.load(request.value);
  expect(loaded.problems).toEqual([]);
  const status = kernel.value.testRun(loaded.progs[0]!, { data: new Uint8Array(64) }).finish();
  expect(status.state).toBe('done');
  return { kernel: kernel.value, start: kernel.value.world.clock };
}

/** Calls and the number of the last call of each value; undefined where there is none. */
function hits(kernel: Kernel): (readonly [number, number] | undefined)[] {
  return [0, 1, 2].map((key) => {
    const bytes = userLookup(kernel.maps, kernel.map('m')!.address, Uint8Array.of(key, 0, 0, 0));
    if (typeof bytes === 'number') return undefined;
    expect(bytes.subarray(16)).toEqual(new Uint8Array(16));
    return [bytes[0]!, bytes[8]!];
  });
}

describe('timers', () => {
  it('fire in the order of their times as the clock is advanced', () => {
    const { kernel, start } = armed();
    expect(hits(kernel)).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
    expect(kernel.advanceClock(clockAfter(start, 3n * MS)).finish()).toEqual({ state: 'done' });
    // At 2 ms the one that was started first comes first.
    expect(hits(kernel)).toEqual([
      [0, 0],
      [1, 2],
      [3, 4],
    ]);
    kernel.advanceClock(clockAfter(start, 10n * MS)).finish();
    expect(hits(kernel)).toEqual([
      [1, 6],
      [1, 2],
      [10, 12],
    ]);
    expect(kernel.world.clock).toEqual(clockAfter(start, 10n * MS));
  });

  it('can be paused anywhere, and a snapshot holds them', () => {
    const { kernel, start } = armed();
    const before = kernel.snapshot();
    kernel.advanceClock(clockAfter(start, 20n * MS)).finish();
    const whole = hits(kernel);
    kernel.restore(before);
    const run = kernel.advanceClock(clockAfter(start, 20n * MS));
    while (run.advance(1).state === 'paused');
    expect(hits(kernel)).toEqual(whole);
  });

  it('end with their elements', () => {
    const { kernel, start } = armed();
    expect(userDelete(kernel.maps, kernel.map('m')!.address, Uint8Array.of(2, 0, 0, 0))).toBe(0);
    kernel.advanceClock(clockAfter(start, 20n * MS)).finish();
    expect(hits(kernel)).toEqual([[1, 2], [1, 1], undefined]);
  });

  it('stop where all callbacks together have run too long', () => {
    const { kernel, start } = armed();
    const status = kernel.advanceClock(clockAfter(start, 1000n * MS), 500).finish();
    expect(status.state === 'fault' && status.problem.code).toBe('vm.budget');
  });
});
