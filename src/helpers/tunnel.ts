/**
 * Tunnel metadata of a socket buffer: a metadata_dst that the buffer refers to. bpf_skb_set_tunnel_key gives it a fresh
 * one for sending; what a tunnel device received would be read the same way, but there are no tunnel devices here.
 */
import type { Arena } from '../mem/arena.ts';
import { PERM_NONE } from '../mem/arena.ts';
import { setSkbField, skbDstDrop, skbField } from '../net/skb.ts';
import { UAPI } from '../spec/constants.ts';
import { swap16, swap32 } from '../util/bits.ts';
import { EINVAL, ENOENT, ENOMEM, EPROTO, type ImplTable } from './impl.ts';

/** struct metadata_dst of 6.12 on x86-64, as far as ip_tunnel_info goes; its options follow it. */
const INFO = {
  tun_id: 144,
  src: 152,
  dst: 156,
  src6: 152,
  dst6: 168,
  tun_flags: 184,
  label: 192,
  tos: 200,
  ttl: 201,
  flow_flags: 206,
  options_len: 232,
  mode: 233,
  options: 240,
} as const;
/** IP_TUNNEL_OPTS_MAX */
const OPTS_MAX = 255;

/** struct bpf_tunnel_key: offsets, and the sizes that older programs pass. */
const KEY = { id: 0, remote: 4, tos: 20, ttl: 21, ext: 22, label: 24, local: 28, size: 44 } as const;
const OLD_SIZES: ReadonlySet<number> = new Set([28, 24, 22]);
const IPV4_ONLY_SIZE = 8;

const {
  BPF_F_TUNINFO_IPV6,
  BPF_F_ZERO_CSUM_TX,
  BPF_F_DONT_FRAGMENT,
  BPF_F_SEQ_NUMBER,
  BPF_F_NO_TUNNEL_KEY,
  BPF_F_TUNINFO_FLAGS,
} = UAPI;

const MODE_TX = 1;
const MODE_IPV6 = 2;
const FLOWI_FLAG_ANYSRC = 1;
const IPV6_FLOWLABEL_MASK = 0x000f_ffff;

/** IP_TUNNEL_ bits of tun_flags. */
const TUN = { CSUM: 1 << 0, KEY: 1 << 2, SEQ: 1 << 3, DONT_FRAGMENT: 1 << 8, NOCACHE: 1 << 13 } as const;
const OPTIONS_PRESENT = (1 << 11) | (1 << 12) | (1 << 14) | (1 << 15);

/** The tunnel metadata of a buffer, 0 when it has none. @kernel skb_tunnel_info */
function tunnelInfo(arena: Arena, skb: number): number {
  return skbField(arena, skb, '_skb_refdst');
}

/** Gives the buffer new, empty metadata; 0 without memory. */
function freshInfo(arena: Arena, skb: number): number {
  skbDstDrop(arena, skb);
  const region = arena.alloc({ kind: 'kernel', size: INFO.options + OPTS_MAX, perm: PERM_NONE });
  if (!region.ok) return 0;
  setSkbField(arena, skb, '_skb_refdst', region.value);
  return region.value;
}

/** The flags as the 16 network-order bits of struct bpf_tunnel_key. @kernel ip_tunnel_flags_to_be16 */
function tunFlags(arena: Arena, info: number): number {
  return swap16(arena.getU16(info + INFO.tun_flags));
}

function u32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer).getUint32(at, true);
}

export const tunnelImpls = {
  bpf_skb_set_tunnel_key(env, ctx, key, size, flags, flagsHi) {
    const { arena } = env;
    if ((flags & ~0x1f) !== 0 || flagsHi !== 0) return -EINVAL;
    if (size !== KEY.size && size !== IPV4_ONLY_SIZE && !OLD_SIZES.has(size)) return -EINVAL;
    const from = new Uint8Array(KEY.size);
    from.set(arena.bytes(key, size));
    const ipv6 = (flags & BPF_F_TUNINFO_IPV6) !== 0;
    if ((!ipv6 && u32(from, KEY.label) !== 0) || from[KEY.ext] !== 0 || from[KEY.ext + 1] !== 0) return -EINVAL;

    const info = freshInfo(arena, env.object(ctx));
    if (info === 0) return -ENOMEM;
    const tun =
      TUN.NOCACHE |
      ((flags & BPF_F_DONT_FRAGMENT) !== 0 ? TUN.DONT_FRAGMENT : 0) |
      ((flags & BPF_F_ZERO_CSUM_TX) === 0 ? TUN.CSUM : 0) |
      ((flags & BPF_F_SEQ_NUMBER) !== 0 ? TUN.SEQ : 0) |
      ((flags & BPF_F_NO_TUNNEL_KEY) === 0 ? TUN.KEY : 0);
    arena.setU64(info + INFO.tun_flags, tun, 0);
    arena.setU64(info + INFO.tun_id, 0, swap32(u32(from, KEY.id)));
    arena.setU8(info + INFO.tos, from[KEY.tos]!);
    arena.setU8(info + INFO.ttl, from[KEY.ttl]!);
    arena.setU8(info + INFO.mode, MODE_TX | (ipv6 ? MODE_IPV6 : 0));
    if (ipv6) {
      arena.put(info + INFO.dst6, from.subarray(KEY.remote, KEY.remote + 16));
      arena.put(info + INFO.src6, from.subarray(KEY.local, KEY.local + 16));
      arena.setU32(info + INFO.label, swap32(u32(from, KEY.label) & IPV6_FLOWLABEL_MASK));
    } else {
      arena.setU32(info + INFO.dst, swap32(u32(from, KEY.remote)));
      arena.setU32(info + INFO.src, swap32(u32(from, KEY.local)));
      arena.setU8(info + INFO.flow_flags, FLOWI_FLAG_ANYSRC);
    }
    return 0;
  },

  bpf_skb_get_tunnel_key(env, ctx, key, size, flags, flagsHi) {
    const { arena } = env;
    const info = tunnelInfo(arena, env.object(ctx));
    const clear = (errno: number): number => {
      arena.fill(key, 0, size);
      return -errno;
    };
    const known = BPF_F_TUNINFO_IPV6 | BPF_F_TUNINFO_FLAGS;
    if (info === 0 || (flags & ~known) !== 0 || flagsHi !== 0) return clear(EINVAL);
    const ipv6 = (arena.u8[info + INFO.mode]! & MODE_IPV6) !== 0;
    if (ipv6 !== ((flags & BPF_F_TUNINFO_IPV6) !== 0)) return clear(EPROTO);
    const fits = size === KEY.size || OLD_SIZES.has(size) || (size === IPV4_ONLY_SIZE && !ipv6);
    if (!fits) return clear(EINVAL);

    // The key speaks of the other end first: what was sent from here comes back as the local address.
    const to = new Uint8Array(KEY.size);
    const dv = new DataView(to.buffer);
    dv.setInt32(KEY.id, swap32(arena.getU32(info + INFO.tun_id + 4)), true);
    to[KEY.tos] = arena.u8[info + INFO.tos]!;
    to[KEY.ttl] = arena.u8[info + INFO.ttl]!;
    if ((flags & BPF_F_TUNINFO_FLAGS) !== 0) dv.setUint16(KEY.ext, tunFlags(arena, info), true);
    if (ipv6) {
      to.set(arena.bytes(info + INFO.src6, 16), KEY.remote);
      to.set(arena.bytes(info + INFO.dst6, 16), KEY.local);
      dv.setInt32(KEY.label, swap32(arena.getU32(info + INFO.label)), true);
    } else {
      dv.setInt32(KEY.remote, swap32(arena.getU32(info + INFO.src)), true);
      dv.setInt32(KEY.local, swap32(arena.getU32(info + INFO.dst)), true);
    }
    arena.put(key, to.subarray(0, size));
    return 0;
  },

  bpf_skb_set_tunnel_opt(env, ctx, opt, size) {
    const { arena } = env;
    const info = tunnelInfo(arena, env.object(ctx));
    if (info === 0 || (size & 3) !== 0) return -EINVAL;
    if (size > OPTS_MAX) return -ENOMEM;
    arena.setU8(info + INFO.options_len, size);
    if (size > 0) {
      arena.copy(info + INFO.options, opt, size);
      arena.setU32(info + INFO.tun_flags, arena.getU32(info + INFO.tun_flags) | OPTIONS_PRESENT);
    }
    return 0;
  },

  bpf_skb_get_tunnel_opt(env, ctx, opt, size) {
    const { arena } = env;
    const info = tunnelInfo(arena, env.object(ctx));
    const present = info !== 0 && (arena.getU32(info + INFO.tun_flags) & OPTIONS_PRESENT) !== 0;
    const length = present ? arena.u8[info + INFO.options_len]! : 0;
    arena.fill(opt, 0, size);
    if (!present) return -ENOENT;
    if (size < length) return -ENOMEM;
    arena.copy(opt, info + INFO.options, length);
    return length;
  },
} satisfies ImplTable;
