/** The socket port over the World. */
import type { SocketLookup, SocketPort } from '../../helpers/ports/sockets.ts';
import { setSkMember, skIsRefcounted, skMember } from '../../net/inetSock.ts';
import { deviceByName } from '../../net/route/netns.ts';
import type { SiphashKey } from '../../net/siphash.ts';
import { offsetOf } from '../../spec/layouts.ts';
import { swap16 } from '../../util/bits.ts';
import { sockView } from '../../vm/ctxView.ts';
import { clockJiffies } from '../clock.ts';
import type { KernelCore } from '../core.ts';
import { netnsById, socketsOf } from '../node/namespaces.ts';
import { randomOf } from '../random.ts';
import { bindSocket } from '../sockets/bindSocket.ts';
import { congestionOps } from '../sockets/congestion.ts';
import { socketLookup } from '../sockets/lookup.ts';
import type { SocketQuery } from '../sockets/score.ts';
import { groupOf, isHashed, words } from '../sockets/table.ts';

/** net.ipv4.tcp_syncookies of a new network namespace. */
const TCP_SYNCOOKIES_DEFAULT = 1;
const COOKIE = offsetOf('sock_common', 'skc_cookie');
const SYNCOOKIE_SECRETS = 0x5c00;

/** Offsets in the two shapes of struct bpf_sock_tuple; addresses in words. */
const TUPLE = {
  inet: { words: 1, daddr: 4, sport: 8, dport: 10 },
  inet6: { words: 4, daddr: 16, sport: 32, dport: 34 },
} as const;

function queryOf(kernel: KernelCore, key: SocketLookup): SocketQuery {
  const { arena } = kernel;
  const { tuple, family, ifindex } = key;
  const shape = TUPLE[family];
  return {
    v6: family === 'inet6',
    saddr: words(arena, tuple, shape.words),
    saddrAt: tuple,
    daddr: words(arena, tuple + shape.daddr, shape.words),
    sport: swap16(arena.getU16(tuple + shape.sport)),
    dport: swap16(arena.getU16(tuple + shape.dport)),
    dif: ifindex,
    cpu: kernel.world.cpu,
  };
}

/** The cookie of a socket as two halves; it gets one when it is first asked. @kernel __sock_gen_cookie */
export function cookieOf(kernel: KernelCore, sk: number): readonly [number, number] {
  const { arena } = kernel;
  const at = sk + COOKIE;
  if ((arena.getU32(at) | arena.getU32(at + 4)) === 0) {
    const { sockets } = kernel.world;
    const cookie = sockets.cookie + 1;
    kernel.world = { ...kernel.world, sockets: { ...sockets, cookie } };
    arena.setU64(at, cookie, 0);
  }
  return [arena.getU32(at), arena.getU32(at + 4)];
}

/** Sockets of the World; `ret64` hands a 64-bit result over. */
export function socketPort(kernel: KernelCore, ret64: (lo: number, hi: number) => void): SocketPort {
  const { arena, seed } = kernel;
  const addRefs = (sk: number, by: number): void => {
    const refs = skMember(arena, sk, 'sock_common', 'skc_refcnt');
    setSkMember(arena, sk, 'sock_common', 'skc_refcnt', refs + by);
  };
  return {
    lookup(key) {
      const other = key.netns >= 0;
      const name = other ? netnsById(kernel.world, key.netns) : undefined;
      const table = name === undefined ? kernel.world.sockets : socketsOf(kernel.world, name);
      if ((other && name === undefined) || !table) return 0;
      const world = { arena, table, seed };
      const sk = socketLookup(world, key.proto, queryOf(kernel, key));
      if (sk !== 0 && skIsRefcounted(arena, sk)) addRefs(sk, 1);
      return sk;
    },
    view: (sk, struct) => sockView(arena, sk, struct),
    acquire(sk) {
      if (skIsRefcounted(arena, sk)) addRefs(sk, 1);
      return sockView(arena, sk, 'bpf_sock');
    },
    release(sk) {
      if (skIsRefcounted(arena, sk)) addRefs(sk, -1);
    },
    cookie: (sk) => ret64(...cookieOf(kernel, sk)),
    reuseportId: (sk) => groupOf(kernel.world.sockets, sk)?.id ?? 0,
    hashed: (sk) => isHashed(kernel.world.sockets, sk),
    syncookieKey(version, index) {
      const first = SYNCOOKIE_SECRETS + 4 * index + (version === 'v6' ? 8 : 0);
      const word = (i: number): number => randomOf(seed + first + i);
      return [word(0), word(1), word(2), word(3)] satisfies SiphashKey;
    },
    overflowHolder: (sk) => groupOf(kernel.world.sockets, sk)?.socks[0] ?? sk,
    bind: (sk, address, port) => -bindSocket(kernel, sk, address, port),
    congestion: (name) => congestionOps(kernel, name),
    ifindexOf: (name) => deviceByName(kernel.world.net, name)?.ifindex ?? 0,
    jiffies() {
      const [lo, hi] = clockJiffies(kernel.world.clock);
      return (lo >>> 0) + (hi >>> 0) * 2 ** 32;
    },
    get syncookies() {
      return Number(kernel.world.net.sysctls['net.ipv4.tcp_syncookies'] ?? TCP_SYNCOOKIES_DEFAULT);
    },
  };
}
