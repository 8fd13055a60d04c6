/** What maps of sockets ask of a socket's kernel object. */
import type { Arena } from '../mem/arena.ts';
import { UAPI } from '../spec/constants.ts';
import { offsetOf } from '../spec/layouts.ts';
import type { MapAttr, MapEnv } from './attr.ts';
import { u32Bytes, u32Of } from './fdArray.ts';
import type { MapOps } from './mapOps.ts';
import { MAP } from './object.ts';
import { EBADF, EINVAL, ENOENT, ENOSPC, EOPNOTSUPP, F } from './uapi.ts';

const { AF_INET, AF_INET6, IPPROTO_TCP, IPPROTO_UDP, SOCK_DGRAM, SOCK_STREAM, TCP_ESTABLISHED, TCP_LISTEN } = UAPI;
const { TCP_NEW_SYN_RECV, TCP_TIME_WAIT } = UAPI;

const AT = {
  family: offsetOf('sock_common', 'skc_family'),
  state: offsetOf('sock_common', 'skc_state'),
  type: offsetOf('sock', 'sk_type'),
  protocol: offsetOf('sock', 'sk_protocol'),
} as const;

const CREATE_FLAGS = F.NUMA_NODE | F.RDONLY | F.WRONLY;
const S32_MAX = 0x7fffffff;
/** Bytes of a value: a descriptor, or a descriptor in and a cookie out. */
const COOKIE_SIZE = 8;

/** The creation rules that sockmap and sockhash share. */
export function socketMapRefused({ max_entries, value_size, map_flags }: MapAttr): boolean {
  const size = value_size === 4 || value_size === COOKIE_SIZE;
  return max_entries === 0 || !size || (map_flags & ~CREATE_FLAGS) !== 0;
}

/**
 * The address of a socket in a value of user space. The loader has put it in place of a descriptor
 * (`socketValue`); any other number is no socket's descriptor.
 */
export function socketOf(value: Uint8Array): number {
  if (value.length === SOCKET_VALUE_SIZE) return u32Of(value);
  const tooLarge = u32Of(value) > S32_MAX || (value.length === COOKIE_SIZE && u32Of(value.subarray(4)) !== 0);
  return tooLarge ? -EINVAL : -EBADF;
}

/** Bytes of a value that holds the address of a socket: no descriptor has as many. */
const SOCKET_VALUE_SIZE = 5;

/** A value from which `socketOf` reads the socket at an address. */
export function socketValue(sk: number): Uint8Array {
  const bytes = new Uint8Array(SOCKET_VALUE_SIZE);
  bytes.set(u32Bytes(sk));
  return bytes;
}

const tcp = (arena: Arena, sk: number): boolean => arena.getU16(sk + AT.protocol) === IPPROTO_TCP;

/** May this socket be put into a sockmap? 0 or a negative errno. @kernel sock_map_update_elem, sock_map_update_elem_sys */
export function sockMapRefuses(arena: Arena, sk: number): number {
  const state = sk === 0 ? TCP_TIME_WAIT : arena.u8[sk + AT.state]!;
  if (state === TCP_TIME_WAIT || state === TCP_NEW_SYN_RECV) return -EINVAL;
  const family = arena.getU16(sk + AT.family);
  const inet = family === AF_INET || family === AF_INET6;
  const type = arena.getU16(sk + AT.type);
  const udp = type === SOCK_DGRAM && arena.getU16(sk + AT.protocol) === IPPROTO_UDP;
  if (!inet || !((type === SOCK_STREAM && tcp(arena, sk)) || udp)) return -EOPNOTSUPP;
  return udp || state === TCP_ESTABLISHED || state === TCP_LISTEN ? 0 : -EOPNOTSUPP;
}

/** The cookie of a socket as user space reads it; only values of 8 bytes have room for it. */
export function cookieValue(env: MapEnv, map: number, sk: number, missing: number): Uint8Array | number {
  if (env.arena.getU32(map + MAP.valueSize) !== COOKIE_SIZE) return -ENOSPC;
  if (sk === 0) return missing;
  const bytes = new Uint8Array(COOKIE_SIZE);
  const [lo, hi] = env.sockCookie?.(sk) ?? [0, 0];
  const dv = new DataView(bytes.buffer);
  dv.setInt32(0, lo, true);
  dv.setInt32(4, hi, true);
  return bytes;
}

/** What user space does with a sockmap or sockhash over the program's own operations; values are sockets. */
export function socketMapUser({
  lookup,
  update,
}: Pick<MapOps, 'lookup' | 'update'>): Pick<MapOps, 'userLookup' | 'userValueSize' | 'userUpdate'> {
  return {
    userLookup: (env, map, key) => cookieValue(env, map, lookup(env, map, key, 0), -ENOENT),
    userValueSize: (env, map) => env.arena.getU32(map + MAP.valueSize),
    userUpdate(env, map, key, value, flags, cpu) {
      const sk = socketOf(value);
      return sk < 0 ? sk : update(env, map, key, sk, flags, cpu);
    },
  };
}
