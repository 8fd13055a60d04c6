import { describe, expect, test } from 'vitest';
import { frameLines } from '../../../src/debug/inspect/frames.ts';
import { describeText, describe as info } from '../../../src/debug/inspect/pointer.ts';
import { registerLines } from '../../../src/debug/inspect/registers.ts';
import type { View } from '../../../src/debug/view.ts';
import { MAP } from '../../../src/maps/object.ts';
import { goTo, MANY, node, SEGMENT, standing } from './look.ts';

/** What the registers point to, R1 … as far as they point anywhere. */
function pointers(view: View): Record<string, string> {
  const found: Record<string, string> = {};
  for (let i = 0; i < 10; i++) {
    const text = describeText(view, view.machine!.register(i, view.depth));
    if (text !== '') found[`R${i}`] = text;
  }
  return found;
}

describe('what pointers lead to', () => {
  test('context and packet, with the names of fields', () => {
    const s = standing(`
      .section "xdp"
        r9 = r1
        r9 += xdp_md.rx_queue_index
        r2 = *(u32 *)(r1 + xdp_md.data)
        r3 = *(u32 *)(r1 + xdp_md.data_end)
        r4 = r2
        r4 += 14
        r5 = r2
        r5 += 26
        r6 = r2
        r6 += 28
        r7 = r3
        r7 += -1
        r8 = r2
        r8 += -6
      here:
        r0 = XDP_PASS
        exit`);
    expect(pointers(s.view())).toEqual({
      R1: 'ctx',
      R2: 'packet',
      R3: 'packet_end',
      R4: 'packet+14 (ipv4)',
      R5: 'packet+26 (ipv4.src)',
      R6: 'packet+28 (ipv4.src+2)',
      R7: 'packet+53 (tcp.urg_ptr+1)',
      R8: 'packet-6 in the headroom',
      R9: 'ctx+16 (xdp_md.rx_queue_index)',
    });
  });

  test('metadata before the packet', () => {
    const s = standing(`
      .section "xdp"
        r6 = r1
        r2 = -8
        call bpf_xdp_adjust_meta
        r7 = *(u32 *)(r6 + xdp_md.data_meta)
        r8 = r7
        r8 += 4
        r9 = *(u32 *)(r6 + xdp_md.data)
      here:
        r0 = XDP_PASS
        exit`);
    const { R7, R8, R9 } = pointers(s.view());
    expect([R7, R8, R9]).toEqual(['packet_meta', 'packet_meta+4', 'packet']);
  });

  test('stacks of this frame, of callers and of frames that have ended', () => {
    const s = standing(`
      .section "xdp"
      main:
        r1 = r10
        r1 += -16
        call inner
      back:
        r0 = XDP_PASS
        exit
      inner:
        r2 = r10
        r2 += -8
        r3 = r10
        r3 += -512
        *(u64 *)(r10 - 8) = 1
      here:
        r0 = r2
        exit`);
    const view = s.view();
    expect(pointers(view)).toEqual({ R1: 'fp-16 of frame 0', R2: 'fp-8', R3: 'fp-512' });
    expect(pointers(s.view(0))).toEqual({ R1: 'fp-16' });
    expect(describeText(s.view(0), view.machine!.register(10, 1))).toBe('fp of frame 1');
    expect(pointers(goTo(s, 'back'))).toEqual({ R0: 'fp-8 of frame 1, which has ended', R1: 'fp-16' });
  });

  test('values of arrays, hashes and tries by their keys, maps themselves', () => {
    const s = standing(`
      .struct key { be32 addr; be16 port; u16 pad }
      .struct val { u64 hits; u32 seen; u32 gone }
      .map a, type=array, key=u32, value=struct val, max_entries=4
      .map h, type=hash, key=struct key, value=struct val, max_entries=4
      .map lru, type=lru_hash, key=8, value=8, max_entries=4
      .struct prefix { u32 prefixlen; be32 addr }
      .map t, type=lpm_trie, key=struct prefix, value=u64, max_entries=4, map_flags=BPF_F_NO_PREALLOC
      .section "xdp"
        *(u32 *)(r10 - 4) = 2
        r1 = a ll
        r2 = r10
        r2 += -4
        call bpf_map_lookup_elem
        r6 = r0
        r6 += val.gone
        *(u32 *)(r10 - 16) = htonl(0x0a000001)
        *(u32 *)(r10 - 12) = htons(80)
        r1 = h ll
        r2 = r10
        r2 += -16
        r3 = r10
        r3 += -64
        r4 = 0
        call bpf_map_update_elem
        r1 = h ll
        r2 = r10
        r2 += -16
        call bpf_map_lookup_elem
        r7 = r0
        r7 += val.seen
        r1 = lru ll
        r2 = r10
        r2 += -16
        r3 = r10
        r3 += -64
        r4 = 0
        call bpf_map_update_elem
        r1 = lru ll
        r2 = r10
        r2 += -16
        call bpf_map_lookup_elem
        r8 = r0
        r8 += 3
        *(u32 *)(r10 - 24) = 16
        *(u32 *)(r10 - 20) = htonl(0x0a000000)
        r1 = t ll
        r2 = r10
        r2 += -24
        r3 = r10
        r3 += -64
        r4 = 0
        call bpf_map_update_elem
        r1 = t ll
        r2 = r10
        r2 += -24
        call bpf_map_lookup_elem
        r9 = r0
        r1 = t ll
      here:
        r1 = h ll
        r2 = r10
        r2 += -16
        call bpf_map_delete_elem
      gone:
        r0 = XDP_PASS
        exit`);
    expect(pointers(s.view())).toMatchObject({
      R0: 't[{prefixlen 16, addr 10.0.0.0}]',
      R1: 'map t',
      R6: 'a[2]+12 (.gone)',
      R7: 'h[{addr 10.0.0.1, port 80}]+8 (.seen)',
      R8: 'lru[0a 00 00 01 00 50 00 00]+3',
      R9: 't[{prefixlen 16, addr 10.0.0.0}]',
    });
    expect(pointers(goTo(s, 'gone')).R7).toBe('h[{addr 10.0.0.1, port 80}]+8 (.seen) deleted');
  });

  test.each([
    ['preallocated', ''],
    ['allocated as they come', ', map_flags=BPF_F_NO_PREALLOC'],
  ])('values of one CPU, %s', (_, flags) => {
    const s = standing(
      `
      .map pa, type=percpu_array, key=u32, value=u64, max_entries=4
      .map ph, type=percpu_hash, key=u32, value=u64, max_entries=4${flags}
      .section "xdp"
        *(u32 *)(r10 - 4) = 3
        *(u64 *)(r10 - 16) = 7
        r1 = ph ll
        r2 = r10
        r2 += -4
        r3 = r10
        r3 += -16
        r4 = 0
        call bpf_map_update_elem
        r1 = ph ll
        r2 = r10
        r2 += -4
        r3 = 1
        call bpf_map_lookup_percpu_elem
        r6 = r0
        r1 = pa ll
        r2 = r10
        r2 += -4
        r3 = 1
        call bpf_map_lookup_percpu_elem
        r7 = r0
        r7 += 4
      here:
        r0 = XDP_PASS
        exit`,
      'here',
      { cpus: 2 },
    );
    const { R6, R7 } = pointers(s.view());
    expect([R6, R7]).toEqual(['ph[3]@cpu1', 'pa[3]@cpu1+4']);
  });

  test('callbacks: their functions, the keys that they are shown', () => {
    const s = standing(`
      .map m, type=hash, key=u32, value=u64, max_entries=4
      .section "xdp"
      .func main(struct xdp_md *ctx) -> int
        *(u32 *)(r10 - 4) = 9
        *(u64 *)(r10 - 16) = 7
        r1 = m ll
        r2 = r10
        r2 += -4
        r3 = r10
        r3 += -16
        r4 = 0
        call bpf_map_update_elem
        r1 = m ll
        r2 = visit ll
        r3 = r10
        r4 = 0
        call bpf_for_each_map_elem
        r0 = 0
        exit
      .func visit(void *map, u32 *key, u64 *value, void *ctx) -> long static
      here:
        r0 = 0
        exit`);
    const view = s.view();
    expect(pointers(view)).toMatchObject({
      R1: 'map m',
      R2: 'key shown to the callback in frame 1',
      R3: 'm[9]',
      R4: 'fp of frame 0',
    });
    expect(describeText(s.view(0), s.view(0).machine!.register(2, 0))).toBe('func visit');
  });

  test('the end of the last value belongs to it', () => {
    const view = standing(MANY, 'here', { cpus: 2 }).view();
    const end = (name: string): string => {
      const { arena, world } = view.kernel;
      const map = world.maps.find((m) => m.name === name)!;
      const values = arena.region(arena.getU32(map.address + MAP.values))!;
      return describeText(view, BigInt(values.end));
    };
    expect(end('arr')).toBe('arr[2]+16');
    expect(end('parr')).toBe('parr[1]@cpu1+8');
    expect(end('h')).toMatch(/^h\[\d+\]\+8/);
  });

  test('variables of sections', () => {
    const s = standing(`
      .data
      .globl counter
      counter: .quad 5
      seen: .long 1
      .section "xdp"
        r6 = seen ll
      here:
        r0 = 0
        exit`);
    expect(describeText(s.view(), s.view().machine!.register(6))).toBe('test.data+8');
  });

  test('samples of ring buffers, and what is left of them', () => {
    const s = standing(`
      .map events, type=ringbuf, max_entries=4096
      .section "xdp"
        r1 = events ll
        r2 = 16
        r3 = 0
        call bpf_ringbuf_reserve
        r6 = r0
        r7 = r0
        r7 += 8
        r1 = r6
        r2 = 0
      here:
        call bpf_ringbuf_submit
      gone:
        r0 = XDP_PASS
        exit`);
    const { R6, R7 } = pointers(s.view());
    expect([R6, R7]).toEqual(['events record of 16 bytes', 'events record+8 of 16 bytes']);
    expect(pointers(goTo(s, 'gone')).R7).toBe('freed memory');
  });

  test('sockets, storages and the task', () => {
    const s = standing(`
      .map store, type=sk_storage, key=u32, value=u64
      .section "tc"
        r9 = r1
        r2 = *(u64 *)(r1 + __sk_buff.sk)
        r6 = r2
        r6 += bpf_sock.protocol
        r1 = store ll
        r3 = 0
        r4 = BPF_SK_STORAGE_GET_F_CREATE
        call bpf_sk_storage_get
        r7 = r0
        call bpf_get_current_task_btf
        r8 = r0
      here:
        r0 = 0
        exit`);
    expect(pointers(s.view())).toMatchObject({
      R6: 'bpf_sock(10.0.0.1:*->10.0.0.2:*)+12 (bpf_sock.protocol)',
      R7: 'store[sock(10.0.0.1:*->10.0.0.2:*)]',
      R8: 'task_struct(init 1)',
      R9: 'ctx',
    });
  });

  test('no number below the first address is a pointer', () => {
    const view = standing('.section "xdp"\n r2 = 0\nhere:\n r0 = 0\n exit').view();
    for (let value = 0n; value < 0x61_0000n; value += 4093n) expect(info(view, value)).toBeUndefined();
    expect(info(view, 0x1_0000_0000n + view.machine!.register(1))).toBeUndefined();
    expect(info(view, 0xffff_ffffn)).toBeUndefined();
  });

  test('keys and values of timers, whose callbacks no program waits for', () => {
    const s = standing(
      `
      .struct val { u64 hits; struct bpf_timer timer }
      .map m, type=array, key=u32, value=struct val, max_entries=3
      .section "tc"
      .func main(struct __sk_buff *ctx) -> int
        *(u32 *)(r10 - 4) = 2
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
        r2 = 1000
        r3 = 0
        call bpf_timer_start
        r0 = 0
        exit
      .section ".text"
      .func tick(void *map, u32 *key, struct val *val) -> int static
        r4 = r3
      here:
        r0 = 0
        exit`,
      'here',
      {
        packets: [
          { bytes: SEGMENT, timeNs: 0n },
          { bytes: SEGMENT, timeNs: 1_000_000n },
        ],
      },
    );
    const view = s.view();
    expect(pointers(view)).toEqual({ R1: 'map m', R2: 'key shown to the callback in frame 0', R3: 'm[2]', R4: 'm[2]' });
    expect(registerLines(view).at(-1)).toMatch(/ fp$/);
    expect(frameLines(view)[0]).toMatch(/tick \(here\) in main \(callback of a timer or work queue\)/);
  });

  test('keys that a flow dissector fills, values of options, TCP sockets, cpumasks', () => {
    const one = (section: string, code: string, bytes = SEGMENT): string =>
      pointers(
        standing(`.section "${section}"\n r6 = r1\n${code}\nhere:\n r0 = 0\n exit`, 'here', {
          packets: [{ bytes }],
        }).view(),
      ).R2!;
    const flow = ' r2 = *(u64 *)(r1 + __sk_buff.flow_keys)\n r2 += bpf_flow_keys.n_proto';
    expect(one('flow_dissector', flow)).toBe('flow_keys+10 (bpf_flow_keys.n_proto)');
    expect(one('cgroup/getsockopt', ' r2 = *(u64 *)(r1 + bpf_sockopt.optval)\n r2 += 4')).toBe('optval+4');
    expect(one('sk_msg', ' r2 = *(u64 *)(r1 + sk_msg_md.data_end)')).toBe('message_end');
    const tcp = ' r1 = *(u64 *)(r1 + sk_msg_md.sk)\n call bpf_tcp_sock\n r2 = r0\n r2 += bpf_tcp_sock.srtt_us';
    expect(one('sk_msg', tcp)).toBe('bpf_tcp_sock(tcp *:* ESTABLISHED)+4 (bpf_tcp_sock.srtt_us)');
    expect(
      one('raw_tp/x', ' .extern bpf_cpumask_create\n call bpf_cpumask_create\n r2 = r0\n r2 += 8', new Uint8Array()),
    ).toBe('bpf_cpumask+8');
  });

  test('any address of the memory is told or is none, without an exception', () => {
    const views = [standing(MANY, 'here', { cpus: 2 }).view(), node('xdp_main').view()];
    for (const view of views) {
      const { arena } = view.kernel;
      for (let page = 0x60_0000; page < arena.size; page += 4096) {
        const region = arena.region(page);
        const places = region
          ? [region.base, region.lo, region.hi, region.end, region.lo + region.stride, page + 7]
          : [page];
        for (const at of places) {
          for (const near of [at - 1, at, at + 1]) {
            const text = describeText(view, BigInt(near));
            expect(text.length).toBeLessThan(200);
          }
        }
      }
    }
  });
});
