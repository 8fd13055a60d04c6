import { describe, expect, test } from 'vitest';
import { referenceLines, references, snapshotHolders } from '../../../src/debug/inspect/references.ts';
import { tailChain, tailChainLines } from '../../../src/debug/inspect/tailCalls.ts';
import { secondsText, worldLines } from '../../../src/debug/inspect/world.ts';
import { goTo, standing } from './look.ts';

describe('the world', () => {
  test('clock, task, redirect, outputs', () => {
    const s = standing(
      `
      .map ports, type=devmap, key=u32, value=u32, max_entries=4
      .section "xdp"
        r1 = r10
        r1 += -8
        *(u64 *)(r10 - 8) = 0x0a6968
        r2 = 4
        call bpf_trace_printk
        r1 = 1
        r2 = 0
        call bpf_redirect
      here:
        r0 = 0
        exit`,
      'here',
      { clockNs: 12_000_000_005n },
    );
    expect(worldLines(s.view())).toEqual([
      'clock 12.000000005 s since boot, cpu 0 of 1',
      'task init, pid 1, tgid 1, uid 0, cgroup 1',
      'redirect to lo (ifindex 1)',
      'trace: hi',
    ]);
  });

  test('timers that are due, soonest first, without those that were cancelled', () => {
    const s = standing(`
      .struct val { u64 hits; struct bpf_timer timer }
      .map m, type=array, key=u32, value=struct val, max_entries=3
      .section "tc"
      .func main(struct __sk_buff *ctx) -> int
        r6 = 0
      again:
        *(u32 *)(r10 - 4) = r6
        r1 = m ll
        r2 = r10
        r2 += -4
        call bpf_map_lookup_elem
        r7 = r0
        r7 += val.timer
        r1 = r7
        r2 = m ll
        r3 = CLOCK_MONOTONIC
        call bpf_timer_init
        r1 = r7
        r2 = tick ll
        call bpf_timer_set_callback
        r1 = r7
        r2 = 3000000
        r3 = r6
        r3 *= 1000000
        r2 -= r3
        r3 = 0
        call bpf_timer_start
        r6 += 1
        if r6 != 3 goto again
      here:
        r1 = r7
        call bpf_timer_cancel
      cancelled:
        r0 = 0
        exit
      .section ".text"
      .func tick(void *map, u32 *key, struct val *val) -> int static
        r0 = 0
        exit`);
    const timers = (): string[] => worldLines(s.view()).filter((l) => l.startsWith('timer'));
    expect(timers()).toEqual([
      'timer m[2]+8 (.timer) in 0.001 s: func tick',
      'timer m[1]+8 (.timer) in 0.002 s: func tick',
      'timer m[0]+8 (.timer) in 0.003 s: func tick',
    ]);
    goTo(s, 'cancelled');
    expect(timers()).toHaveLength(2);
  });

  test.each([
    [0n, '0 s'],
    [1n, '0.000000001 s'],
    [1_500_000_000n, '1.5 s'],
  ])('%s ns', (ns, text) => expect(secondsText(ns)).toBe(text));
});

describe('references', () => {
  test('a sample that is not submitted, a lock that is taken, with their registers', () => {
    const s = standing(`
      .struct val { u64 n; struct bpf_spin_lock lock; u32 pad }
      .map m, type=array, key=u32, value=struct val, max_entries=2
      .map rb, type=ringbuf, max_entries=4096
      .section "tc"
        r1 = 0
      before:
        *(u32 *)(r10 - 4) = 1
        r1 = m ll
        r2 = r10
        r2 += -4
        call bpf_map_lookup_elem
        r6 = r0
        r6 += val.lock
        r1 = rb ll
        r2 = 24
        r3 = 0
        call bpf_ringbuf_reserve
        r7 = r0
        r1 = r6
        call bpf_spin_lock
      here:
        r1 = r6
        call bpf_spin_unlock
        r1 = r7
        r2 = 0
        call bpf_ringbuf_submit
      after:
        r0 = 0
        exit`);
    expect(referenceLines(s.view()).slice(0, 2)).toEqual([
      'rb record of 24 bytes  <- R7',
      'lock of m[1]+8 (.lock)  <- R1 R6',
    ]);
    expect(references(goTo(s, 'after'))).toEqual([]);
    expect(referenceLines(s.view())[0]).toBe('nothing is held, as far as memory tells');
  });

  test('memory that a program allocated', () => {
    const text = (type: number): string => `
      .struct node { u64 a; u64 b; u64 c }
      .extern bpf_obj_new_impl
      .extern bpf_obj_drop_impl
      .struct holder { u64 pad; struct node __kptr *node }
      .map keep, type=array, key=u32, value=struct holder, max_entries=2
      .section "tc"
        r6 = 0
      before:
        r1 = ${type}
        r2 = 0
        call bpf_obj_new_impl
        r6 = r0
      here:
        *(u32 *)(r10 - 4) = 1
        r1 = keep ll
        r2 = r10
        r2 += -4
        call bpf_map_lookup_elem
        r7 = r0
        r7 += holder.node
        r1 = r7
        r2 = r6
        call bpf_kptr_xchg
      kept:
        r1 = r7
        r2 = 0
        call bpf_kptr_xchg
        r1 = r0
        r2 = 0
        call bpf_obj_drop_impl
      after:
        r0 = 0
        exit`;
    const { localTypes } = standing(text(0), 'before').view().running!.prog.executable;
    const type = [...localTypes].find(([, size]) => size === 24)![0];
    const s = standing(text(type));
    expect(referenceLines(s.view())[0]).toBe('allocated memory of 24 bytes  <- R0 R6');
    goTo(s, 'kept');
    expect(referenceLines(s.view())[0]).toBe('allocated memory of 24 bytes, kept by keep[1]+8 (.node)  <- R2 R6');
    expect(references(goTo(s, 'after'))).toEqual([]);
  });

  test('sockets that a run acquired', () => {
    const s = standing(
      `
      .section "tc"
        r1 = r1
      before:
        r9 = r1
        *(u32 *)(r10 - 12) = htonl(0x7f000002)
        *(u32 *)(r10 - 8) = htonl(0x7f000001)
        *(u16 *)(r10 - 4) = htons(40000)
        *(u16 *)(r10 - 2) = htons(80)
        r2 = r10
        r2 += -12
        r3 = 12
        r4 = BPF_F_CURRENT_NETNS
        r5 = 0
        call bpf_sk_lookup_tcp
        r6 = r0
      here:
        r1 = r6
        call bpf_sk_release
      after:
        r0 = 0
        exit`,
      'before',
      {
        node: {
          sockets: [{ proto: 'tcp', addr: '127.0.0.1', port: 80, remote: { addr: '127.0.0.2', port: 40000 } }],
        },
      },
    );
    const since = snapshotHolders(s.view());
    expect(references(s.view(), since)).toEqual([]);
    const [held] = references(goTo(s, 'here'), since);
    expect(held).toMatchObject({ kind: 'socket', gained: 1, registers: [0, 6] });
    expect(held!.text).toMatch(/^sock\(tcp 127\.0\.0\.1:80->127\.0\.0\.2:40000 ESTABLISHED\), \d holders$/);
    expect(references(goTo(s, 'after'), since)).toEqual([]);
  });
});

describe('tail calls', () => {
  test('the chain that jumps make, and the ones that are not known', () => {
    const s = standing(`
      .map calls, type=prog_array, key=u32, value=u32, max_entries=4, values=[1: second]
      .section "tc"
      .func first(struct __sk_buff *ctx) -> int
        r6 = r1
        r2 = calls ll
        r3 = 1
      jump:
        call bpf_tail_call
        exit
      .section "tc"
      .func second(struct __sk_buff *ctx) -> int
        r6 = r1
      here:
        r0 = 0
        exit`);
    const view = s.view();
    const first = view.symbols.named('first')!;
    const jumps = [{ prog: first.prog.id, slot: 4 }];
    expect(tailChainLines(view, jumps)).toEqual(['first, left at jump (test.bpf:12)', 'second']);
    expect(tailChain(view, [])).toMatchObject({ earlier: 1, steps: [{ prog: 'second', jump: undefined }] });
    expect(tailChainLines(view, [])).toEqual(['(1 tail calls before these)', 'second']);
    s.go({ kind: 'finish' });
    expect(tailChain(s.view(), jumps)).toEqual({ earlier: 0, steps: [] });
  });
});
