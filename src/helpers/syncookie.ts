/** TCP SYN cookies: a sequence number that holds what a half-open connection would have kept. */
import type { Arena } from '../mem/arena.ts';
import { skMember } from '../net/inetSock.ts';
import { siphash } from '../net/siphash.ts';
import { UAPI } from '../spec/constants.ts';
import { LAYOUTS, offsetOf } from '../spec/layouts.ts';
import { swap32 } from '../util/bits.ts';
import type { HelperEnv } from './env.ts';
import { EACCES, EINVAL, ENOENT, EPROTONOSUPPORT, type ImplTable } from './impl.ts';
import { sockAt } from './sock.ts';

const { AF_INET6, IPPROTO_TCP, TCP_LISTEN, TCP_MSS_DEFAULT } = UAPI;
const IPHDR = 20;
const IPV6HDR = 40;
const TCPHDR = 20;
const IPV6_MIN_MTU = 1280;
/** The largest segment that every IPv6 path takes. */
const MSS_CLAMP_V6 = IPV6_MIN_MTU - TCPHDR - IPV6HDR;
/** The segment sizes that a cookie can say. */
const MSS_TABLE = { v4: [536, 1300, 1440, 1460], v6: [1220, 1420, 1440, 8940] } as const;
const COOKIE_BITS = 24;
const COOKIE_MASK = 2 ** COOKIE_BITS - 1;
/** Minutes for which a cookie is good. */
const MAX_SYNCOOKIE_AGE = 2;
const HZ = 250;
const SYNCOOKIE_PERIOD = 60 * HZ;
const FLAG = { fin: 1, syn: 2, rst: 4, ack: 16 } as const;
const OPTION = { end: 0, nop: 1, mss: 2, mssLength: 4 } as const;

type Version = 'v4' | 'v6';

const flagsOf = (arena: Arena, th: number): number => arena.u8[th + 13]!;
const headerLength = (arena: Arena, th: number): number => (arena.u8[th + 12]! >> 4) * 4;

/** The MSS option of a header that is there as a whole; 0 for none. @kernel tcp_parse_mss_option */
function parseMss(arena: Arena, th: number, userMss: number): number {
  let left = headerLength(arena, th) - TCPHDR;
  let at = th + TCPHDR;
  let mss = 0;
  while (left > 0) {
    const code = arena.u8[at]!;
    if (code === OPTION.end) return mss;
    if (code === OPTION.nop) {
      at++;
      left--;
      continue;
    }
    const size = left < 2 ? 0 : arena.u8[at + 1]!;
    if (size < 2 || size > left) return mss;
    if (code === OPTION.mss && size === OPTION.mssLength) {
      const value = (arena.u8[at + 2]! << 8) | arena.u8[at + 3]!;
      if (value !== 0) mss = userMss !== 0 && userMss < value ? userMss : value;
    }
    at += size;
    left -= size;
  }
  return mss;
}

/** @kernel cookie_hash */
function cookieHash(env: HelperEnv, version: Version, iph: number, th: number, count: number, which: 0 | 1): number {
  const { arena } = env;
  const bytes = new Uint8Array(version === 'v4' ? 16 : 40);
  const dv = new DataView(bytes.buffer);
  if (version === 'v4') {
    bytes.set(arena.bytes(iph + 12, 8));
    // Each port as a little-endian machine reads it.
    dv.setUint32(8, ((arena.getU16(th) << 16) | arena.getU16(th + 2)) >>> 0, true);
    dv.setUint32(12, count, true);
  } else {
    bytes.set(arena.bytes(iph + 8, 32));
    dv.setUint32(32, count, true);
    bytes.set(arena.bytes(th, 4), 36);
  }
  return siphash(bytes, env.sockets.syncookieKey(version, which))[0];
}

function minutes(env: HelperEnv): number {
  return Math.floor(env.sockets.jiffies() / SYNCOOKIE_PERIOD) | 0;
}

/** The cookie and the segment size that it says, at most `mss`. @kernel __cookie_v4_init_sequence */
function initSequence(env: HelperEnv, version: Version, iph: number, th: number, mss: number): [number, number] {
  const table = MSS_TABLE[version];
  const index = Math.max(
    0,
    table.findLastIndex((size) => mss >= size),
  );
  const count = minutes(env);
  const sequence = swap32(env.arena.getU32(th + 4));
  const data = (cookieHash(env, version, iph, th, count, 1) + index) & COOKIE_MASK;
  const cookie = (cookieHash(env, version, iph, th, 0, 0) + sequence + (count << COOKIE_BITS) + data) | 0;
  return [cookie, table[index]!];
}

/** Does the acknowledged sequence number hold a cookie of ours? @kernel __cookie_v4_check */
function cookieFits(env: HelperEnv, version: Version, iph: number, th: number): boolean {
  const { arena } = env;
  const sequence = (swap32(arena.getU32(th + 4)) - 1) | 0;
  const cookie = (swap32(arena.getU32(th + 8)) - 1 - cookieHash(env, version, iph, th, 0, 0) - sequence) | 0;
  const count = minutes(env);
  // The cookie has the low 8 bits of the minute.
  const age = (count - (cookie >>> COOKIE_BITS)) & 0xff;
  if (age >= MAX_SYNCOOKIE_AGE) return false;
  const data = (cookie - cookieHash(env, version, iph, th, (count - age) | 0, 1)) & COOKIE_MASK;
  return data < MSS_TABLE[version].length;
}

const RX_OPT = offsetOf('tcp_sock', 'rx_opt');
const STAMP = RX_OPT + LAYOUTS.tcp_options_received.members.ts_recent_stamp[0];
const USER_MSS = RX_OPT + LAYOUTS.tcp_options_received.members.user_mss[0];

/** Is `t` between two times, whatever wraps? @kernel time_between32 */
const between = (t: number, from: number, to: number): boolean => (to - from) >>> 0 >= (t - from) >>> 0;

/** @kernel tcp_synq_no_recent_overflow */
function noRecentOverflow(env: HelperEnv, sk: number): boolean {
  const last = env.arena.getU32(env.sockets.overflowHolder(sk) + STAMP);
  const now = env.sockets.jiffies() % 2 ** 32;
  return !between(now, last - HZ, last + MAX_SYNCOOKIE_AGE * SYNCOOKIE_PERIOD);
}

/** @kernel tcp_synq_overflow */
function noteOverflow(env: HelperEnv, sk: number): void {
  const at = env.sockets.overflowHolder(sk) + STAMP;
  const last = env.arena.getU32(at);
  const now = env.sockets.jiffies() % 2 ** 32;
  if (!between(now, last, last + HZ)) env.arena.setU32(at, now);
}

function isListener(env: HelperEnv, sk: number): boolean {
  return (
    skMember(env.arena, sk, 'sock_common', 'skc_state') === TCP_LISTEN &&
    skMember(env.arena, sk, 'sock', 'sk_protocol') === IPPROTO_TCP
  );
}

/** The version that the header says, if it fits the socket: else a negative errno. */
function versionOf(env: HelperEnv, sk: number, iph: number, length: number): Version | number {
  const version = env.arena.u8[iph]! >> 4;
  const v6 = skMember(env.arena, sk, 'sock_common', 'skc_family') === AF_INET6;
  if (version === 4) {
    return v6 && skMember(env.arena, sk, 'sock_common', 'skc_ipv6only') !== 0 ? -EINVAL : 'v4';
  }
  if (version !== 6) return -EPROTONOSUPPORT;
  return length < IPV6HDR || !v6 ? -EINVAL : 'v6';
}

type SynArgs = readonly [sock: number, iph: number, iphLen: number, th: number, thLen: number];

/** @kernel bpf_tcp_check_syncookie */
function checkSyncookie(env: HelperEnv, [sock, iph, iphLen, th, thLen]: SynArgs): number {
  const sk = sockAt(env, sock);
  if (sk === 0 || thLen < TCPHDR || !isListener(env, sk) || env.sockets.syncookies === 0) return -EINVAL;
  if ((flagsOf(env.arena, th) & (FLAG.ack | FLAG.rst | FLAG.syn)) !== FLAG.ack) return -ENOENT;
  if (iphLen < IPHDR) return -EINVAL;
  if (noRecentOverflow(env, sk)) return -ENOENT;
  const version = versionOf(env, sk, iph, iphLen);
  if (typeof version === 'number') return version;
  return cookieFits(env, version, iph, th) ? 0 : -ENOENT;
}

/** A negative errno, or the cookie and its segment size. @kernel bpf_tcp_gen_syncookie */
function genSyncookie(env: HelperEnv, [sock, iph, iphLen, th, thLen]: SynArgs): number | [number, number] {
  const { arena } = env;
  const sk = sockAt(env, sock);
  if (sk === 0 || thLen < TCPHDR || thLen !== headerLength(arena, th) || !isListener(env, sk)) return -EINVAL;
  if (env.sockets.syncookies === 0) return -ENOENT;
  if ((flagsOf(arena, th) & (FLAG.syn | FLAG.ack | FLAG.fin | FLAG.rst)) !== FLAG.syn) return -EINVAL;
  if (iphLen < IPHDR) return -EINVAL;
  const version = versionOf(env, sk, iph, iphLen);
  if (typeof version === 'number') return version;
  // The queue of half-open connections is never full here, so cookies are only sent where they always are.
  if (env.sockets.syncookies !== 2) return -ENOENT;
  const fallback = version === 'v4' ? TCP_MSS_DEFAULT : MSS_CLAMP_V6;
  const mss = parseMss(arena, th, arena.getU16(sk + USER_MSS)) || fallback;
  const made = initSequence(env, version, iph, th, mss);
  noteOverflow(env, sk);
  return made;
}

function answer(env: HelperEnv, result: number | [number, number]): void {
  if (typeof result === 'number') env.ret64(result, result >> 31);
  else env.ret64(result[0], result[1]);
}

/** @kernel bpf_tcp_raw_gen_syncookie_ipv4, bpf_tcp_raw_gen_syncookie_ipv6 */
function rawGen(env: HelperEnv, version: Version, iph: number, th: number, thLen: number): number | [number, number] {
  if (thLen < TCPHDR || thLen !== headerLength(env.arena, th)) return -EINVAL;
  const mss = parseMss(env.arena, th, 0) || (version === 'v4' ? TCP_MSS_DEFAULT : MSS_CLAMP_V6);
  return initSequence(env, version, iph, th, mss);
}

export const syncookieImpls = {
  bpf_tcp_check_syncookie: (env, ...args) => checkSyncookie(env, args),
  bpf_tcp_gen_syncookie: (env, ...args) => answer(env, genSyncookie(env, args)),
  bpf_tcp_raw_gen_syncookie_ipv4: (env, iph, th, thLen) => answer(env, rawGen(env, 'v4', iph, th, thLen)),
  bpf_tcp_raw_gen_syncookie_ipv6: (env, iph, th, thLen) => answer(env, rawGen(env, 'v6', iph, th, thLen)),
  bpf_tcp_raw_check_syncookie_ipv4: (env, iph, th) => (cookieFits(env, 'v4', iph, th) ? 0 : -EACCES),
  bpf_tcp_raw_check_syncookie_ipv6: (env, iph, th) => (cookieFits(env, 'v6', iph, th) ? 0 : -EACCES),
} satisfies ImplTable;
