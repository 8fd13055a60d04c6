/** Which socket of a reuseport group a flow goes to. */
import { jhash } from '../../maps/jhash.ts';
import type { Arena } from '../../mem/arena.ts';
import { skMember } from '../../net/inetSock.ts';
import { UAPI } from '../../spec/constants.ts';
import { randomOf } from '../random.ts';
import type { SocketQuery } from './score.ts';
import type { ReuseportGroup, SocketProto } from './table.ts';

const { TCP_ESTABLISHED } = UAPI;
const JHASH_INITVAL = 0xdeadbeef;

const rol = (v: number, by: number): number => (v << by) | (v >>> (32 - by));

/** @kernel jhash_3words */
function jhash3words(x: number, y: number, z: number, seed: number): number {
  const start = (JHASH_INITVAL + 12 + seed) | 0;
  let a = (start + x) | 0;
  let b = (start + y) | 0;
  let c = (start + z) | 0;
  c = ((c ^ b) - rol(b, 14)) | 0;
  a = ((a ^ c) - rol(c, 11)) | 0;
  b = ((b ^ a) - rol(a, 25)) | 0;
  c = ((c ^ b) - rol(b, 16)) | 0;
  a = ((a ^ c) - rol(c, 4)) | 0;
  b = ((b ^ a) - rol(a, 14)) | 0;
  return ((c ^ b) - rol(b, 24)) >>> 0;
}

/** The kernel's secrets are random at boot; here they follow from the seed. */
const SECRET: Readonly<Record<SocketProto, number>> = { tcp: 0x5ec1, udp: 0x5ec2 };
const ADDRESS_SECRET = 0x5ec3;

/** @kernel inet_ehashfn, inet6_ehashfn */
export function flowHash(arena: Arena, seed: number, proto: SocketProto, q: SocketQuery): number {
  const secret = randomOf(seed + SECRET[proto]);
  const local = q.daddr.at(-1)!;
  const remote = q.v6 ? jhash(arena, q.saddrAt, 16, randomOf(seed + ADDRESS_SECRET)) : q.saddr[0]!;
  const fport = ((q.sport & 0xff) << 8) | (q.sport >> 8);
  return jhash3words(local, remote, (q.dport << 16) | fport, secret);
}

/** The socket for a hash, passing over connected ones; 0 when all are. @kernel reuseport_select_sock_by_hash */
export function selectByHash(arena: Arena, group: ReuseportGroup, hash: number): number {
  const { socks } = group;
  const first = Math.floor(((hash >>> 0) * socks.length) / 2 ** 32);
  for (let n = 0; n < socks.length; n++) {
    const sk = socks[(first + n) % socks.length]!;
    if (skMember(arena, sk, 'sock_common', 'skc_state') !== TCP_ESTABLISHED) return sk;
  }
  return 0;
}

/** @kernel reuseport_has_conns */
export function hasConnections(arena: Arena, group: ReuseportGroup): boolean {
  return group.socks.some((sk) => skMember(arena, sk, 'sock_common', 'skc_state') === TCP_ESTABLISHED);
}
