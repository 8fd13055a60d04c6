import { describe, expect, test } from 'vitest';
import { diffLine, diffPackets } from '../../src/net/diff.ts';
import { packetLine } from '../../src/net/print.ts';
import type { LayerSpec } from '../../src/net/proto/protocols.ts';
import { built, SAMPLES } from './samples.ts';

const sample = (name: string) => SAMPLES.find((s) => s.name === name)!.bytes;

describe('packetLine', () => {
  test('one line for each kind of packet', () => {
    expect(`\n${SAMPLES.map((s) => `${s.name}: ${packetLine(s.bytes)}`).join('\n')}\n`).toMatchInlineSnapshot(`
      "
      tcp syn: IP 10.0.0.1.4242 > 10.96.0.10.80: Flags [S], seq 1, win 64240, options [mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 7], length 0
      tcp synack: IP 10.96.0.10.80 > 10.0.0.1.4242: Flags [S.], seq 7, ack 2, win 64240, options [mss 1400], length 0
      tcp data: IP 10.0.0.1.4242 > 10.96.0.10.8000: Flags [P.], seq 2:11, ack 8, win 64240, options [nop,nop,TS val 101 ecr 100], length 9
      tcp sack: IP 10.0.0.1.4242 > 10.96.0.10.80: Flags [.], ack 8, win 64240, options [nop,nop,sack 2 {20:30}{40:50}], length 0
      tcp fin: IP 10.0.0.1.4242 > 10.96.0.10.80: Flags [F.], seq 11, ack 8, win 64240, length 0
      tcp rst padded: IP 10.0.0.1.4242 > 10.96.0.10.80: Flags [R], seq 12, win 0, length 0
      tcp urg ece cwr: IP 10.0.0.1.4242 > 10.96.0.10.80: Flags [.UEW], seq 12:15, ack 8, win 64240, urg 3, length 3
      udp: IP 10.0.0.1.4242 > 10.96.0.10.7777: UDP, length 8
      udp empty: IP 10.0.0.1.4242 > 10.96.0.10.7777: UDP, length 0
      udp without checksum: IP 10.0.0.1.4242 > 10.96.0.10.7777: UDP, length 3
      udp with ip options: IP 10.0.0.1.4242 > 10.96.0.10.7777: UDP, length 8
      udp6: IP6 fd00::1.4242 > fd00::a:0:0:10.7777: UDP, length 8
      tcp6 syn: IP6 fd00::1.4242 > fd00::a:0:0:10.80: Flags [S], seq 1, win 64240, options [mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 7], length 0
      vlan: vlan 5, p 0, IP 10.0.0.1.4242 > 10.96.0.10.7777: UDP, length 8
      qinq: vlan 100, p 3, vlan 5, p 0, IP6 fd00::1.4242 > fd00::a:0:0:10.7777: UDP, length 8
      arp request: ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28
      arp reply: ARP, Reply 10.0.0.2 is-at 02:00:00:00:00:02, length 28
      echo request: IP 10.0.0.1 > 10.96.0.10: ICMP echo request, id 7, seq 1, length 64
      echo reply: IP 10.0.0.1 > 10.96.0.10: ICMP echo reply, id 7, seq 1, length 64
      port unreachable: IP 10.0.0.254 > 10.0.0.1: ICMP 10.96.0.10 udp port 7777 unreachable, length 44 (IP 10.0.0.1.4242 > 10.96.0.10.7777: UDP, length 8)
      host unreachable: IP 10.0.0.254 > 10.0.0.1: ICMP host 10.96.0.10 unreachable, length 44 (IP 10.0.0.1.4242 > 10.96.0.10.7777: UDP, length 8)
      net unreachable: IP 10.0.0.254 > 10.0.0.1: ICMP net 10.96.0.10 unreachable, length 44 (IP 10.0.0.1.4242 > 10.96.0.10.7777: UDP, length 8)
      protocol unreachable: IP 10.0.0.254 > 10.0.0.1: ICMP 10.96.0.10 protocol 17 unreachable, length 44 (IP 10.0.0.1.4242 > 10.96.0.10.7777: UDP, length 8)
      admin prohibited: IP 10.0.0.254 > 10.0.0.1: ICMP host 10.96.0.10 unreachable - admin prohibited filter, length 44 (IP 10.0.0.1.4242 > 10.96.0.10.7777: UDP, length 8)
      need to frag: IP 10.0.0.254 > 10.0.0.1: ICMP 10.96.0.10 unreachable - need to frag (mtu 1400), length 48 (IP 10.0.0.1.4242 > 10.96.0.10.80: Flags [S], seq 1, win 64240, length 0)
      time exceeded: IP 10.0.0.254 > 10.0.0.1: ICMP time exceeded in-transit, length 36 (IP 10.0.0.1.4242 > 10.96.0.10.80: seq 1, [|tcp])
      reassembly time exceeded: IP 10.0.0.254 > 10.0.0.1: ICMP ip reassembly time exceeded, length 44 (IP 10.0.0.1.4242 > 10.96.0.10.7777: UDP, length 8)
      parameter problem: IP 10.0.0.254 > 10.0.0.1: ICMP parameter problem - octet 20, length 44 (IP 10.0.0.1.4242 > 10.96.0.10.7777: UDP, length 8)
      redirect: IP 10.0.0.254 > 10.0.0.1: ICMP redirect 10.96.0.10 to host 10.0.0.253, length 44 (IP 10.0.0.1.4242 > 10.96.0.10.7777: UDP, length 8)
      icmp timestamp: IP 10.0.0.1 > 10.96.0.10: ICMP time stamp query id 1 seq 2, length 20
      echo6 request: IP6 fd00::1 > fd00::a:0:0:10: ICMP6, echo request, id 7, seq 1, length 64
      echo6 reply: IP6 fd00::1 > fd00::a:0:0:10: ICMP6, echo reply, id 7, seq 1, length 64
      port unreachable 6: IP6 fd00::fe > fd00::1: ICMP6, destination unreachable, unreachable port, fd00::a:0:0:10 udp port 7777, length 64 (IP6 fd00::1.4242 > fd00::a:0:0:10.7777: UDP, length 8)
      no route 6: IP6 fd00::fe > fd00::1: ICMP6, destination unreachable, unreachable route fd00::a:0:0:10, length 64 (IP6 fd00::1.4242 > fd00::a:0:0:10.7777: UDP, length 8)
      prohibited 6: IP6 fd00::fe > fd00::1: ICMP6, destination unreachable, unreachable prohibited fd00::a:0:0:10, length 64 (IP6 fd00::1.4242 > fd00::a:0:0:10.7777: UDP, length 8)
      address unreachable 6: IP6 fd00::fe > fd00::1: ICMP6, destination unreachable, unreachable address fd00::a:0:0:10, length 64 (IP6 fd00::1.4242 > fd00::a:0:0:10.7777: UDP, length 8)
      packet too big: IP6 fd00::fe > fd00::1: ICMP6, packet too big, mtu 1280, length 64 (IP6 fd00::1.4242 > fd00::a:0:0:10.7777: UDP, length 8)
      time exceeded 6: IP6 fd00::fe > fd00::1: ICMP6, time exceeded in-transit for fd00::a:0:0:10, length 64 (IP6 fd00::1.4242 > fd00::a:0:0:10.7777: UDP, length 8)
      parameter problem 6: IP6 fd00::fe > fd00::1: ICMP6, parameter problem, next header - octet 6, length 64 (IP6 fd00::1.4242 > fd00::a:0:0:10.7777: UDP, length 8)
      router solicitation: IP6 fe80::1 > ff02::1: ICMP6, router solicitation, length 8
      router advertisement: IP6 fe80::1 > ff02::1: ICMP6, router advertisement, length 16
      neighbor solicitation: IP6 fe80::1 > ff02::1: ICMP6, neighbor solicitation, who has fe80::2, length 32
      neighbor advertisement: IP6 fe80::1 > ff02::1: ICMP6, neighbor advertisement, tgt is fe80::1, length 32
      hop-by-hop mld: IP6 fe80::1 > ff02::16: HBH ICMP6, multicast listener report v2, length 28
      destination options tcp: IP6 fd00::1.4242 > fd00::a:0:0:10.80: DSTOPT Flags [S], seq 1, win 64240, length 0
      segment routing udp: IP6 fd00::1.4242 > fd00::b.7777: RT6 (len=4, type=4, segleft=1) UDP, length 8
      authentication header: IP6 fd00::1.4242 > fd00::a:0:0:10.7777: AH(spi=0x00000100,seq=0x1): UDP, length 8
      fragment 6 first: IP6 fd00::1.4242 > fd00::a:0:0:10.7777: frag (0|16) UDP, length 16
      fragment 6 last: IP6 fd00::1 > fd00::a:0:0:10: frag (16|8)
      fragment first: IP 10.0.0.1.4242 > 10.96.0.10.7777: UDP, length 16
      fragment last: IP 10.0.0.1 > 10.96.0.10: udp fragment, id 1, offset 16, length 8
      sctp init: IP 10.0.0.1.4242 > 10.96.0.10.5000: sctp (1) [INIT] [init tag: 42] [rwnd: 65535] [OS: 10] [MIS: 10] [init TSN: 1]
      sctp data: IP 10.0.0.1.4242 > 10.96.0.10.5000: sctp (1) [DATA] (B)(E) [TSN: 1] [SID: 2] [SSEQ 3] [PPID 0x0]
      sctp cookie ack: IP6 fd00::1.4242 > fd00::a:0:0:10.5000: sctp (1) [COOKIE ACK]
      4in4: IP 192.168.0.1 > 192.168.0.2: IP 10.0.0.1.4242 > 10.96.0.10.80: Flags [S], seq 1, win 64240, length 0
      6in4: IP 192.168.0.1 > 192.168.0.2: IP6 fd00::1.4242 > fd00::a:0:0:10.7777: UDP, length 8
      4in6: IP6 fd00::1 > fd00::a:0:0:10: IP 10.0.0.1 > 10.96.0.10: ICMP echo request, id 7, seq 1, length 16
      6in6: IP6 fd00::1 > fd00::a:0:0:10: IP6 fd00::1 > fd00::a:0:0:10: ICMP6, echo request, id 7, seq 1, length 16
      unknown protocol: IP 10.0.0.1 > 10.96.0.10: ip-proto-253 8
      unknown ethertype: 02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype Unknown (0x88b5), length 24
      "
    `);
  });

  test('headers cut short', () => {
    const syn = sample('tcp syn');
    const cut = (n: number) => packetLine(syn.subarray(0, n));
    expect([0, 13, 14, 33, 36, 40, 50, 60].map(cut)).toMatchInlineSnapshot(`
      [
        "[no data]",
        "[|ether]",
        "02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype IPv4 (0x0800), length 14",
        "IP [|ip]",
        "IP 10.0.0.1 > 10.96.0.10: [|tcp]",
        "IP 10.0.0.1.4242 > 10.96.0.10.80: [|tcp]",
        "IP 10.0.0.1.4242 > 10.96.0.10.80: Flags [S], seq 1, win 64240, [|tcp]",
        "IP 10.0.0.1.4242 > 10.96.0.10.80: Flags [S], seq 1, win 64240, [|tcp]",
      ]
    `);
    expect(packetLine(sample('vlan').subarray(0, 16))).toBe('[|vlan]');
    expect(packetLine(sample('arp request').subarray(0, 20))).toBe('ARP, [|arp]');
  });

  test('a packet without an Ethernet header', () => {
    expect(packetLine(sample('udp6').subarray(14), { start: 'ip' })).toBe(packetLine(sample('udp6')));
    expect(packetLine(sample('udp').subarray(14), { start: 'ip' })).toBe(packetLine(sample('udp')));
  });
});

describe('diffPackets', () => {
  const diff = (a: LayerSpec[], b: LayerSpec[]) => diffPackets(built(...a), built(...b)).map(diffLine);
  const eth: LayerSpec = { layer: 'eth' };
  const ip: LayerSpec = { layer: 'ipv4', dst: '10.96.0.10' };
  const tcp: LayerSpec = { layer: 'tcp', dport: 80 };

  test('a load balancer', () => {
    expect(
      diff([eth, ip, tcp], [eth, { layer: 'ipv4', dst: '10.0.1.7', ttl: 63 }, { layer: 'tcp', dport: 8080 }]),
    ).toMatchInlineSnapshot(`
      [
        "ipv4.ttl 64 -> 63",
        "ipv4.check 0x6666 -> 0x66c9",
        "ipv4.dst 10.96.0.10 -> 10.0.1.7",
        "tcp.dport 80 -> 8080",
        "tcp.check 0x03f7 -> 0xe419",
      ]
    `);
  });

  test('headers pushed and popped', () => {
    const outer: LayerSpec = { layer: 'ipv4', src: '192.168.0.1', dst: '192.168.0.2' };
    expect(diff([eth, ip, tcp], [eth, outer, ip, tcp])).toMatchInlineSnapshot(`
      [
        "+ ipv4 tos 0x00, id 0, flags none, frag_off 0, ttl 64, protocol 4, src 192.168.0.1, dst 192.168.0.2",
      ]
    `);
    expect(diff([eth, { layer: 'vlan', vid: 7 }, ip, tcp], [eth, ip, tcp])).toMatchInlineSnapshot(`
      [
        "eth.type 0x8100 -> 0x0800",
        "- vlan pcp 0, dei 0, vid 7, type 0x0800",
      ]
    `);
  });

  test('options and data', () => {
    const data = (bytes: string): LayerSpec => ({ layer: 'payload', bytes });
    const udp: LayerSpec = { layer: 'udp', check: 0 };
    expect(
      diff([eth, ip, udp, data('00112233445566778899')], [eth, ip, udp, data('00ff2233445566eeee99aabb')]),
    ).toMatchInlineSnapshot(`
      [
        "ipv4.tot_len 38 -> 40",
        "ipv4.check 0x665d -> 0x665b",
        "udp.len 18 -> 20",
        "payload.bytes[1:2] 11 -> ff",
        "payload.bytes[7:9] 7788 -> eeee",
        "payload.bytes[10:12] (none) -> aabb",
      ]
    `);
    const mss = (n: number): LayerSpec => ({ layer: 'tcp', check: 0, options: [{ name: 'mss', values: [n] }] });
    expect(diff([eth, ip, mss(1460)], [eth, ip, mss(1400)])).toEqual(['tcp.options mss 1460 -> mss 1400']);
    expect(diff([eth, ip, udp, data('aa'.repeat(40))], [eth, ip, udp, data('bb'.repeat(40))])).toHaveLength(1);
  });
});
