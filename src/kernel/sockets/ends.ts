/** Both ends of a connection in its socket object. */
import type { Arena } from '../../mem/arena.ts';
import { setSkMember, skMember } from '../../net/inetSock.ts';
import { UAPI } from '../../spec/constants.ts';
import { offsetOf } from '../../spec/layouts.ts';
import { swap16 } from '../../util/bits.ts';
import { LOOPBACK4_IPV6 } from './bind.ts';
import { isMapped } from './spec.ts';
import { ehashKey, localWords, remoteWords } from './table.ts';

const { AF_INET6 } = UAPI;
const MAPPED_PREFIX = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);

const AT = {
  daddr: offsetOf('sock_common', 'skc_daddr'),
  rcvSaddr: offsetOf('sock_common', 'skc_rcv_saddr'),
  v6Daddr: offsetOf('sock_common', 'skc_v6_daddr'),
  v6RcvSaddr: offsetOf('sock_common', 'skc_v6_rcv_saddr'),
} as const;

/** Addresses in network order, 4 or 16 bytes both; ports in host order. */
export interface Ends {
  readonly local: Uint8Array;
  readonly port: number;
  readonly remote: Uint8Array;
  readonly remotePort: number;
}

/** An IPv4 address in IPv6 form. */
export function mapped(address: Uint8Array): Uint8Array {
  return Uint8Array.from([...MAPPED_PREFIX, ...address]);
}

/** Writes both ends; `mapped` keeps IPv4 addresses in IPv6 form as well, as TCP does. */
export function setEnds(arena: Arena, sk: number, ends: Ends, how: { mapped: boolean; accepted: boolean }): void {
  const { local, remote } = ends;
  setSkMember(arena, sk, 'sock_common', 'skc_dport', swap16(ends.remotePort));
  setSkMember(arena, sk, 'sock_common', 'skc_num', ends.port);
  if (local.length === 16) {
    arena.put(sk + AT.v6Daddr, remote);
    arena.put(sk + AT.v6RcvSaddr, local);
    arena.setU32(sk + AT.rcvSaddr, LOOPBACK4_IPV6);
    if (how.accepted) arena.setU32(sk + AT.daddr, LOOPBACK4_IPV6);
    return;
  }
  arena.put(sk + AT.daddr, remote);
  arena.put(sk + AT.rcvSaddr, local);
  if (!how.mapped) return;
  arena.put(sk + AT.v6Daddr, mapped(remote));
  arena.put(sk + AT.v6RcvSaddr, mapped(local));
}

/** Does the socket speak IPv6 with its peer? One with a mapped address speaks IPv4. */
function speaksV6(arena: Arena, sk: number): boolean {
  return skMember(arena, sk, 'sock_common', 'skc_family') === AF_INET6 && !isMapped(arena.bytes(sk + AT.v6Daddr, 16));
}

/** Both ends as they stand in packets. */
export function endsOf(arena: Arena, sk: number): Ends {
  const v6 = speaksV6(arena, sk);
  return {
    local: (v6 ? arena.bytes(sk + AT.v6RcvSaddr, 16) : arena.bytes(sk + AT.rcvSaddr, 4)).slice(),
    port: skMember(arena, sk, 'sock_common', 'skc_num'),
    remote: (v6 ? arena.bytes(sk + AT.v6Daddr, 16) : arena.bytes(sk + AT.daddr, 4)).slice(),
    remotePort: swap16(skMember(arena, sk, 'sock_common', 'skc_dport')),
  };
}

/** Where a connected socket is hashed. */
export function ehashOf(arena: Arena, sk: number): string {
  const v6 = speaksV6(arena, sk);
  const remotePort = swap16(skMember(arena, sk, 'sock_common', 'skc_dport'));
  const port = skMember(arena, sk, 'sock_common', 'skc_num');
  return ehashKey(localWords(arena, sk, v6), port, remoteWords(arena, sk, v6), remotePort);
}
