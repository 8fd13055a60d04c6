/** Random sets of sockets, and random tuples that sometimes find one of them. */
import { addressBytes } from '../../src/kernel/sockets/spec.ts';
import type { SocketRequest } from '../../src/spec/request.ts';
import type { Random } from '../../test/random.ts';

const V4 = ['127.0.0.1', '127.0.0.2', '0.0.0.0', '127.0.0.6', '10.0.0.1'] as const;
const V6 = ['::1', '::', '2001:db8::1'] as const;
/** Addresses that bind(2) takes or refuses for reasons of their own. */
const ODD = [
  '224.0.0.1',
  '255.255.255.255',
  '10.9.9.9',
  'ff02::1',
  '2001:db8::2',
  '10.0.0.255',
  '::ffff:127.0.0.1',
  'fe80::1',
] as const;
export const PORTS = [53, 80, 443, 8080] as const;

/** How far worlds go beyond what every oracle's `listen` can make. */
export type Extent = 'listen' | 'extended';

function bound(r: Random): SocketRequest {
  const addr = r.bool(0.04) ? r.pick(ODD) : r.bool(0.6) ? r.pick(V4) : r.pick(V6);
  return { proto: r.pick(['tcp', 'udp']), addr, port: r.pick(PORTS) };
}

/** Options that `listen` of an unextended oracle does not know. */
function options(r: Random): Partial<SocketRequest> {
  return {
    ...(r.bool(0.5) && { v6only: r.bool(0.4) }),
    ...(r.bool(0.3) && { reuseport: true }),
    ...(r.bool(0.2) && { reuseaddr: false }),
    ...(r.bool(0.15) && { ifindex: 1 }),
    ...(r.bool(0.3) && { mark: r.next() }),
    ...(r.bool(0.3) && { priority: r.below(7) }),
    ...(r.bool(0.3) && { uid: r.below(2000) }),
  };
}

const remoteOf = (r: Random, v6: boolean): { addr: string; port: number } => ({
  addr: v6 ? '::1' : r.pick(['127.0.0.1', '127.0.0.2']),
  port: 2000 + r.below(4),
});

function connectedUdp(r: Random): SocketRequest {
  const v6 = r.bool(0.4);
  return { ...bound(r), proto: 'udp', addr: v6 ? '::1' : r.pick(['127.0.0.1', '127.0.0.2']), remote: remoteOf(r, v6) };
}

/** A listener, a client of it, and the socket that the listener accepted; or what is left of the client. */
function connection(r: Random): SocketRequest[] {
  const v6 = r.bool(0.4);
  const addr = v6 ? '::1' : r.pick(['127.0.0.1', '127.0.0.2']);
  const server = { addr, port: r.pick(PORTS) };
  const client = { addr: v6 ? '::1' : '127.0.0.1', port: 2000 + r.below(1000) };
  const listener: SocketRequest = { proto: 'tcp', ...server };
  if (r.bool(0.3)) return [listener, { proto: 'tcp', ...client, remote: server, state: 'time_wait' }];
  return [
    listener,
    { proto: 'tcp', ...client, remote: server },
    { proto: 'tcp', ...server, remote: client, accepted: true },
  ];
}

/** Commands that give the node the addresses above, and sometimes cookies for every SYN. Needs the module dummy. */
export function setup(r: Random): string[] {
  return [
    'ip link add d0 type dummy',
    'ip addr add 10.0.0.1/24 dev d0',
    'ip link set d0 up',
    'ip -6 addr add 2001:db8::1/64 dev d0',
    ...(r.bool(0.7) ? [`sysctl -w net.ipv4.tcp_syncookies=${r.pick([0, 1, 2, 2, 2, 2])}`] : []),
  ];
}

export function sockets(r: Random, extent: Extent): SocketRequest[] {
  const count = 1 + r.below(5);
  const list: SocketRequest[] = [];
  for (let i = 0; i < count; i++) {
    if (extent === 'listen') list.push(bound(r));
    else if (r.bool(0.2)) list.push({ ...connectedUdp(r), ...options(r) });
    else list.push({ ...bound(r), ...options(r) });
  }
  if (extent === 'extended' && r.bool(0.4)) list.push(...connection(r));
  return list;
}

/** struct bpf_sock_tuple: 12 or 36 bytes. */
export function tuple(r: Random, world: readonly SocketRequest[]): Uint8Array {
  const target = r.bool(0.8) ? r.pick(world) : undefined;
  const v6 = target ? (addressBytes(target.addr)?.length === 16) !== r.bool(0.15) : r.bool(0.5);
  const size = v6 ? 16 : 4;
  const pool = v6 ? [...V6, '::ffff:127.0.0.1'] : V4;
  const choose = (text: string | undefined): Uint8Array => {
    const bytes = text === undefined ? undefined : addressBytes(text);
    return bytes?.length === size && r.bool(0.7) ? bytes : addressBytes(r.pick(pool))!;
  };
  const out = new Uint8Array(2 * size + 4);
  out.set(choose(target?.remote?.addr), 0);
  out.set(choose(target?.addr), size);
  const dv = new DataView(out.buffer);
  dv.setUint16(2 * size, target?.remote && r.bool(0.9) ? target.remote.port : r.below(65536));
  dv.setUint16(2 * size + 2, r.bool(0.9) ? (target?.port ?? r.pick(PORTS)) : r.pick(PORTS));
  return out;
}
