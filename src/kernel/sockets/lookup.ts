/** Socket look-ups by addresses and ports. */
import type { Arena } from '../../mem/arena.ts';
import { skMember } from '../../net/inetSock.ts';
import { UAPI } from '../../spec/constants.ts';
import { flowHash, hasConnections, selectByHash } from './reuseport.ts';
import type { SocketQuery } from './score.ts';
import { listenerScore, udpScore } from './score.ts';
import type { ReuseportGroup, SocketProto, SocketTable } from './table.ts';
import { boundKey, ehashKey, groupOf } from './table.ts';

const { TCP_ESTABLISHED } = UAPI;

/** Where look-ups look. */
export interface LookupWorld {
  readonly arena: Arena;
  readonly table: SocketTable;
  readonly seed: number;
}

/** The group that decides for this socket, if it is in one. @kernel inet_lookup_reuseport */
function reuseportOf(world: LookupWorld, sk: number): ReuseportGroup | undefined {
  if (skMember(world.arena, sk, 'sock_common', 'skc_reuseport') === 0) return undefined;
  return groupOf(world.table, sk);
}

/** @kernel inet_lhash2_lookup */
function listener(world: LookupWorld, q: SocketQuery): number {
  const { arena, table, seed } = world;
  let best = 0;
  let high = 0;
  for (const sk of table.bound.get(boundKey('tcp', q.dport)) ?? []) {
    const score = listenerScore(arena, sk, q);
    if (score <= high) continue;
    const group = reuseportOf(world, sk);
    const chosen = group ? selectByHash(arena, group, flowHash(arena, seed, 'tcp', q)) : 0;
    if (chosen !== 0) return chosen;
    best = sk;
    high = score;
  }
  return best;
}

const anyAddress = (q: SocketQuery): SocketQuery => ({ ...q, daddr: q.daddr.map(() => 0) });

/** Established sockets first, then listening ones of the address, then of any. @kernel __inet_lookup, __inet6_lookup */
function tcpLookup(world: LookupWorld, q: SocketQuery): number {
  const { arena, table } = world;
  const found = table.established.get(ehashKey(q.daddr, q.dport, q.saddr, q.sport));
  if (found !== undefined) {
    const bound = skMember(arena, found, 'sock_common', 'skc_bound_dev_if');
    if (bound === 0 || bound === q.dif) return found;
  }
  return listener(world, q) || listener(world, anyAddress(q));
}

/** @kernel udp4_lib_lookup2, udp6_lib_lookup2 */
function udpChain(world: LookupWorld, q: SocketQuery): number {
  const { arena, table, seed } = world;
  let best = 0;
  let badness = q.v6 ? -1 : 0;
  for (const sk of table.bound.get(boundKey('udp', q.dport)) ?? []) {
    const score = udpScore(arena, sk, q);
    if (score <= badness) continue;
    badness = score;
    const connected = skMember(arena, sk, 'sock_common', 'skc_state') === TCP_ESTABLISHED;
    const group = connected ? undefined : reuseportOf(world, sk);
    const chosen = group ? selectByHash(arena, group, flowHash(arena, seed, 'udp', q)) : 0;
    if (chosen === 0) {
      best = sk;
      continue;
    }
    if (!hasConnections(arena, group!)) return chosen;
    // A group with connected sockets only proposes: the better ones may come later.
    best = chosen;
    badness = Math.max(badness, udpScore(arena, chosen, q));
  }
  return best;
}

/** @kernel __udp4_lib_lookup, __udp6_lib_lookup */
function udpLookup(world: LookupWorld, q: SocketQuery): number {
  return udpChain(world, q) || udpChain(world, anyAddress(q));
}

/** The socket (its kernel object) that a packet would be for, or 0. */
export function socketLookup(world: LookupWorld, proto: SocketProto, q: SocketQuery): number {
  return proto === 'tcp' ? tcpLookup(world, q) : udpLookup(world, q);
}
