/** Helpers that read and change a socket buffer: bytes, length, VLAN tags, hash, type, ECN, time stamp. */
import type { Arena } from '../mem/arena.ts';
import { ETH_P_8021AD, ETH_P_8021Q, ETH_P_IP, ETH_P_IPV6 } from '../net/etherType.ts';
import {
  CHECKSUM,
  pskbExpandHead,
  setShinfoField,
  setSkbField,
  skbCow,
  skbEnsureWritable,
  skbField,
  skbHeader,
  skbHeadlen,
  skbIsGso,
  skbMacHeaderWasSet,
  skbNetworkOffset,
  skbPush,
  skbPut,
  skbResetMacLen,
  skbSetHeader,
  skbTransportHeaderWasSet,
  skbTrim,
} from '../net/skb.ts';
import { csumAdd, csumSub, skbChecksumStartOffset, skbPostpullRcsum, skbPostpushRcsum } from '../net/skbCsum.ts';
import { skbClearHash, skbGetHash, skbSetHash } from '../net/skbHash.ts';
import { skbVlanPop, skbVlanPush, vlanGetProtocol } from '../net/skbVlan.ts';
import { UAPI } from '../spec/constants.ts';
import { offsetOf } from '../spec/layouts.ts';
import { EFAULT, EINVAL, ENOMEM, ENOTSUPP, EOPNOTSUPP, type ImplTable } from './impl.ts';
import { BPF_SKB_MAX_LEN } from './skbRoom.ts';

const { BPF_F_INVALIDATE_HASH, BPF_F_RECOMPUTE_CSUM, PACKET_OTHERHOST } = UAPI;
const INT_MAX = 0x7fff_ffff;
const ECN_CE = 3;
const TSTAMP = offsetOf('sk_buff', 'tstamp');

/** The seed of flow hashes when the environment brings none: any fixed number does. */
const FLOW_HASH_KEY = [0x6c62_7066, 0x0062_6c61, 0x7361_6568, 0x0068_7369] as const;

/** Bytes that bpf_skb_change_tail must leave: up to the transport header, or the checksum still to be filled in. */
function minLen(arena: Arena, skb: number): number {
  let min = Math.max(0, skbNetworkOffset(arena, skb));
  if (skbTransportHeaderWasSet(arena, skb)) {
    const offset = skbHeader(arena, skb, 'transport_header') - skbField(arena, skb, 'data');
    if (offset > 0) min = offset;
  }
  if (skbField(arena, skb, 'ip_summed') === CHECKSUM.partial) {
    const offset = skbChecksumStartOffset(arena, skb) + skbField(arena, skb, 'csum_offset') + 2;
    if (offset > 0) min = offset;
  }
  return min;
}

/** Makes the packet `len` bytes long; new bytes are zero. */
function setLength(arena: Arena, skb: number, len: number): number {
  const old = skbField(arena, skb, 'len');
  if (len === old) return 0;
  if (len > old) {
    const missing = len - old - (skbField(arena, skb, 'end') - skbField(arena, skb, 'tail'));
    if (missing > 0 && pskbExpandHead(arena, skb, 0, missing) < 0) return -ENOMEM;
    skbPut(arena, skb, len - old);
    arena.fill(skbField(arena, skb, 'data') + old, 0, len - old);
  } else skbTrim(arena, skb, len);
  if (skbField(arena, skb, 'ip_summed') === CHECKSUM.complete) setSkbField(arena, skb, 'ip_summed', CHECKSUM.none);
  return 0;
}

/** Marks an IPv4 header; 1 when it now says "congestion experienced". @kernel IP_ECN_set_ce */
function ipEcnSetCe(arena: Arena, at: number): number {
  const ecn = (arena.u8[at + 1]! + 1) & 3;
  if ((ecn & 2) === 0) return ecn === 0 ? 1 : 0;
  // The checksum as the header's two bytes load: the differences are byte-swapped too.
  const check = arena.getU16(at + 10) + 0xfbff + (ecn << 8);
  arena.setU16(at + 10, (check + (check >= 0xffff ? 1 : 0)) & 0xffff);
  arena.setU8(at + 1, arena.u8[at + 1]! | ECN_CE);
  return 1;
}

/** @kernel IP6_ECN_set_ce */
function ip6EcnSetCe(arena: Arena, skb: number, at: number): number {
  if ((arena.u8[at + 1]! & 0x30) === 0) return 0;
  const from = arena.getU32(at);
  const to = (from | 0x3000) >>> 0;
  arena.setU32(at, to);
  if (skbField(arena, skb, 'ip_summed') === CHECKSUM.complete) {
    setSkbField(arena, skb, 'csum', csumAdd(csumSub(skbField(arena, skb, 'csum'), from), to));
  }
  return 1;
}

export const skbImpls = {
  bpf_skb_load_bytes(env, ctx, offset, to, len) {
    const { arena } = env;
    const skb = env.object(ctx);
    // Test runs give flow dissectors no skb.
    const none = env.progType === 'flow_dissector';
    if (none || offset > INT_MAX || offset + len > skbHeadlen(arena, skb)) {
      arena.fill(to, 0, len);
      return -EFAULT;
    }
    arena.copy(to, skbField(arena, skb, 'data') + offset, len);
    return 0;
  },

  bpf_skb_load_bytes_relative(env, ctx, offset, to, len, startHeader) {
    const { arena } = env;
    const skb = env.object(ctx);
    const known = startHeader === 1 || (startHeader === 0 && skbMacHeaderWasSet(arena, skb));
    const start = skbHeader(arena, skb, startHeader === 0 ? 'mac_header' : 'network_header') + offset;
    const end = skbField(arena, skb, 'head') + skbField(arena, skb, 'tail');
    if (offset > 0xffff || !known || start + len > end) {
      arena.fill(to, 0, len);
      return -EFAULT;
    }
    arena.copy(to, start, len);
    return 0;
  },

  bpf_skb_store_bytes(env, ctx, offset, from, len, flags, flagsHi) {
    const { arena } = env;
    const skb = env.object(ctx);
    if ((flags & ~(BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH)) !== 0 || flagsHi !== 0) return -EINVAL;
    if (offset > INT_MAX || skbEnsureWritable(arena, skb, offset + len) !== 0) return -EFAULT;
    const at = skbField(arena, skb, 'data') + offset;
    if ((flags & BPF_F_RECOMPUTE_CSUM) !== 0) skbPostpullRcsum(arena, skb, at, len, offset);
    arena.copy(at, from, len);
    if ((flags & BPF_F_RECOMPUTE_CSUM) !== 0) skbPostpushRcsum(arena, skb, at, len, offset);
    if ((flags & BPF_F_INVALIDATE_HASH) !== 0) skbClearHash(arena, skb);
    return 0;
  },

  bpf_skb_pull_data(env, ctx, len) {
    const { arena } = env;
    const skb = env.object(ctx);
    const result = skbEnsureWritable(arena, skb, len === 0 ? skbHeadlen(arena, skb) : len);
    env.packetMoved(skb);
    return result;
  },

  bpf_skb_change_tail(env, ctx, len, flags, flagsHi) {
    const { arena } = env;
    const skb = env.object(ctx);
    let result = 0;
    if ((flags | flagsHi) !== 0 || len > BPF_SKB_MAX_LEN || len < minLen(arena, skb)) result = -EINVAL;
    else if (skbField(arena, skb, 'encapsulation') !== 0) result = -ENOTSUPP;
    else result = setLength(arena, skb, len);
    if (result === 0 && skbIsGso(arena, skb)) {
      setShinfoField(arena, skb, 'gso_size', 0);
      setShinfoField(arena, skb, 'gso_segs', 0);
      setShinfoField(arena, skb, 'gso_type', 0);
    }
    env.packetMoved(skb);
    return result;
  },

  bpf_skb_change_head(env, ctx, len, flags, flagsHi) {
    const { arena } = env;
    const skb = env.object(ctx);
    let result = 0;
    const tooLong = !skbIsGso(arena, skb) && skbField(arena, skb, 'len') + len > BPF_SKB_MAX_LEN;
    if ((flags | flagsHi) !== 0 || len > INT_MAX || tooLong) result = -EINVAL;
    else result = skbCow(arena, skb, len);
    if (result === 0) {
      skbPush(arena, skb, len);
      arena.fill(skbField(arena, skb, 'data'), 0, len);
      skbSetHeader(arena, skb, 'mac_header');
      skbResetMacLen(arena, skb);
    }
    env.packetMoved(skb);
    return result;
  },

  bpf_skb_vlan_push(env, ctx, protocol, tci) {
    const { arena } = env;
    const skb = env.object(ctx);
    const proto = protocol & 0xffff;
    const tag = proto === ETH_P_8021Q || proto === ETH_P_8021AD ? proto : ETH_P_8021Q;
    const result = skbVlanPush(arena, skb, tag, tci & 0xffff);
    env.packetMoved(skb);
    return result;
  },

  bpf_skb_vlan_pop(env, ctx) {
    const skb = env.object(ctx);
    const result = skbVlanPop(env.arena, skb);
    env.packetMoved(skb);
    return result;
  },

  bpf_skb_change_type(env, ctx, type) {
    const skb = env.object(ctx);
    if (skbField(env.arena, skb, 'pkt_type') > PACKET_OTHERHOST || type > PACKET_OTHERHOST) return -EINVAL;
    setSkbField(env.arena, skb, 'pkt_type', type);
    return 0;
  },

  bpf_get_hash_recalc: (env, ctx) => skbGetHash(env.arena, env.object(ctx), env.flowHashKey ?? FLOW_HASH_KEY),

  bpf_set_hash_invalid(env, ctx) {
    skbClearHash(env.arena, env.object(ctx));
    return 0;
  },

  bpf_set_hash(env, ctx, hash) {
    skbSetHash(env.arena, env.object(ctx), hash, true);
    return 0;
  },

  bpf_skb_ecn_set_ce(env, ctx) {
    const { arena } = env;
    const skb = env.object(ctx);
    const protocol = vlanGetProtocol(arena, skb);
    if (protocol !== ETH_P_IP && protocol !== ETH_P_IPV6) return 0;
    const size = protocol === ETH_P_IP ? 20 : 40;
    const at = skbHeader(arena, skb, 'network_header');
    const tail = skbField(arena, skb, 'head') + skbField(arena, skb, 'tail');
    if (skbHeadlen(arena, skb) < size || at + size > tail) return 0;
    return protocol === ETH_P_IP ? ipEcnSetCe(arena, at) : ip6EcnSetCe(arena, skb, at);
  },

  bpf_skb_set_tstamp(env, ctx, lo, hi, type) {
    const { arena } = env;
    const skb = env.object(ctx);
    const protocol = skbField(arena, skb, 'protocol');
    if (protocol !== ETH_P_IP && protocol !== ETH_P_IPV6) return -EOPNOTSUPP;
    // Real time (0), monotonic (1), TAI (2); only real time may be zero.
    if (type > 2 || (type !== 0 && (lo | hi) === 0)) return -EINVAL;
    arena.setU64(skb + TSTAMP, lo, hi);
    setSkbField(arena, skb, 'tstamp_type', type);
    return 0;
  },

  // No packet here came through IPsec.
  bpf_skb_get_xfrm_state(env, _ctx, _index, to, size) {
    env.arena.fill(to, 0, size);
    return -EINVAL;
  },

  // Nobody here has put a process or a socket into a net_cls cgroup, nor a route into a realm.
  bpf_get_cgroup_classid: () => 0,
  bpf_skb_cgroup_classid: (env) => env.ret64(0, 0),
  bpf_get_route_realm: () => 0,
} satisfies ImplTable;
