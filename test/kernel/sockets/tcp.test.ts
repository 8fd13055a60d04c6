/** TCP between two kernels: handshakes, bytes, every order of closing, resets, timers. */
import { describe, expect, it } from 'vitest';
import { builtinBtf } from '../../../src/btf/builtin.ts';
import { bindSocket } from '../../../src/kernel/sockets/bindSocket.ts';
import { tcpRcv } from '../../../src/kernel/sockets/tcp/rcv.ts';
import {
  listenSocket,
  tcpAbort,
  tcpAccept,
  tcpClose,
  tcpConnect,
  tcpSendmsg,
  tcpShutdown,
} from '../../../src/kernel/sockets/tcp/user.ts';
import { buildPacket } from '../../../src/net/build.ts';
import { skMember } from '../../../src/net/inetSock.ts';
import { parsePacket } from '../../../src/net/parse.ts';
import { UAPI } from '../../../src/spec/constants.ts';
import { ERRNO } from '../../../src/spec/errno.ts';
import { problemText } from '../../../src/util/problem.ts';
import { ADDR, bytesOf, type Host, Wire } from './wire.ts';

type Version = 'v4' | 'v6';
const FAMILY = { v4: 'inet', v6: 'inet6' } as const;
const text = (s: string): Uint8Array => new TextEncoder().encode(s);
const SECOND = 1_000_000_000n;

function listen(wire: Wire, host: Host, version: Version = 'v4', backlog = 8): number {
  const sk = host.open({ proto: 'tcp', family: FAMILY[version], reuseaddr: true });
  expect(bindSocket(host.kernel, sk, new Uint8Array(version === 'v4' ? 4 : 16), 80)).toBe(0);
  expect(wire.take(host, listenSocket(host.kernel, sk, backlog))).toBe(0);
  return sk;
}

function connect(wire: Wire, host: Host, version: Version = 'v4', family: Version = version): number {
  const sk = host.open({ proto: 'tcp', family: FAMILY[family] });
  const [own, peer] = ADDR[version];
  const answer = tcpConnect(host.kernel, sk, bytesOf(peer), 80, bytesOf(own), wire.mss);
  expect(wire.take(host, answer)).toBe(0);
  return sk;
}

interface Pair {
  readonly wire: Wire;
  readonly a: Host;
  readonly b: Host;
  readonly listener: number;
  readonly client: number;
  readonly server: number;
}

function pair(version: Version = 'v4', options: ConstructorParameters<typeof Wire>[0] = {}): Pair {
  const wire = new Wire(options);
  const [a, b] = wire.hosts;
  const listener = listen(wire, b, version);
  const client = connect(wire, a, version);
  wire.settle();
  const server = tcpAccept(b.kernel, listener);
  expect(server).not.toBe(0);
  return { wire, a, b, listener, client, server };
}

const tp = (host: Host, sk: number, name: Parameters<typeof skMember<'tcp_sock'>>[3]): number =>
  skMember(host.kernel.arena, sk, 'tcp_sock', name);

describe('opening', () => {
  for (const version of ['v4', 'v6'] as const) {
    it(`is three segments (${version})`, () => {
      const { wire, a, b, client, server, listener } = pair(version);
      expect(wire.lines()).toEqual(['S', 'S.', '.']);
      expect(a.states(client)).toBe('7>2>1');
      expect(b.states(server)).toBe('10>3>1');
      expect(b.of('child')).toEqual([{ kind: 'child', listener, sk: server }]);
      expect(tp(a, client, 'snd_una')).toBe(tp(b, server, 'rcv_nxt'));
      expect(tp(a, client, 'rcv_nxt')).toBe(tp(b, server, 'snd_nxt'));
      expect(skMember(b.kernel.arena, server, 'sock_common', 'skc_refcnt')).toBe(1);
      expect(skMember(a.kernel.arena, client, 'sock_common', 'skc_refcnt')).toBe(2);
      expect([...b.kernel.world.sockets.all.values()]).toEqual([listener, server]);
    });
  }

  it('has the options of Linux', () => {
    const { wire } = pair();
    const options = wire.seen.map(({ packet }) => {
      const tcp = parsePacket(packet, { start: 'ip' }).layers.find((l) => l.layer === 'tcp')!;
      return `${(tcp.options ?? []).map((o) => o.name).join()} win ${tcp.window}`;
    });
    expect(options).toEqual([
      'mss,sackOK,TS,nop,wscale win 64240',
      'mss,sackOK,TS,nop,wscale win 64240',
      'nop,nop,TS win 502',
    ]);
  });

  it('reaches a socket of both families as a mapped address', () => {
    const wire = new Wire();
    const [a, b] = wire.hosts;
    const listener = listen(wire, b, 'v6');
    const client = connect(wire, a, 'v4');
    wire.settle();
    const server = tcpAccept(b.kernel, listener);
    expect(skMember(b.kernel.arena, server, 'sock_common', 'skc_family')).toBe(UAPI.AF_INET6);
    wire.take(b, tcpSendmsg(b.kernel, server, text('hello')));
    wire.settle();
    expect(a.received(client)).toEqual(text('hello'));
  });

  it('is refused by a RST where nobody listens', () => {
    const wire = new Wire();
    const [a, b] = wire.hosts;
    const client = connect(wire, a);
    wire.settle();
    expect(wire.lines()).toEqual(['S', 'R.']);
    expect(b.drops).toEqual(['NO_SOCKET']);
    expect(a.of('error')).toEqual([{ kind: 'error', sk: client, errno: ERRNO.ECONNREFUSED }]);
    expect(a.state(client)).toBe(UAPI.TCP_CLOSE);
  });

  it('gives up after the tries of 6.12: four linear ones, then twice as long each', () => {
    const wire = new Wire();
    const [a] = wire.hosts;
    const client = connect(wire, a);
    const start = wire.now;
    do wire.lose();
    while (wire.ring());
    const times = wire.seen.map(({ ns }) => Number((ns - start) / SECOND));
    expect(times).toEqual([0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67]);
    expect(wire.now - start).toBe(131n * SECOND);
    expect(a.of('error')).toEqual([{ kind: 'error', sk: client, errno: ERRNO.ETIMEDOUT }]);
  });

  it('sends the SYN-ACK again, and forgets the request in the end', () => {
    const wire = new Wire();
    const [a, b] = wire.hosts;
    listen(wire, b);
    const client = connect(wire, a);
    wire.deliver();
    wire.lose();
    wire.take(a, tcpClose(a.kernel, client));
    do wire.lose();
    while (wire.ring());
    expect(wire.lines()).toEqual(['S', ...new Array(6).fill('S.')]);
    expect(b.kernel.world.sockets.all.size).toBe(1);
  });

  it('of both sides at once makes one connection', () => {
    const wire = new Wire();
    const [a, b] = wire.hosts;
    const [x, y] = [a, b].map((host) => host.open({ proto: 'tcp', family: 'inet' })) as [number, number];
    bindSocket(a.kernel, x, new Uint8Array(4), 1000);
    bindSocket(b.kernel, y, new Uint8Array(4), 2000);
    const [p, q] = ADDR.v4.map(bytesOf) as [Uint8Array, Uint8Array];
    wire.take(a, tcpConnect(a.kernel, x, q, 2000, p));
    wire.take(b, tcpConnect(b.kernel, y, p, 1000, q));
    wire.settle();
    expect([a.states(x), b.states(y)]).toEqual(['7>2>3>1', '7>2>3>1']);
    wire.take(a, tcpSendmsg(a.kernel, x, text('both')));
    wire.settle();
    expect(b.received(y)).toEqual(text('both'));
  });

  it('drops SYNs that a full backlog has no room for', () => {
    const wire = new Wire();
    const [a, b] = wire.hosts;
    const listener = listen(wire, b, 'v4', 1);
    const clients = [0, 1, 2].map(() => {
      const sk = connect(wire, a);
      wire.settle();
      return sk;
    });
    expect(clients.map((sk) => a.state(sk))).toEqual([1, 1, 2]);
    expect(b.drops).toEqual(['NOT_SPECIFIED']);
    expect(tcpAccept(b.kernel, listener)).not.toBe(0);
    wire.rest();
    expect(a.state(clients[2]!)).toBe(1);
  });

  it('is a request socket until the last segment', () => {
    const wire = new Wire();
    const [a, b] = wire.hosts;
    const listener = listen(wire, b);
    connect(wire, a);
    wire.deliver();
    const [req] = [...b.kernel.world.sockets.established.values()];
    expect(b.state(req!)).toBe(UAPI.TCP_NEW_SYN_RECV);
    expect(skMember(b.kernel.arena, req!, 'sock_common', 'skc_listener')).toBe(listener);
    wire.take(b, tcpClose(b.kernel, listener));
    expect(b.kernel.world.sockets.all.size).toBe(0);
  });
});

describe('bytes', () => {
  it('go both ways in segments of the MSS', () => {
    const { wire, a, b, client, server } = pair('v4', { mss: 1000 });
    const big = Uint8Array.from({ length: 60_000 }, (_, i) => i * 7);
    wire.take(a, tcpSendmsg(a.kernel, client, big));
    wire.take(b, tcpSendmsg(b.kernel, server, text('reply')));
    wire.settle();
    expect(b.received(server)).toEqual(big);
    expect(a.received(client)).toEqual(text('reply'));
    const sizes = wire.lines().map((l) => Number(l.split(' ')[1] ?? 0));
    expect(Math.max(...sizes)).toBe(988);
    expect(tp(a, client, 'bytes_acked')).toBe(60_001);
    expect(tp(b, server, 'bytes_received')).toBe(60_000);
    expect(tp(b, server, 'data_segs_in')).toBe(Math.ceil(60_000 / 988));
    expect(tp(a, client, 'packets_out')).toBe(0);
  });

  it('that get lost come again, and those behind them wait', () => {
    const { wire, a, b, client, server } = pair('v4', { mss: 500 });
    const bytes = Uint8Array.from({ length: 3000 }, (_, i) => i);
    wire.take(a, tcpSendmsg(a.kernel, client, bytes));
    wire.flying.splice(0, 2);
    wire.settle();
    expect(b.received(server).length).toBe(0);
    wire.rest();
    expect(b.received(server)).toEqual(bytes);
    expect(tp(a, client, 'total_retrans')).toBeGreaterThan(1);
  });

  it('that came already are dropped', () => {
    const { wire, a, b, client } = pair();
    wire.take(a, tcpSendmsg(a.kernel, client, text('once')));
    const packet = wire.flying[0]!.packet;
    wire.settle();
    wire.flying.push({ to: b, packet });
    wire.settle();
    expect(b.drops.at(-1)).toBe('TCP_OLD_DATA');
  });

  it('do not come with a bad checksum, for a socket or for none', () => {
    const { wire, a, b, client } = pair();
    wire.take(a, tcpSendmsg(a.kernel, client, text('x')));
    const bad = wire.flying[0]!.packet.slice();
    bad[bad.length - 1] = 0;
    expect(tcpRcv(b.kernel, { bytes: bad, ipOffset: 0, family: 'inet' }, 1)).toEqual({ effects: [], drop: 'TCP_CSUM' });
  });
});

describe('closing', () => {
  it('by one side after the other', () => {
    const { wire, a, b, client, server } = pair();
    const from = wire.seen.length;
    wire.take(a, tcpClose(a.kernel, client));
    wire.settle();
    expect(b.of('end')).toEqual([{ kind: 'end', sk: server }]);
    expect(a.states(client)).toBe('7>2>1>4>5>7');
    wire.take(b, tcpClose(b.kernel, server));
    wire.settle();
    expect(wire.lines(from)).toEqual(['F.', '.', 'F.', '.']);
    expect(b.states(server)).toBe('10>3>1>8>9>7');
    const [tw] = [...a.kernel.world.sockets.all.values()];
    expect(skMember(a.kernel.arena, tw!, 'sock_common', 'skc_state')).toBe(UAPI.TCP_TIME_WAIT);
    const start = wire.now;
    wire.rest();
    expect(wire.now - start).toBe(60n * SECOND);
    expect(a.kernel.world.sockets.all.size).toBe(0);
    expect(a.kernel.world.sockets.ports.size).toBe(0);
    expect(b.kernel.world.sockets.all.size).toBe(1);
  });

  it('by half: the other side goes on', () => {
    const { wire, a, b, client, server } = pair();
    wire.take(a, tcpSendmsg(a.kernel, client, text('ask')));
    wire.take(a, tcpShutdown(a.kernel, client));
    wire.settle();
    expect(wire.take(a, tcpSendmsg(a.kernel, client, text('more')))).toBe(ERRNO.EPIPE);
    wire.take(b, tcpSendmsg(b.kernel, server, text('answer')));
    wire.take(b, tcpClose(b.kernel, server));
    wire.settle();
    expect(a.received(client)).toEqual(text('answer'));
    expect(a.states(client)).toBe('7>2>1>4>5>7');
    wire.take(a, tcpClose(a.kernel, client));
    wire.rest();
    expect(a.kernel.world.sockets.all.size).toBe(0);
  });

  it('by both at once', () => {
    const { wire, a, b, client, server } = pair();
    wire.take(a, tcpClose(a.kernel, client));
    wire.take(b, tcpClose(b.kernel, server));
    wire.settle();
    expect(a.states(client)).toBe('7>2>1>4>11>7');
    expect(b.states(server)).toBe('10>3>1>4>11>7');
    wire.rest();
    expect(a.kernel.world.sockets.all.size + b.kernel.world.sockets.all.size).toBe(1);
  });

  it('sends bytes that wait, and the FIN behind them; lost ones come again', () => {
    const { wire, a, b, client, server } = pair('v6', { mss: 1220 });
    const bytes = new Uint8Array(100_000).fill(7);
    wire.take(a, tcpSendmsg(a.kernel, client, bytes));
    wire.take(a, tcpClose(a.kernel, client));
    wire.flying.splice(3, 4);
    wire.rest();
    expect(b.received(server)).toEqual(bytes);
    expect(b.state(server)).toBe(UAPI.TCP_CLOSE_WAIT);
  });

  it('of a listening socket resets connections that nobody has accepted', () => {
    const wire = new Wire();
    const [a, b] = wire.hosts;
    const listener = listen(wire, b);
    const client = connect(wire, a);
    wire.settle();
    wire.take(b, tcpClose(b.kernel, listener));
    wire.settle();
    expect(a.of('error')).toEqual([{ kind: 'error', sk: client, errno: ERRNO.ECONNRESET }]);
    expect(b.kernel.world.sockets.all.size).toBe(0);
    expect(b.kernel.world.sockets.ports.size).toBe(0);
  });

  it('by a RST', () => {
    const { wire, a, b, client, server } = pair();
    wire.take(a, tcpAbort(a.kernel, client));
    wire.settle();
    expect(wire.lines(3)).toEqual(['R.']);
    expect(b.of('error')).toEqual([{ kind: 'error', sk: server, errno: ERRNO.ECONNRESET }]);
    expect(a.kernel.world.sockets.all.size).toBe(0);
  });

  it('and bytes for an application that is gone are answered by a RST', () => {
    const { wire, a, b, client, server } = pair();
    wire.take(a, tcpClose(a.kernel, client));
    wire.settle();
    wire.take(b, tcpSendmsg(b.kernel, server, text('too late')));
    wire.settle();
    expect(b.of('error')).toEqual([{ kind: 'error', sk: server, errno: ERRNO.EPIPE }]);
    expect(a.kernel.world.sockets.all.size).toBe(0);
  });
});

describe('TIME_WAIT', () => {
  it('gives way to a SYN with a later number', () => {
    const { wire, a, b, client, server, listener } = pair();
    // The side that listens closes first, so that it keeps the small socket.
    wire.take(b, tcpClose(b.kernel, server));
    wire.settle();
    wire.take(a, tcpClose(a.kernel, client));
    wire.settle();
    const port = parsePacket(wire.seen[0]!.packet, { start: 'ip' }).layers.find((l) => l.layer === 'tcp')!.sport!;
    wire.pass(SECOND);
    const again = a.open({ proto: 'tcp', family: 'inet' });
    expect(bindSocket(a.kernel, again, new Uint8Array(4), port)).toBe(0);
    wire.take(a, tcpConnect(a.kernel, again, bytesOf(ADDR.v4[1]), 80, bytesOf(ADDR.v4[0])));
    wire.settle();
    expect(a.state(again)).toBe(UAPI.TCP_ESTABLISHED);
    expect(tcpAccept(b.kernel, listener)).not.toBe(0);
    expect(wire.alarms.some((alarm) => alarm.what === 'time_wait')).toBe(false);
  });
});

describe('segments that do not fit', () => {
  const forged = (p: Pair, fields: object): Uint8Array => {
    const tcp = parsePacket(p.wire.seen[0]!.packet, { start: 'ip' }).layers.find((l) => l.layer === 'tcp')!;
    const head = { layer: 'ipv4', src: ADDR.v4[0], dst: ADDR.v4[1] } as const;
    const built = buildPacket([head, { layer: 'tcp', sport: tcp.sport!, dport: 80, window: 500, ...fields }]);
    if (!built.ok) throw new Error(built.problems.map(problemText).join());
    return built.value;
  };
  const rcv = (p: Pair, fields: object): string => {
    const from = p.wire.seen.length;
    const packet = forged(p, fields);
    const { effects, drop } = tcpRcv(p.b.kernel, { bytes: packet, ipOffset: 0, family: 'inet' }, 1);
    p.wire.take(p.b, { errno: 0, effects });
    return `${drop ?? 'taken'} ${p.wire.lines(from).join()}`;
  };

  it('are answered as Linux does, once in half a second', () => {
    const p = pair();
    const next = tp(p.b, p.server, 'rcv_nxt');
    const ack = tp(p.b, p.server, 'snd_nxt');
    const far = (next + 1_000_000) >>> 0;
    expect(rcv(p, { flags: '.', seq: far, ack_seq: ack })).toBe('TCP_INVALID_SEQUENCE .');
    expect(rcv(p, { flags: '.', seq: far, ack_seq: ack })).toBe('TCP_INVALID_SEQUENCE ');
    expect(rcv(p, { flags: 'R', seq: far })).toBe('TCP_INVALID_SEQUENCE ');
    p.wire.pass(SECOND);
    expect(rcv(p, { flags: 'R', seq: (next + 5) >>> 0 })).toBe('TCP_RESET .');
    p.wire.pass(SECOND);
    expect(rcv(p, { flags: 'S', seq: next })).toBe('TCP_INVALID_SYN .');
    expect(rcv(p, { flags: 0, seq: next })).toBe('TCP_FLAGS ');
    expect(rcv(p, { flags: '.', seq: next, ack_seq: (ack + 9) >>> 0 })).toBe('TCP_ACK_UNSENT_DATA ');
    p.wire.pass(SECOND);
    const stale = [{ name: 'TS', values: [1, 0] }];
    expect(rcv(p, { flags: '.', seq: next, ack_seq: ack, options: stale })).toBe('TCP_RFC7323_PAWS .');
    expect(rcv(p, { flags: 'R', seq: next })).toBe('TCP_RESET ');
    expect(p.b.state(p.server)).toBe(UAPI.TCP_CLOSE);
    expect(rcv(p, { flags: '.', seq: next, ack_seq: ack })).toBe('TCP_FLAGS R');
    expect(rcv(p, { flags: 'R', seq: next, ack_seq: ack })).toBe('TCP_RESET ');
  });
});

it('names reasons as the kernel does', () => {
  const btf = builtinBtf('vmlinux');
  const type = btf.type(btf.find('enum', 'skb_drop_reason')!) as unknown as { values: readonly [string, bigint][] };
  const names = type.values.map(([name]) => name.replace('SKB_DROP_REASON_', ''));
  for (const name of ['NO_SOCKET', 'TCP_CSUM', 'TCP_FLAGS', 'TCP_OLD_DATA', 'TCP_RFC7323_PAWS', 'TCP_ABORT_ON_DATA']) {
    expect(names).toContain(name);
  }
});

it('goes back and on with a snapshot', () => {
  const { wire, a, client, b, server } = pair();
  const snapshots = [a, b].map((h) => h.kernel.snapshot());
  const run = (): string => {
    wire.take(a, tcpSendmsg(a.kernel, client, text('again')));
    wire.settle();
    return JSON.stringify([tp(b, server, 'rcv_nxt'), wire.lines().slice(-2)]);
  };
  const first = run();
  [a, b].forEach((h, i) => {
    h.kernel.restore(snapshots[i]!);
  });
  expect(run()).toBe(first);
});
