/** Load balancing with the decision in the socket: the way out, the way back, and the list of decisions. */
import { describe, expect, it } from 'vitest';
import type { Kernel } from '../../../src/kernel/kernel.ts';
import { parseNode } from '../../../src/kernel/net/file/index.ts';
import { toHex } from '../../../src/util/hex.ts';
import { requestOf } from '../assembleFile.ts';
import { backend, HOSTS, SERVICES, type Service } from '../node.ts';
import { echo, TcpTalk, udp } from '../talk.ts';
import {
  be16,
  ends,
  ip,
  kernelWith,
  keysOf,
  le,
  mapFile,
  runPacket,
  storage,
  TC_OK,
  TC_SHOT,
  update,
  withAgent,
  words,
} from './world.ts';

const { client, web1, web2, dns } = HOSTS;
const DNS_PORT = 5353;

interface World {
  readonly kernel: Kernel;
  /** Connected to `web`, to `both` (two of them), unconnected UDP, UDP connected to `dns`, TIME_WAIT to `web`. */
  readonly sockets: Readonly<Record<'web' | 'both1' | 'both2' | 'udp' | 'dns' | 'gone', number>>;
}

function world(): World {
  const tcp = (port: number, to: Service, more = {}): object => ({
    proto: 'tcp',
    addr: client.ip,
    port,
    remote: { addr: to.ip, port: to.port },
    ...more,
  });
  const parsed = parseNode(
    {
      devices: [{ name: 'lxc10', addresses: [`${client.ip}/24`] }],
      sockets: [
        tcp(40000, SERVICES.web),
        tcp(40001, SERVICES.both),
        tcp(40002, SERVICES.both),
        { proto: 'udp', addr: client.ip, port: DNS_PORT },
        { proto: 'udp', addr: client.ip, port: 5454, remote: { addr: SERVICES.dns.ip, port: 53 } },
        tcp(40003, SERVICES.web, { state: 'time_wait' }),
      ],
    },
    'node',
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const kernel = withAgent(kernelWith(requestOf('gc/lb-storage.bpf'), parsed.value));
  for (const { backends, revNat } of [SERVICES.web, SERVICES.dns] as const)
    update(kernel, 'lb_backend_service', origin(backend(backends[0])), le(revNat, 2));
  const [web, both1, both2, plain, connected, gone] = [...kernel.world.sockets.all.values()];
  return {
    kernel,
    sockets: { web: web!, both1: both1!, both2: both2!, udp: plain!, dns: connected!, gone: gone! },
  };
}

const origin = (of: { readonly ip: string; readonly port: number }): number[] => [...ip(of.ip), ...be16(of.port), 0, 0];
const choice = (to: Service, id: number): string =>
  toHex(Uint8Array.from([...ip(to.ip), ...be16(to.port), ...le(id, 2), ...le(to.revNat, 2), 0, 0]));
const chosen = (kernel: Kernel, sk: number): string | undefined => storage(kernel, 'lb_choices', sk, 12);
const talk = (port: number, to: Service, server = web2): TcpTalk =>
  new TcpTalk({ host: client, port }, to, { host: server, port: 8080 });
const ask = (port: number, to: string, size = 8): Uint8Array =>
  udp({ host: client, port }, to, 53, new Uint8Array(size));
const answer = (port: number): Uint8Array => udp({ host: dns, port: 53 }, client.ip, port, new Uint8Array(8));
const found = (kernel: Kernel): number[] => [0, 1, 2].map((i) => words(kernel, 'lb_found', i)[0]!);

describe('the way out', () => {
  it('goes to a backend, which the socket remembers', () => {
    const { kernel, sockets } = world();
    const out = runPacket(kernel, 'lb_egress', talk(40000, SERVICES.web).fromClient('S'), sockets.web);
    expect(out.retval).toBe(TC_OK);
    expect(ends(out.data)).toBe('10.0.1.10:40000 > 10.0.2.30:8080');
    expect(chosen(kernel, sockets.web)).toBe(choice(SERVICES.web, 2));
    expect(keysOf(kernel, 'cilium_ct4_global')).toEqual([]);
  });

  it('stays with the backend for every packet of the socket, whatever the dice say', () => {
    const { kernel, sockets } = world();
    const seen = new Set<string>();
    for (const [port, sk] of [
      [40001, sockets.both1],
      [40002, sockets.both2],
    ] as const) {
      const client = talk(port, SERVICES.both);
      const to = Array.from({ length: 12 }, () =>
        ends(runPacket(kernel, 'lb_egress', client.fromClient('.'), sk).data),
      );
      expect(new Set(to).size).toBe(1);
    }
    // Dummy sockets forget with each packet: both backends are met.
    for (let i = 0; i < 12; i++) {
      const data = talk(40009, SERVICES.both).fromClient('S');
      const status = kernel.testRun(kernel.prog('lb_egress')!, { data }).finish();
      if (status.state === 'done') seen.add(ends(status.output.dataOut!));
    }
    expect([...seen].sort()).toEqual(['10.0.1.10:40009 > 10.0.1.20:8080', '10.0.1.10:40009 > 10.0.2.30:8080']);
  });

  it('chooses again when the backend is gone', () => {
    const { kernel, sockets } = world();
    const client = talk(40001, SERVICES.both);
    runPacket(kernel, 'lb_egress', client.fromClient('S'), sockets.both1);
    const first = Number.parseInt(chosen(kernel, sockets.both1)!.slice(12, 14), 16);
    mapFile(kernel, 'cilium_lb4_backends').delete(Uint8Array.from(le(first, 2)));
    // The slot of the backend that is gone is still there: dice that hit it drop the packet.
    const verdicts = Array.from({ length: 12 }, () =>
      runPacket(kernel, 'lb_egress', client.fromClient('.'), sockets.both1),
    );
    expect(verdicts.at(-1)!.retval).toBe(TC_OK);
    expect(ends(verdicts.at(-1)!.data)).toContain(backend(3 - first).ip);
    expect(chosen(kernel, sockets.both1)).toBe(choice(SERVICES.both, 3 - first));
  });

  it('a socket that talks to two services chooses anew each time it turns', () => {
    const { kernel, sockets } = world();
    const two = { ...SERVICES.dns, ip: '10.96.0.11', revNat: 9 };
    const key = (slot: number): number[] => [...ip(two.ip), ...be16(53), ...le(slot, 2), 0, 0, 0, 0];
    update(kernel, 'cilium_lb4_services_v2', key(0), [0, 0, 0, 0, 1, 0, 9, 0, 0, 0, 0, 0]);
    update(kernel, 'cilium_lb4_services_v2', key(1), [3, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0]);
    for (const service of [SERVICES.dns, two, SERVICES.dns]) {
      expect(ends(runPacket(kernel, 'lb_egress', ask(DNS_PORT, service.ip), sockets.udp).data)).toContain(
        '10.0.2.53:53',
      );
      expect(chosen(kernel, sockets.udp)).toBe(choice(service, 3));
    }
  });

  it('another port of the same address is another service', () => {
    const { kernel, sockets } = world();
    runPacket(kernel, 'lb_egress', talk(1, SERVICES.outside).fromClient('S'), sockets.web);
    expect(chosen(kernel, sockets.web)).toBe(choice(SERVICES.outside, 2));
    const out = runPacket(kernel, 'lb_egress', talk(1, SERVICES.outsideNear).fromClient('S'), sockets.web);
    expect(ends(out.data)).toContain(web1.ip);
    expect(chosen(kernel, sockets.web)).toBe(choice(SERVICES.outsideNear, 1));
  });

  it.each([
    ['no socket', 'web', 'none'],
    ['half a socket', 'web', 'gone'],
    ['a service without backends', 'empty', 'web'],
  ] as const)('%s: dropped', (_what, service, socket) => {
    const { kernel, sockets } = world();
    const sk = socket === 'none' ? 0 : sockets[socket];
    const packet = talk(40000, SERVICES[service]).fromClient('S');
    const out = runPacket(kernel, 'lb_egress', packet, sk);
    expect(out.retval).toBe(TC_SHOT);
    expect(out.data).toEqual(packet);
  });

  it('what is for no service, has no ports or is no IPv4 passes as it is', () => {
    const { kernel, sockets } = world();
    const arp = new Uint8Array(60);
    arp.set([8, 6], 12);
    const cut = talk(1, SERVICES.web).fromClient('S').slice(0, 40);
    const direct = udp({ host: client, port: 1 }, web2.ip, 8080, new Uint8Array(4));
    for (const packet of [direct, echo(client, SERVICES.web.ip, 8, 1, 1), arp, cut]) {
      for (const prog of ['lb_egress', 'lb_ingress']) {
        expect(runPacket(kernel, prog, packet, sockets.web)).toEqual({ retval: TC_OK, data: packet });
      }
    }
    expect(chosen(kernel, sockets.web)).toBeUndefined();
    expect(found(kernel)).toEqual([0, 0, 0]);
  });
});

/** A world in which the socket on `web` has made its choice, and the backend's reply. */
function replying(): World & { readonly reply: Uint8Array } {
  const made = world();
  const web = talk(40000, SERVICES.web);
  runPacket(made.kernel, 'lb_egress', web.fromClient('S'), made.sockets.web);
  return { ...made, reply: web.fromServer('S.') };
}

describe('the way back', () => {
  it('a look-up by the own tuple finds nothing, one by the service finds the socket', () => {
    const { kernel, reply } = replying();
    expect(ends(reply)).toBe('10.0.2.30:8080 > 10.0.1.10:40000');
    const back = runPacket(kernel, 'lb_ingress', reply, 0);
    expect(back.retval).toBe(TC_OK);
    expect(ends(back.data)).toBe('10.96.0.80:80 > 10.0.1.10:40000');
    expect(found(kernel)).toEqual([0, 1, 0]);
  });

  it('a connected UDP socket needs the service too', () => {
    const { kernel, sockets } = world();
    runPacket(kernel, 'lb_egress', ask(5454, SERVICES.dns.ip), sockets.dns);
    expect(ends(runPacket(kernel, 'lb_ingress', answer(5454), 0).data)).toBe('10.96.0.10:53 > 10.0.1.10:5454');
    expect(found(kernel)).toEqual([0, 1, 0]);
  });

  it('an unconnected UDP socket is found as it is', () => {
    const { kernel, sockets } = world();
    runPacket(kernel, 'lb_egress', ask(DNS_PORT, SERVICES.dns.ip), sockets.udp);
    expect(ends(runPacket(kernel, 'lb_ingress', answer(DNS_PORT), 0).data)).toBe('10.96.0.10:53 > 10.0.1.10:5353');
    expect(found(kernel)).toEqual([1, 0, 0]);
  });

  it.each<readonly [string, (w: World) => void, readonly number[]]>([
    [
      'without a word of the agent about the backend',
      ({ kernel }) => mapFile(kernel, 'lb_backend_service').delete(Uint8Array.from(origin(backend(2)))),
      [0, 0, 0],
    ],
    [
      'with a service that is gone',
      ({ kernel }) => mapFile(kernel, 'cilium_lb4_reverse_nat').delete(Uint8Array.from(le(1, 2))),
      [0, 0, 0],
    ],
    [
      'with another service, to which nobody is connected',
      ({ kernel }) => update(kernel, 'lb_backend_service', origin(backend(2)), le(2, 2)),
      [0, 0, 1],
    ],
    [
      'in another network namespace',
      ({ kernel }) => update(kernel, 'lb_pod_netns', ip(client.ip), le(5, 8)),
      [0, 0, 1],
    ],
    [
      'when the socket has chosen another backend',
      ({ kernel, sockets }) => {
        const value = Buffer.from(choice(SERVICES.web, 1), 'hex');
        mapFile(kernel, 'lb_choices').update(Uint8Array.from(le(sockets.web, 4)), new Uint8Array(value));
      },
      [0, 0, 1],
    ],
    [
      'when its backend is gone',
      ({ kernel }) => mapFile(kernel, 'cilium_lb4_backends').delete(Uint8Array.from(le(2, 2))),
      [0, 0, 1],
    ],
    [
      'when it has chosen nothing',
      ({ kernel, sockets }) => mapFile(kernel, 'lb_choices').delete(Uint8Array.from(le(sockets.web, 4))),
      [0, 0, 1],
    ],
  ])('%s the reply stays as it is', (_what, change, counts) => {
    const made = replying();
    change(made);
    expect(runPacket(made.kernel, 'lb_ingress', made.reply, 0)).toEqual({ retval: TC_OK, data: made.reply });
    expect(found(made.kernel)).toEqual(counts);
  });

  it('half a socket has no choice', () => {
    const { kernel } = world();
    const reply = talk(40003, SERVICES.web).fromServer('.');
    expect(runPacket(kernel, 'lb_ingress', reply, 0)).toEqual({ retval: TC_OK, data: reply });
    expect(found(kernel)).toEqual([0, 0, 1]);
  });

  it('a namespace that the agent names is asked', () => {
    const { kernel, reply } = replying();
    update(kernel, 'lb_pod_netns', ip(client.ip), new Array<number>(8).fill(0xff));
    expect(ends(runPacket(kernel, 'lb_ingress', reply, 0).data)).toContain('10.96.0.80:80');
  });
});

describe('the list of choices', () => {
  it('is what an iterator prints; user space alone cannot walk', () => {
    const { kernel, sockets } = replying();
    runPacket(kernel, 'lb_egress', ask(DNS_PORT, SERVICES.dns.ip), sockets.udp);
    expect(mapFile(kernel, 'lb_choices').nextKey()).toBe(-524);
    const list = (): string[] => {
      const status = kernel.iterRun(kernel.prog('lb_list')!, { map: kernel.map('lb_choices')! }).finish();
      if (status.state !== 'done' || status.errno !== 0) throw new Error(status.state);
      return String.fromCharCode(...status.output)
        .split('\n')
        .sort();
    };
    const both = ['', 'port 40000 to 10.96.0.80: backend 2', 'port 5353 to 10.96.0.10: backend 3'];
    expect(list()).toEqual(both);
    expect(list()).toEqual(both);
    mapFile(kernel, 'cilium_lb4_backends').delete(Uint8Array.from(le(2, 2)));
    expect(list()).toEqual(['', 'port 40000 to 10.96.0.80: backend 2 is gone', both[2]]);
    expect(list()).toEqual(['', both[2]]);
    expect(chosen(kernel, sockets.web)).toBeUndefined();
  });
});
