/** A busy minute: many overlapping flows, ports used again, closes of every kind, errors, refusals and odd packets. */
import type { LayerSpec } from '../../src/net/proto/protocols.ts';
import { dnsAnswer, dnsQuery } from './dns.ts';
import { backend, HOSTS, type Host, LOOPBACK, SERVICES, type Service } from './node.ts';
import { built, type Event, echo, icmpError, ipv4, payload, restartIds, TcpTalk, text, udp } from './talk.ts';

const { client, web1, web2, dns, alice, bob, router } = HOSTS;

/** A small generator of numbers: the same packets everywhere. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor(state / 65536) % below;
  };
}

/** The backend that a test build picks: its dice count up with each connection that is new to a service. */
class Choices {
  private readonly known = new Map<string, number>();
  private next = 0;

  pick(service: Service, from: Host, port: number): number {
    const key = `${from.ip}:${port} ${service.ip}:${service.port}`;
    const before = this.known.get(key);
    if (before !== undefined) return before;
    const id = service.backends[this.next++ % service.backends.length]!;
    this.known.set(key, id);
    return id;
  }
}

const serverOf = (id: number): Host => (id === 1 ? web1 : web2);

/** A connection from its SYN on: some data, then one of the ways in which connections end. */
function* tcp(talk: TcpTalk, random: (below: number) => number, at: number): Generator<Event> {
  let ms = at;
  const step = (most: number): number => {
    ms += 1 + random(most);
    return ms;
  };
  yield { ms, bytes: talk.fromClient('S') };
  if (random(8) === 0) return;
  yield { ms: step(5), bytes: talk.fromServer('S.') };
  yield { ms: step(5), bytes: talk.fromClient('.') };
  for (let i = random(3); i > 0; i--) {
    yield { ms: step(4000), bytes: talk.fromClient('P.', 'x'.repeat(1 + random(40))) };
    yield { ms: step(50), bytes: talk.fromServer('P.', 'y'.repeat(1 + random(80))) };
  }
  const end = random(6);
  if (end === 0) return;
  if (end === 1) yield { ms: step(20), bytes: talk.fromServer('R.') };
  else if (end === 2) yield { ms: step(20), bytes: talk.fromClient('R') };
  else {
    yield { ms: step(20), bytes: talk.fromClient('F.') };
    if (end === 3) return;
    yield { ms: step(2000), bytes: talk.fromServer('F.') };
    yield { ms: step(20), bytes: talk.fromClient('.') };
  }
}

/** One flow: when it begins, and its packets, made in that order because the choice of a backend depends on it. */
interface Plan {
  readonly at: number;
  readonly make: (choices: Choices) => Event[];
}

function podFlows(random: (below: number) => number): Plan[] {
  const services: readonly Service[] = [SERVICES.web, SERVICES.near, SERVICES.both];
  return Array.from({ length: 26 }, (_, i): Plan => {
    const at = 200 + i * 2300;
    const service = services[random(3)]!;
    const self = service === SERVICES.near && random(3) === 0;
    const from = self ? web1 : client;
    const port = 40000 + random(12);
    const make = (choices: Choices): Event[] => {
      const id = choices.pick(service, from, port);
      const server = { host: serverOf(id), port: backend(id).port };
      const talk = new TcpTalk({ host: from, port }, service, server, i * 10_000, self ? LOOPBACK : from.ip);
      return [...tcp(talk, random, at)];
    };
    return { at, make };
  });
}

function outsideFlows(random: (below: number) => number): Plan[] {
  const services: readonly Service[] = [SERVICES.outside, SERVICES.outsideNear, SERVICES.outsideBoth];
  return Array.from({ length: 20 }, (_, i): Plan => {
    const at = 900 + i * 2900;
    const service = services[random(3)]!;
    const from = random(2) === 0 ? alice : bob;
    const port = 50000 + random(6);
    const make = (choices: Choices): Event[] => {
      const id = choices.pick(service, from, port);
      const server = { host: serverOf(id), port: backend(id).port };
      const talk = new TcpTalk({ host: from, port }, service, server, i * 10_000 + 5);
      const events = [...tcp(talk, random, at)];
      if (random(4) === 0)
        events.push({ ms: at + 30, bytes: icmpError(server.host, from.ip, 3, 13, talk.fromClient('.')) });
      return events;
    };
    return { at, make };
  });
}

function smallTalk(random: (below: number) => number): Plan[] {
  return Array.from({ length: 14 }, (_, i): Plan => {
    const at = 500 + i * 3700;
    const port = 53000 + random(5);
    const kind = random(5);
    const name = `${'n'.repeat(1 + random(9))}.example`;
    const query = (): Uint8Array => udp({ host: client, port }, SERVICES.dns.ip, 53, dnsQuery(i, name));
    const ping = (): Event[] => [
      { ms: at, bytes: echo(client, web2.ip, 8, i % 3, at) },
      { ms: at + 2, bytes: echo(web2, client.ip, 0, i % 3, at) },
      { ms: at + 3, bytes: icmpError(web2, client.ip, 12, 0, query()) },
    ];
    const ask = (choices: Choices): Event[] => {
      choices.pick(SERVICES.dns, client, port);
      const asked = query();
      const answer = udp({ host: dns, port: 53 }, client.ip, port, dnsAnswer(i, name, SERVICES.web.ip));
      const answers =
        kind === 1 ? [icmpError(dns, client.ip, 3, 3, asked), icmpError(router, client.ip, 11, 0, asked)] : [answer];
      return [{ ms: at, bytes: asked }, ...answers.map((bytes, n) => ({ ms: at + 2 + 3 * n, bytes }))];
    };
    return { at, make: kind === 0 ? ping : ask };
  });
}

/** The packets of plans that share their dice. */
function played(plans: readonly Plan[]): Event[] {
  const choices = new Choices();
  return [...plans].sort((a, b) => a.at - b.at).flatMap((plan) => plan.make(choices));
}

/** A UDP packet whose checksum comes out as zero, and so is written as all ones, once it is sent to a backend. */
function zeroSum(from: Host, port: number, service: Service): Uint8Array {
  const to = backend(service.backends[0]!);
  const sent = (data: Uint8Array): LayerSpec[] => [{ layer: 'udp', sport: port, dport: to.port }, payload(data)];
  const translated = built([...ipv4(from, to.ip), ...sent(new Uint8Array(2))]);
  const sum = translated.slice(14 + 20 + 6, 14 + 20 + 8);
  return udp({ host: from, port }, service.ip, service.port, sum);
}

/** Packets at the edge of what can be read. */
function odd(): Event[] {
  const tcpTo = (host: Host, more = {}): Uint8Array =>
    built([...ipv4(alice, host.ip, more), { layer: 'tcp', sport: 7000, dport: 8080 }]);
  const query = { layer: 'udp', sport: 53009, dport: 53 } as const;
  const packets = [
    tcpTo(web1),
    tcpTo(web1, { ttl: 1 }),
    tcpTo(web1, { options: [{ name: 'nop' }, { name: 'nop' }, { name: 'nop' }, { name: 'eol' }] }),
    tcpTo(web1).slice(0, 14 + 20 + 12),
    tcpTo(web1).slice(0, 14 + 20 + 4),
    tcpTo(web1).slice(0, 14 + 12),
    tcpTo(web1).slice(0, 14),
    built([...ipv4(client, SERVICES.dns.ip, { flags: 'MF' }), query, payload(dnsQuery(20, 'first.fragment'))]),
    built([...ipv4(client, SERVICES.dns.ip, { frag_off: 185 }), text('a later fragment')]),
    built([...ipv4(client, SERVICES.dns.ip), { ...query, check: 0 }, payload(dnsQuery(21, 'no.checksum'))]),
    built([...ipv4(client, SERVICES.dns.ip), { layer: 'udp', sport: 53010, dport: 5353 }]),
    built([...ipv4(client, web2.ip), { layer: 'sctp', sport: 7, dport: 7 }]),
    built([...ipv4(client, web2.ip, { protocol: 47 }), text('GRE')]),
    built([...ipv4(client, web2.ip), { layer: 'icmp', type: 13, id: 5, seq: 1 }]),
    built([...ipv4(web2, client.ip), { layer: 'icmp', type: 0, id: 4711, seq: 1 }]),
    tcpTo(web1, { version: 6 }),
    tcpTo(web1, { ihl: 3 }),
    built([...ipv4(web1, SERVICES.web.ip), { layer: 'tcp', sport: 45000, dport: 80 }]),
    built([...ipv4(client, SERVICES.empty.ip), { layer: 'tcp', sport: 45001, dport: 443 }]),
    built([...ipv4(alice, SERVICES.empty.ip), { layer: 'tcp', sport: 45002, dport: 443 }]),
    built([...ipv4(bob, SERVICES.outside.ip, { ttl: 1 }), { layer: 'tcp', sport: 45003, dport: 80 }]),
    built([...ipv4(bob, SERVICES.outside.ip), { layer: 'udp', sport: 45004, dport: 80 }, text('odd length')]),
    built([...ipv4(bob, SERVICES.outside.ip), { layer: 'udp', sport: 45005, dport: 80, check: 0 }, text('none')]),
    zeroSum(client, 53011, SERVICES.dns),
    zeroSum(bob, 45006, SERVICES.outside),
  ];
  return packets.map((bytes, i) => ({ ms: 60_000 + i * 400, bytes }));
}

/** The packets of the big capture, in order of time. */
export function manyEvents(): Event[] {
  restartIds();
  const random = dice(20210606);
  const inside = played([...podFlows(random), ...smallTalk(random)]);
  const outside = played(outsideFlows(random));
  return [...inside, ...outside, ...odd()].sort((a, b) => a.ms - b.ms);
}
