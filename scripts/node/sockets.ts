/** Sockets for the random worlds of the referee, and tuples that find them or nearly do. */
import { Kernel } from '../../src/kernel/kernel.ts';
import { runSetup } from '../../src/kernel/net/setup/index.ts';
import { addressBytes, isMapped } from '../../src/kernel/sockets/spec.ts';
import { loopbackNetNs } from '../../src/net/route/link.ts';
import type { SocketRequest } from '../../src/spec/request.ts';
import type { Random } from '../../test/random.ts';
import type { RandomWorld } from './world.ts';

const PORTS = [53, 80, 443] as const;
const REMOTE_PORTS = [2000, 2001] as const;
const WILD = ['0.0.0.0', '::', '127.0.0.1', '::1', '127.9.9.9', '::ffff:127.0.0.1'] as const;

/** What an oracle's `listen` can make: address and port alone, or every member of SocketRequest. */
export type Extent = 'listen' | 'extended';

const v6 = (addr: string): boolean => addr.includes(':');

function address(r: Random, world: RandomWorld): string {
  return r.weighted<string>([
    [3, () => r.pick(world.v4)],
    [3, () => r.pick(world.v6)],
    [2, () => r.pick(WILD)],
  ]);
}

function bound(r: Random, world: RandomWorld): SocketRequest {
  return { proto: r.pick(['tcp', 'udp'] as const), addr: address(r, world), port: r.pick(PORTS) };
}

function options(r: Random, world: RandomWorld): Partial<SocketRequest> {
  return {
    ...(r.bool(0.35) && { ifindex: r.bool(0.15) ? 1 : r.pick(world.links).ifindex }),
    ...(r.bool(0.4) && { v6only: r.bool(0.4) }),
    ...(r.bool(0.15) && { reuseport: true }),
    ...(r.bool(0.15) && { reuseaddr: false }),
    ...(r.bool(0.3) && { mark: r.next() }),
    ...(r.bool(0.3) && { priority: r.below(7) }),
  };
}

/**
 * A handshake must not wait: the port is the listener's own, and the loopback has no neighbour with a link address, which would
 * make its packets somebody else's.
 */
function mayConnect(world: RandomWorld, list: readonly SocketRequest[], port: number): boolean {
  return !list.some((s) => s.proto === 'tcp' && s.port === port) && !world.setup.some((line) => / lo(;|$)/.test(line));
}

function connection(r: Random): SocketRequest[] {
  const [here, there] = r.bool(0.4) ? ['::1', '::1'] : ['127.0.0.1', r.pick(['127.0.0.1', '127.0.0.2'])];
  const server = { addr: there!, port: r.pick(PORTS) };
  const client = { addr: here!, port: r.pick(REMOTE_PORTS) };
  return [
    { proto: 'tcp', ...server },
    { proto: 'tcp', ...client, remote: server },
    { proto: 'tcp', ...server, remote: client, accepted: true },
  ];
}

function connectedUdp(r: Random): SocketRequest {
  const addr = r.bool(0.4) ? '::1' : r.pick(['127.0.0.1', '127.0.0.2']);
  const remote = { addr: addr === '::1' ? addr : '127.0.0.1', port: r.pick(REMOTE_PORTS) };
  return { proto: 'udp', addr, port: r.pick(PORTS), remote };
}

/** Up to eight sockets: what cannot be made, as far as we know, is mostly left out, and else ends the list. */
export function randomSockets(r: Random, world: RandomWorld, extent: Extent): SocketRequest[] {
  const built = runSetup(loopbackNetNs(), world.setup);
  if ('problem' in built) return [];
  const makes = (listen: readonly SocketRequest[]): boolean => {
    const made = Kernel.create({ node: built.net });
    return made.ok && made.value.load({ listen }).problems.length === 0;
  };
  let list: SocketRequest[] = [];
  for (let tries = 6 + r.below(16); tries > 0 && list.length < 8; tries--) {
    const more =
      extent === 'listen'
        ? [bound(r, world)]
        : r.weighted<SocketRequest[]>([
            [8, () => [{ ...bound(r, world), ...options(r, world) }]],
            [1, () => [connectedUdp(r)]],
            [1, () => connection(r)],
          ]);
    if (more.length > 1 && !mayConnect(world, list, more[0]!.port)) continue;
    const grown = [...list, ...more];
    if (makes(grown)) list = grown;
    else if (r.bool(0.01)) return grown;
  }
  return list;
}

/** struct bpf_sock_tuple: 12 or 36 bytes, of a socket of the list most of the time. */
export function socketTuple(r: Random, world: RandomWorld, sockets: readonly SocketRequest[]): Uint8Array {
  const target = sockets.length > 0 && r.bool(0.85) ? r.pick(sockets) : undefined;
  const own = target && addressBytes(target.addr)!;
  const wild = own?.every((b) => b === 0) ?? true;
  // A socket of IPv6 may be there for IPv4 too.
  const six = own ? own.length === 16 && !isMapped(own) && !(wild && r.bool(0.4)) : r.bool(0.5);
  const size = six ? 16 : 4;
  const pool = [...(six ? world.v6 : world.v4), ...WILD].filter((a) => v6(a) === six);
  const choose = (text: string | undefined): Uint8Array => {
    const bytes = text === undefined ? undefined : addressBytes(text);
    if (bytes && !r.bool(0.2)) return bytes.length === size ? bytes : bytes.slice(-size);
    return addressBytes(r.pick(pool))!;
  };
  const out = new Uint8Array(2 * size + 4);
  out.set(choose(target?.remote?.addr), 0);
  out.set(choose(wild ? undefined : target?.addr), size);
  const view = new DataView(out.buffer);
  view.setUint16(2 * size, target?.remote && r.bool(0.85) ? target.remote.port : r.pick([...REMOTE_PORTS, 0, 40000]));
  view.setUint16(2 * size + 2, target && r.bool(0.9) ? target.port : r.pick([...PORTS, 54, 0]));
  return out;
}
