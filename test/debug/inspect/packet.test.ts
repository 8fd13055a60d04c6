import { describe, expect, test } from 'vitest';
import { packetOf } from '../../../src/debug/inspect/packet.ts';
import { changedBytes, packetLines, packetView } from '../../../src/debug/inspect/packetView.ts';
import { diffLine } from '../../../src/net/diff.ts';
import { toHex } from '../../../src/util/hex.ts';
import { goTo, node, SEGMENT, standing } from './look.ts';

const BODY = `
  r2 = 0
here:
  r0 = 0
  exit`;

describe('the packet of each prog type', () => {
  test.each([
    ['xdp', 'eth', 0, true],
    ['tc', 'eth', 0, true],
    ['socket', 'ip', 14, false],
    ['cgroup_skb/ingress', 'ip', 14, false],
    ['lwt_in', 'ip', 14, true],
    ['flow_dissector', 'eth', 0, true],
    ['sk_skb', 'data', 0, true],
    ['sk_msg', 'data', 0, true],
    ['sk_reuseport', 'transport', 0, true],
  ] as const)('%s', (section, layer, from, direct) => {
    const packet = packetOf(standing(`.section "${section}"${BODY}`).view())!;
    expect({ layer: packet.layer, bytes: toHex(packet.bytes), direct: packet.direct, total: packet.total }).toEqual({
      layer,
      bytes: toHex(SEGMENT.subarray(from)),
      direct,
      total: SEGMENT.length - from,
    });
  });

  test.each(['cgroup/connect4', 'kprobe/x', 'cgroup/sysctl'])('%s has none', (section) => {
    const view = standing(`.section "${section}"${BODY}`, 'here', { packets: [{ bytes: new Uint8Array() }] }).view();
    expect(packetOf(view)).toBeUndefined();
    expect(packetLines(view)).toEqual(['no packet']);
  });

  test('there is none between packets', () => {
    const s = standing(`.section "xdp"${BODY}`);
    s.go({ kind: 'finish' });
    expect(packetOf(s.view())).toBeUndefined();
  });

  test('bytes in fragments are counted', () => {
    const bytes = new Uint8Array(9000);
    const view = standing(`.section "xdp.frags"${BODY}`, 'here', { packets: [{ bytes }] }).view();
    const packet = packetOf(view)!;
    expect(packet.total).toBe(9000);
    expect(packet.bytes.length).toBeLessThan(4096);
    expect(packetLines(view)[0]).toBe(
      `xdp_buff: ${packet.bytes.length} bytes, ${9000 - packet.bytes.length} more are not in the linear part`,
    );
  });
});

describe('what changed', () => {
  const TEXT = `
    .section "xdp"
      r6 = r1
      r2 = *(u32 *)(r1 + xdp_md.data)
      *(u8 *)(r2 + 22) = 63
      *(u16 *)(r2 + 24) = htons(0x67cd)
      r3 = *(u32 *)(r1 + xdp_md.data_end)
      r4 = r2
      r4 += 34
    written:
      r1 = r6
      r2 = -4
      call bpf_xdp_adjust_head
      r2 = *(u32 *)(r6 + xdp_md.data)
      r3 = *(u32 *)(r2 + 4)
      *(u32 *)(r2 + 0) = r3
      r3 = *(u32 *)(r2 + 8)
      *(u32 *)(r2 + 4) = r3
      r3 = *(u32 *)(r2 + 12)
      *(u32 *)(r2 + 8) = r3
      *(u32 *)(r2 + 12) = htonl(0x81000064)
    pushed:
      r0 = XDP_TX
      exit`;

  test('in the bytes, with the registers that point there', () => {
    const s = standing(TEXT, 'written');
    expect(packetLines(s.view())).toEqual([
      'xdp_buff: 54 bytes  R3 at the end',
      'eth +0  dst 02:00:00:00:00:02, src 02:00:00:00:00:01, type 0x0800',
      'ipv4 +14  version 4, ihl 5, tos 0x00, tot_len 40, id 1, flags none, frag_off 0, ttl 63, protocol 6, check 0x67cd, src 10.0.0.1, dst 10.0.0.2',
      'tcp +34  sport 40000, dport 80, seq 1, ack_seq 0, doff 5, res1 0, flags S, window 65520, check 0x0000, urg_ptr 0',
      '0000  02 00 00 00 00 02 02 00  00 00 00 01 08 00 45 00  ..............E.  R2+0',
      '0010  00 28 00 01 00 00*3f 06 *67 cd 0a 00 00 01 0a 00  .(....?.g.......',
      '0020  00 02 9c 40 00 50 00 00  00 01 00 00 00 00 50 02  ...@.P........P.  R4+34',
      '0030  ff f0 00 00 00 00                                 ......',
    ]);
  });

  test('a tag pushed in front is new, the rest stays', () => {
    const s = standing(TEXT, 'written');
    const shown = packetView(goTo(s, 'pushed'))!;
    expect(shown.changes.map(diffLine)).toEqual([
      'eth.type 0x0800 -> 0x8100',
      '+ vlan pcp 0, dei 0, vid 100, type 0x0800',
      'ipv4.ttl 64 -> 63',
      'ipv4.check 0x66cd -> 0x67cd',
    ]);
    expect(shown.changed.slice(16).filter(Boolean)).toHaveLength(2);
    expect(shown.headers.map((h) => h.label)).toEqual(['eth', 'vlan', 'ipv4', 'tcp']);
  });

  test('packets that grow and shrink are laid over one another where they agree', () => {
    const before = Uint8Array.of(1, 2, 3, 4);
    expect(changedBytes(before, Uint8Array.of(9, 9, 1, 2, 3, 4))).toEqual([true, true, false, false, false, false]);
    expect(changedBytes(before, Uint8Array.of(1, 2, 3, 4, 0))).toEqual([false, false, false, false, true]);
    expect(changedBytes(before, Uint8Array.of(3, 4))).toEqual([false, false]);
    expect(changedBytes(before, Uint8Array.of(1, 2))).toEqual([false, false]);
    expect(changedBytes(before, new Uint8Array())).toEqual([]);
  });

  test('programs that get the packet without its Ethernet header changed nothing by that', () => {
    const shown = packetView(standing(`.section "socket"${BODY}`).view())!;
    expect(shown.changes).toEqual([]);
    expect(shown.changed).not.toContain(true);
  });
});

test('strange packets say what is strange', () => {
  const packets = [{ bytes: SEGMENT.subarray(0, 40) }];
  const lines = packetLines(standing(`.section "xdp"${BODY}`, 'here', { packets }).view());
  expect(lines.filter((l) => l.startsWith('!'))).toEqual([
    '! ipv4.tot_len announces 40 bytes, the packet has 26 from here',
  ]);
});

test('the reverse translation of programs/lb shows as fields', () => {
  const s = node('tc_main');
  s.go({ kind: 'goto', tick: 1345 });
  expect(packetView(s.view())!.changes.map(diffLine)).toEqual([
    'ipv4.check 0x23a7 -> 0x2515',
    'ipv4.src 10.0.2.30 -> 10.96.0.80',
    'tcp.sport 8080 -> 80',
    'tcp.check 0xd630 -> 0xf6de',
  ]);
});
