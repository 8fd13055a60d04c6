/** Conversations over hours: long pauses, every way to end, ports used again, errors about what is on its way. */
import type { Random } from '../../random.ts';
import { dnsAnswer, dnsQuery } from '../dns.ts';
import { backend, HOSTS, type Host, LOOPBACK, SERVICES } from '../node.ts';
import { built, type End, type Event, echo, ipv4, payload, TcpTalk, udp } from '../talk.ts';

const { client, web1, web2, dns, alice, bob, router } = HOSTS;

/** Who talks to whom: the client, where it sends to, who may answer, and where that one thinks the client is. */
interface Path {
  readonly from: readonly Host[];
  readonly to: { readonly ip: string; readonly port: number };
  readonly servers: readonly End[];
  readonly seenAs?: string;
}

const served = (id: number): End => ({ host: id === 1 ? web1 : web2, port: backend(id).port });
const direct = (host: Host, port: number): Pick<Path, 'to' | 'servers'> => ({
  to: { ip: host.ip, port },
  servers: [{ host, port }],
});

const PATHS: readonly Path[] = [
  { from: [client, web1], to: SERVICES.web, servers: [served(2)] },
  { from: [client], to: SERVICES.near, servers: [served(1)] },
  { from: [web1], to: SERVICES.near, servers: [served(1)], seenAs: LOOPBACK },
  { from: [client], to: SERVICES.both, servers: [served(1), served(2)] },
  { from: [alice, bob], to: SERVICES.outside, servers: [served(2)] },
  { from: [alice, bob], to: SERVICES.outsideNear, servers: [served(1)] },
  { from: [alice, bob, client], to: SERVICES.outsideBoth, servers: [served(1), served(2)] },
  { from: [alice, client], ...direct(web1, 8080) },
  { from: [web1], ...direct(bob, 443) },
  { from: [client, bob], ...direct(web2, 22) },
  { from: [client, alice], to: SERVICES.empty, servers: [served(1)] },
];

const PAUSES = [1, 2, 5, 20, 50, 900, 3000, 7000, 65_000, 400_000, 22_000_000] as const;

/** Any error, also ones that no router sends, about a packet: its header and `quoted` bytes behind it. */
function anyError(r: Random, from: Host, to: string, about: Uint8Array): Uint8Array {
  const [type, codes] = r.pick([
    [3, 16],
    [3, 16],
    [11, 2],
    [12, 3],
    [4, 1],
    [5, 4],
  ] as const);
  const quoted = about.slice(14, 14 + 20 + r.pick([8, 8, 8, 8, 0, 4, 20]));
  return built([...ipv4(from, to), { layer: 'icmp', type, code: r.below(codes) }, payload(quoted)]);
}

function conversation(r: Random, path: Path, at: number): Event[] {
  const host = r.pick(path.from);
  const server = r.pick(path.servers);
  const ends = { host, port: 40_000 + r.below(5) };
  const talk = new TcpTalk(ends, path.to, server, r.below(1 << 20), path.seenAs);
  const events: Event[] = [];
  let ms = at;
  const say = (bytes: Uint8Array): void => {
    events.push({ ms, bytes });
    ms += r.pick(r.bool(0.8) ? PAUSES.slice(0, 6) : PAUSES);
  };
  const both = (flags: string, text = ''): void =>
    say(r.bool(0.5) ? talk.fromClient(flags, text) : talk.fromServer(flags, text));
  const open = (): void => {
    say(talk.fromClient('S'));
    if (r.bool(0.15)) say(talk.fromClient('S'));
    if (r.bool(0.9)) say(talk.fromServer('S.'));
    if (r.bool(0.9)) say(talk.fromClient('.'));
  };
  const odd = (): void => both(r.pick(['SF', '', 'FPU', 'SR', 'S', 'S.', 'R', 'F', 'FR.', 'P', 'U.']));
  const close = (): void =>
    r.weighted<void>([
      [2, () => {}],
      [2, () => say(talk.fromServer('R.'))],
      [1, () => say(talk.fromClient('R'))],
      [2, () => say(talk.fromClient('F.'))],
      [1, () => say(talk.fromServer('F.'))],
      [
        5,
        () => {
          say(talk.fromClient('F.'));
          say(talk.fromServer('F.'));
          say(talk.fromClient('.'));
        },
      ],
      [1, odd],
    ]);
  if (r.bool(0.85)) open();
  for (let n = r.below(4); n > 0; n--) both('P.', 'x'.repeat(1 + r.below(60)));
  if (r.bool(0.15)) odd();
  if (r.bool(0.35)) {
    const lost = talk.fromClient('.');
    const seen = new Uint8Array(lost);
    // What the server's side saw went to the server itself.
    if (r.bool(0.6)) seen.set(server.host.ip.split('.').map(Number), 14 + 16);
    say(anyError(r, r.pick([server.host, router]), host.ip, seen));
    if (r.bool(0.3)) say(anyError(r, host, server.host.ip, talk.fromServer('.')));
  }
  close();
  if (r.bool(0.4)) both('.', r.bool(0.5) ? 'late' : '');
  if (r.bool(0.4)) {
    open();
    both('P.', 'again');
    if (r.bool(0.5)) close();
  }
  return events;
}

function datagrams(r: Random, at: number, id: number): Event[] {
  const inside = r.bool(0.6);
  const from = { host: inside ? client : r.pick([alice, bob]), port: 53_000 + r.below(4) };
  const to = inside ? SERVICES.dns : r.pick([SERVICES.outside, SERVICES.outsideNear]);
  const server = inside ? { host: dns, port: 53 } : served(to === SERVICES.outside ? 2 : 1);
  const name = `${'n'.repeat(1 + r.below(9))}.example`;
  const query = dnsQuery(id, name);
  const unsummed = (end: End, ip: string, dport: number, data: Uint8Array): Uint8Array =>
    built([...ipv4(end.host, ip), { layer: 'udp', sport: end.port, dport, check: 0 }, payload(data)]);
  const send = r.bool(0.25) ? unsummed : udp;
  const asked = send(from, to.ip, to.port, query);
  const events: Event[] = [{ ms: at, bytes: asked }];
  let ms = at;
  for (let n = r.below(3); n > 0; n--) {
    ms += r.pick(PAUSES.slice(0, 10));
    const answer = send(server, from.host.ip, from.port, dnsAnswer(id, name, SERVICES.web.ip));
    const error = anyError(
      r,
      r.pick([server.host, router]),
      from.host.ip,
      r.bool(0.5) ? asked : udp(from, server.host.ip, server.port, query),
    );
    events.push({ ms, bytes: r.bool(0.6) ? answer : r.bool(0.5) ? error : asked });
  }
  return events;
}

function pings(r: Random, at: number): Event[] {
  const [from, to] = r.pick([
    [client, web2],
    [client, web1],
    [web1, alice],
    [alice, web1],
    [bob, client],
    [web2, client],
  ] as const);
  const id = r.below(3);
  const events = [{ ms: at, bytes: echo(from, to.ip, r.bool(0.85) ? 8 : 0, id, 1) }];
  if (r.bool(0.7)) events.push({ ms: at + r.pick(PAUSES), bytes: echo(to, from.ip, 0, id, 1) });
  if (r.bool(0.3)) events.push({ ms: at + 30, bytes: anyError(r, router, from.ip, events[0]!.bytes) });
  if (r.bool(0.2)) {
    const other = echo(from, to.ip, 8, id, 1);
    other[14 + 20] = r.pick([13, 14, 17, 9, 10, 30]);
    events.push({ ms: at + 40, bytes: other });
  }
  return events;
}

/** Conversations that begin at random within `span` milliseconds. */
export function flows(r: Random, span: number): Event[] {
  const events: Event[] = [];
  for (let i = 0; i < 90; i++) events.push(...conversation(r, PATHS[i % PATHS.length]!, r.below(span)));
  for (let i = 0; i < 50; i++) events.push(...datagrams(r, r.below(span), i));
  for (let i = 0; i < 30; i++) events.push(...pings(r, r.below(span)));
  return events;
}
