/** The demo capture: one of everything that the programs know, in an order that tells a story. */
import { dnsAnswer, dnsQuery } from './dns.ts';
import { backend, HOSTS, LOOPBACK, NODE_MAC, SERVICES } from './node.ts';
import { built, type Event, echo, icmpError, ipv4, payload, restartIds, TcpTalk, udp } from './talk.ts';

const { client, web1, web2, dns, alice, bob, router } = HOSTS;
const NAME = 'web.default.svc.cluster.local';
const GET = 'GET / HTTP/1.1\r\nHost: web\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';

/** A connection from handshake to close, with a pause longer than the report interval, and its ports used again. */
function podToService(): Event[] {
  const server = { host: web2, port: backend(2).port };
  const first = new TcpTalk({ host: client, port: 40000 }, SERVICES.web, server);
  const again = new TcpTalk({ host: client, port: 40000 }, SERVICES.web, server, 900_000);
  return [
    { ms: 0, bytes: first.fromClient('S'), note: 'a pod opens a connection to a service' },
    { ms: 1, bytes: first.fromServer('S.'), note: 'the backend answers: a reply' },
    { ms: 2, bytes: first.fromClient('.') },
    { ms: 3, bytes: first.fromClient('P.', GET) },
    { ms: 12, bytes: first.fromServer('P.', OK) },
    { ms: 13, bytes: first.fromClient('.') },
    { ms: 7000, bytes: first.fromClient('P.', GET), note: 'the report interval has passed' },
    { ms: 7010, bytes: first.fromServer('P.', OK) },
    { ms: 7011, bytes: first.fromClient('.') },
    { ms: 7500, bytes: first.fromClient('F.'), note: 'closing: one side, then the other' },
    { ms: 7501, bytes: first.fromServer('F.') },
    { ms: 7502, bytes: first.fromClient('.') },
    { ms: 9000, bytes: again.fromClient('S'), note: 'the same ports again: the entry is reopened' },
    { ms: 9001, bytes: again.fromServer('S.') },
    { ms: 9002, bytes: again.fromClient('.') },
    { ms: 9100, bytes: again.fromServer('R.'), note: 'and reset' },
  ];
}

function datagrams(): Event[] {
  const asked = { host: client, port: 50001 };
  const stray = udp({ host: client, port: 50009 }, '198.51.100.9', 53, dnsQuery(9, NAME));
  const lost = udp(asked, dns.ip, 53, dnsQuery(2, NAME));
  return [
    {
      ms: 1000,
      bytes: udp({ host: client, port: 50000 }, SERVICES.dns.ip, 53, dnsQuery(1, NAME)),
      note: 'a DNS query',
    },
    { ms: 1004, bytes: udp({ host: dns, port: 53 }, client.ip, 50000, dnsAnswer(1, NAME, SERVICES.web.ip)) },
    { ms: 2000, bytes: echo(client, web2.ip, 8, 77, 1), note: 'ping' },
    { ms: 2001, bytes: echo(web2, client.ip, 0, 77, 1) },
    { ms: 3000, bytes: udp(asked, SERVICES.dns.ip, 53, dnsQuery(2, NAME)), note: 'a query that nobody takes' },
    { ms: 3003, bytes: icmpError(dns, client.ip, 3, 3, lost), note: 'port unreachable: an error about the query' },
    { ms: 3500, bytes: icmpError(router, client.ip, 11, 0, stray), note: 'an error about nothing: dropped' },
  ];
}

function refused(): Event[] {
  const ssh = new TcpTalk({ host: client, port: 41000 }, { ip: web2.ip, port: 22 }, { host: web2, port: 22 });
  const empty = new TcpTalk({ host: client, port: 41001 }, SERVICES.empty, { host: web2, port: 443 });
  const scan = new TcpTalk({ host: alice, port: 6000 }, { ip: web1.ip, port: 22 }, { host: web1, port: 22 });
  return [
    { ms: 4000, bytes: ssh.fromClient('S'), note: 'no policy allows this' },
    { ms: 4100, bytes: empty.fromClient('S'), note: 'a service without backends' },
    { ms: 4200, bytes: scan.fromClient('S'), note: 'from outside to a port that is not open to it' },
  ];
}

/** Both ends on this node: each packet passes both programs. Then a pod that reaches itself through a service. */
function onOneNode(): Event[] {
  const near = { host: web1, port: backend(1).port };
  const talk = new TcpTalk({ host: client, port: 42000 }, SERVICES.near, near, 5000);
  const self = new TcpTalk({ host: web1, port: 43000 }, SERVICES.near, near, 7000, LOOPBACK);
  return [
    { ms: 5000, bytes: talk.fromClient('S'), note: 'both pods are on this node' },
    { ms: 5001, bytes: talk.fromServer('S.') },
    { ms: 5002, bytes: talk.fromClient('.') },
    { ms: 6000, bytes: self.fromClient('S'), note: 'a pod calls the service that it serves itself' },
    { ms: 6001, bytes: self.fromServer('S.'), note: 'its answer, to the loopback address' },
    { ms: 6002, bytes: self.fromClient('.') },
  ];
}

/** North-south: clients outside; the XDP programs' part. */
function fromOutside(): Event[] {
  const far = new TcpTalk({ host: alice, port: 51000 }, SERVICES.outside, { host: web2, port: backend(2).port }, 3000);
  const near = new TcpTalk(
    { host: bob, port: 52000 },
    SERVICES.outsideNear,
    { host: web1, port: backend(1).port },
    4000,
  );
  return [
    { ms: 10_000, bytes: far.fromClient('S'), note: 'a client outside, a backend elsewhere' },
    { ms: 10_010, bytes: far.fromServer('S.') },
    { ms: 10_020, bytes: far.fromClient('.') },
    { ms: 10_021, bytes: far.fromClient('P.', GET) },
    { ms: 10_040, bytes: far.fromServer('P.', OK) },
    { ms: 10_060, bytes: far.fromClient('F.') },
    { ms: 10_070, bytes: far.fromServer('F.') },
    { ms: 10_080, bytes: far.fromClient('.') },
    { ms: 11_000, bytes: near.fromClient('S'), note: 'a client outside, a backend on this node' },
    { ms: 11_001, bytes: near.fromServer('S.') },
    { ms: 11_020, bytes: near.fromClient('.') },
    { ms: 11_021, bytes: near.fromClient('P.', GET) },
    { ms: 11_022, bytes: near.fromServer('P.', OK) },
  ];
}

/** Nothing that these programs have a say in. */
function passing(): Event[] {
  const arp = built([
    { layer: 'eth', src: client.mac, dst: 'ff:ff:ff:ff:ff:ff' },
    { layer: 'arp', op: 1, sha: client.mac, spa: client.ip, tpa: '10.0.1.1' },
  ]);
  const v6 = built([
    { layer: 'eth', src: client.mac, dst: NODE_MAC },
    { layer: 'ipv6', src: 'fd00::10', dst: 'fd00::53' },
    { layer: 'udp', sport: 50000, dport: 53 },
    payload(dnsQuery(3, NAME)),
  ]);
  const through = built([...ipv4(alice, dns.ip), { layer: 'udp', sport: 1234, dport: 53 }, payload(dnsQuery(4, NAME))]);
  return [
    { ms: 500, bytes: arp, note: 'ARP' },
    { ms: 600, bytes: v6, note: 'IPv6' },
    { ms: 700, bytes: through, note: 'neither end is a pod of this node' },
  ];
}

/** The packets of programs/demo/demo.pcap, in order of time. */
export function demoEvents(): Event[] {
  restartIds();
  return [...podToService(), ...datagrams(), ...refused(), ...onOneNode(), ...fromOutside(), ...passing()].sort(
    (a, b) => a.ms - b.ms,
  );
}
