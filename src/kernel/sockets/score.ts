/** How well a bound socket fits a look-up: the most specific one wins, -1 does not fit at all. */
import type { Arena } from '../../mem/arena.ts';
import { skMember } from '../../net/inetSock.ts';
import { UAPI } from '../../spec/constants.ts';
import { swap16 } from '../../util/bits.ts';
import type { AddressWords } from './table.ts';
import { localWords, remoteWords } from './table.ts';

const { AF_INET, AF_INET6 } = UAPI;

/** What is looked for: the packet's source is the socket's remote end. */
export interface SocketQuery {
  readonly v6: boolean;
  /** Source address of the packet; its bytes also lie at `saddrAt`. */
  readonly saddr: AddressWords;
  readonly saddrAt: number;
  readonly daddr: AddressWords;
  /** Host order. */
  readonly sport: number;
  readonly dport: number;
  readonly dif: number;
  readonly cpu: number;
}

function sameAddress(a: AddressWords, b: AddressWords): boolean {
  return a.every((word, i) => word === b[i]);
}

/** @kernel inet_sk_bound_dev_eq */
function deviceFits(arena: Arena, sk: number, dif: number): boolean {
  const bound = skMember(arena, sk, 'sock_common', 'skc_bound_dev_if');
  return bound === 0 || bound === dif;
}

function onCpu(arena: Arena, sk: number, cpu: number): number {
  return skMember(arena, sk, 'sock_common', 'skc_incoming_cpu') === cpu ? 1 : 0;
}

/** What all look-ups ask first: family and local address. */
function localFits(arena: Arena, sk: number, q: SocketQuery): boolean {
  if (skMember(arena, sk, 'sock_common', 'skc_num') !== q.dport) return false;
  if (q.v6 ? skMember(arena, sk, 'sock_common', 'skc_family') !== AF_INET6 : isV6Only(arena, sk)) return false;
  return sameAddress(localWords(arena, sk, q.v6), q.daddr);
}

/** @kernel ipv6_only_sock */
function isV6Only(arena: Arena, sk: number): boolean {
  return skMember(arena, sk, 'sock_common', 'skc_ipv6only') !== 0;
}

/** Of listening TCP sockets. @kernel compute_score */
export function listenerScore(arena: Arena, sk: number, q: SocketQuery): number {
  if (!localFits(arena, sk, q) || !deviceFits(arena, sk, q.dif)) return -1;
  let score = skMember(arena, sk, 'sock_common', 'skc_bound_dev_if') !== 0 ? 2 : 1;
  if (!q.v6 && skMember(arena, sk, 'sock_common', 'skc_family') === AF_INET) score++;
  return score + onCpu(arena, sk, q.cpu);
}

/** Of UDP sockets: a connected one must come from its peer. @kernel compute_score (udp) */
export function udpScore(arena: Arena, sk: number, q: SocketQuery): number {
  if (!localFits(arena, sk, q)) return -1;
  const step = q.v6 ? 1 : 4;
  let score = 0;
  if (!q.v6) score = skMember(arena, sk, 'sock_common', 'skc_family') === AF_INET ? 2 : 1;
  const remote = remoteWords(arena, sk, q.v6);
  if (remote.some((word) => word !== 0)) {
    if (!sameAddress(remote, q.saddr)) return -1;
    score += step;
  }
  const port = swap16(skMember(arena, sk, 'sock_common', 'skc_dport'));
  if (port !== 0) {
    if (port !== q.sport) return -1;
    score += step;
  }
  if (!deviceFits(arena, sk, q.dif)) return -1;
  if (skMember(arena, sk, 'sock_common', 'skc_bound_dev_if') !== 0) score += step;
  return score + onCpu(arena, sk, q.cpu);
}
