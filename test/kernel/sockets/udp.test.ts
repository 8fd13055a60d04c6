/** UDP and raw sockets, and ICMP errors. */
import { describe, expect, it } from 'vitest';
import { bindSocket } from '../../../src/kernel/sockets/bindSocket.ts';
import { icmpSend } from '../../../src/kernel/sockets/icmp.ts';
import { rawClose, rawRcv, rawSendmsg } from '../../../src/kernel/sockets/raw.ts';
import { tcpV4Err } from '../../../src/kernel/sockets/tcp/err.ts';
import { tcpConnect } from '../../../src/kernel/sockets/tcp/user.ts';
import { udpClose, udpConnect, udpRcv, udpSendmsg } from '../../../src/kernel/sockets/udp.ts';
import { parsePacket } from '../../../src/net/parse.ts';
import { verifyChecksums } from '../../../src/net/verify.ts';
import { UAPI } from '../../../src/spec/constants.ts';
import { ERRNO } from '../../../src/spec/errno.ts';
import { ADDR, bytesOf, Wire } from './wire.ts';

const text = (s: string): Uint8Array => new TextEncoder().encode(s);
const FAMILY = { v4: 'inet', v6: 'inet6' } as const;

for (const version of ['v4', 'v6'] as const) {
  const [own, peer] = ADDR[version].map(bytesOf) as [Uint8Array, Uint8Array];
  describe(`UDP over IP${version}`, () => {
    it('carries datagrams there and back', () => {
      const wire = new Wire();
      const [a, b] = wire.hosts;
      const server = b.open({ proto: 'udp', family: FAMILY[version] });
      expect(bindSocket(b.kernel, server, new Uint8Array(own.length), 53)).toBe(0);
      const client = a.open({ proto: 'udp', family: FAMILY[version] });
      wire.take(a, udpSendmsg(a.kernel, client, text('who?'), { addr: peer, port: 53 }, own));
      wire.settle();
      const [asked] = b.of('data');
      expect(asked).toMatchObject({ sk: server, bytes: text('who?'), from: { addr: own } });
      wire.take(b, udpSendmsg(b.kernel, server, text('me'), asked!.from!, peer));
      wire.settle();
      expect(a.received(client)).toEqual(text('me'));
      wire.take(a, udpClose(a.kernel, client));
      expect(a.kernel.world.sockets.all.size).toBe(0);
      expect(a.kernel.world.sockets.bound.size).toBe(0);
    });

    it('without a listener is answered by an ICMP error, of which connected sockets hear', () => {
      const wire = new Wire();
      const [a, b] = wire.hosts;
      const client = a.open({ proto: 'udp', family: FAMILY[version] });
      wire.take(a, udpConnect(a.kernel, client, { addr: peer, port: 53 }, own));
      wire.take(a, udpSendmsg(a.kernel, client, text('anybody?')));
      wire.settle();
      expect(b.drops).toEqual(['NO_SOCKET']);
      expect(a.of('error')).toEqual([{ kind: 'error', sk: client, errno: ERRNO.ECONNREFUSED }]);
    });
  });
}

it('a connected UDP socket takes packets of its peer only', () => {
  const wire = new Wire();
  const [a, b] = wire.hosts;
  const [own, peer] = ADDR.v4.map(bytesOf) as [Uint8Array, Uint8Array];
  const server = b.open({ proto: 'udp', family: 'inet' });
  bindSocket(b.kernel, server, new Uint8Array(4), 53);
  wire.take(b, udpConnect(b.kernel, server, { addr: own, port: 9 }, peer));
  const client = a.open({ proto: 'udp', family: 'inet' });
  wire.take(a, udpSendmsg(a.kernel, client, text('x'), { addr: peer, port: 53 }, own));
  wire.settle();
  expect(b.drops).toEqual(['NO_SOCKET']);
  expect(udpSendmsg(a.kernel, client, text('x')).errno).toBe(ERRNO.EDESTADDRREQ);
  expect(udpSendmsg(a.kernel, client, new Uint8Array(65508), { addr: peer, port: 53 }, own).errno).toBe(ERRNO.EMSGSIZE);
});

it('a datagram with a bad checksum is dropped', () => {
  const wire = new Wire();
  const [a, b] = wire.hosts;
  const [own, peer] = ADDR.v4.map(bytesOf) as [Uint8Array, Uint8Array];
  const client = a.open({ proto: 'udp', family: 'inet' });
  const { effects } = udpSendmsg(a.kernel, client, text('x'), { addr: peer, port: 53 }, own);
  const bad = effects.flatMap((e) => (e.kind === 'send' ? [e.packet.slice()] : []))[0]!;
  bad[bad.length - 1]! ^= 1;
  expect(udpRcv(b.kernel, { bytes: bad, ipOffset: 0, family: 'inet' }, 1).drop).toBe('UDP_CSUM');
});

describe('ICMP errors', () => {
  it('end a TCP connection that begins', () => {
    const wire = new Wire();
    const [a] = wire.hosts;
    const [own, peer] = ADDR.v4.map(bytesOf) as [Uint8Array, Uint8Array];
    const sk = a.open({ proto: 'tcp', family: 'inet' });
    wire.take(a, tcpConnect(a.kernel, sk, peer, 80, own));
    const syn = { bytes: wire.seen[0]!.packet, ipOffset: 0, family: 'inet' } as const;
    const error = icmpSend(a.kernel, syn, 3, 1, 0, bytesOf('192.0.2.254'))!;
    expect(verifyChecksums(error, { start: 'ip' }).map((c) => c.status)).not.toContain('bad');
    const heard = tcpV4Err(a.kernel, { bytes: error, ipOffset: 0, family: 'inet' }, 1);
    wire.take(a, { errno: 0, effects: heard.effects });
    expect(a.of('error')).toEqual([{ kind: 'error', sk, errno: ERRNO.EHOSTUNREACH }]);
    expect(a.state(sk)).toBe(UAPI.TCP_CLOSE);
    expect(icmpSend(a.kernel, { bytes: error, ipOffset: 0, family: 'inet' }, 3, 1, 0, own)).toBeUndefined();
  });
});

it('raw sockets get copies of the packets of their protocol, and send', () => {
  const wire = new Wire();
  const [a, b] = wire.hosts;
  const [own, peer] = ADDR.v4.map(bytesOf) as [Uint8Array, Uint8Array];
  const raw = b.open({ proto: 'raw', family: 'inet', protocol: 1 });
  expect(bindSocket(b.kernel, raw, new Uint8Array(4), 0)).toBe(0);
  const other = b.open({ proto: 'raw', family: 'inet', protocol: 89 });
  const echo = Uint8Array.of(8, 0, 0xf7, 0xff, 0, 0, 0, 0);
  const sender = a.open({ proto: 'raw', family: 'inet', protocol: 1 });
  const { effects } = rawSendmsg(a.kernel, sender, echo, peer, own);
  const packet = effects.flatMap((e) => (e.kind === 'send' ? [e.packet] : []))[0]!;
  expect(parsePacket(packet, { start: 'ip' }).layers.map((l) => l.layer)).toEqual(['ipv4', 'icmp']);
  const copies = rawRcv(b.kernel, { bytes: packet, ipOffset: 0, family: 'inet' }, 1);
  expect(copies).toEqual([{ kind: 'data', sk: raw, bytes: packet, from: { addr: own, port: 0 } }]);
  for (const sk of [raw, other]) wire.take(b, rawClose(b.kernel, sk));
  expect(b.kernel.world.sockets.all.size).toBe(0);
});
