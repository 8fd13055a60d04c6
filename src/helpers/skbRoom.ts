/** Helpers that make or take room inside a packet's headers: bpf_skb_adjust_room, bpf_skb_change_proto. */
import type { Arena } from '../mem/arena.ts';
import { ETH_P_IP, ETH_P_IPV6, ETH_P_TEB } from '../net/etherType.ts';
import {
  setShinfoField,
  setSkbField,
  shinfoField,
  skbCow,
  skbField,
  skbHeadlen,
  skbIsGso,
  skbMacHeaderLen,
  skbNetworkOffset,
  skbPull,
  skbPush,
  skbSetHeader,
} from '../net/skb.ts';
import { skbPostpullRcsum, skbResetChecksumUnnecessary } from '../net/skbCsum.ts';
import { skbClearHash } from '../net/skbHash.ts';
import { UAPI } from '../spec/constants.ts';
import { LAYOUTS } from '../spec/layouts.ts';
import { EALREADY, EFAULT, EINVAL, ENOMEM, ENOTSUPP, type ImplTable } from './impl.ts';

/** The largest packet that helpers make: four pages less the skb_shared_info. */
export const BPF_SKB_MAX_LEN = (4096 << 2) - LAYOUTS.skb_shared_info.size;

const IPV4_HLEN = 20;
const IPV6_HLEN = 40;
const { ETH_HLEN } = UAPI;
const UNKNOWN_LEN = 0xffff_ffff;

/** BPF_F_ADJ_ROOM_ flags (low half). */
const F = {
  FIXED_GSO: UAPI.BPF_F_ADJ_ROOM_FIXED_GSO,
  ENCAP_L3_IPV4: UAPI.BPF_F_ADJ_ROOM_ENCAP_L3_IPV4,
  ENCAP_L3_IPV6: UAPI.BPF_F_ADJ_ROOM_ENCAP_L3_IPV6,
  ENCAP_L4_GRE: UAPI.BPF_F_ADJ_ROOM_ENCAP_L4_GRE,
  ENCAP_L4_UDP: UAPI.BPF_F_ADJ_ROOM_ENCAP_L4_UDP,
  NO_CSUM_RESET: UAPI.BPF_F_ADJ_ROOM_NO_CSUM_RESET,
  ENCAP_L2_ETH: UAPI.BPF_F_ADJ_ROOM_ENCAP_L2_ETH,
  DECAP_L3_IPV4: UAPI.BPF_F_ADJ_ROOM_DECAP_L3_IPV4,
  DECAP_L3_IPV6: UAPI.BPF_F_ADJ_ROOM_DECAP_L3_IPV6,
};
const ALL_FLAGS = Object.values(F).reduce((all, flag) => all | flag, 0);
/** BPF_F_ADJ_ROOM_ENCAP_L2(len) is the top byte of the flags, so of the high half. */
const ENCAP_L2_MASK = 0xff00_0000;
const DECAP_L3 = F.DECAP_L3_IPV4 | F.DECAP_L3_IPV6;
const SHRINK_FLAGS = F.FIXED_GSO | F.NO_CSUM_RESET | DECAP_L3;

/** SKB_GSO_ bits. */
const GSO = {
  TCPV4: 1 << 0,
  DODGY: 1 << 1,
  TCPV6: 1 << 4,
  GRE: 1 << 6,
  IPXIP4: 1 << 8,
  IPXIP6: 1 << 9,
  UDP_TUNNEL: 1 << 10,
  UDP_L4: 1 << 17,
} as const;

function has(flags: number, bit: number): boolean {
  return (flags & bit) !== 0;
}

function moveHeaders(arena: Arena, skb: number, by: number): void {
  const network = skbField(arena, skb, 'network_header');
  const same = skbField(arena, skb, 'transport_header') === network;
  setSkbField(arena, skb, 'mac_header', skbField(arena, skb, 'mac_header') + by);
  setSkbField(arena, skb, 'network_header', network + by);
  if (same) setSkbField(arena, skb, 'transport_header', skbField(arena, skb, 'network_header'));
}

/** Opens `len` zero bytes at `off`; there is headroom. @kernel bpf_skb_net_hdr_push */
function netHdrPush(arena: Arena, skb: number, off: number, len: number): void {
  skbPush(arena, skb, len);
  const data = skbField(arena, skb, 'data');
  arena.copy(data, data + len, off);
  arena.fill(data + off, 0, len);
  moveHeaders(arena, skb, -len);
}

/** Takes `len` bytes out at `off`; 0 or -ENOMEM when the packet is shorter. @kernel bpf_skb_net_hdr_pop */
function netHdrPop(arena: Arena, skb: number, off: number, len: number): number {
  if (off + len > skbHeadlen(arena, skb)) return -ENOMEM;
  const old = skbField(arena, skb, 'data');
  skbPull(arena, skb, len);
  skbPostpullRcsum(arena, skb, old + off, len);
  arena.copy(old + len, old, off);
  moveHeaders(arena, skb, len);
  return 0;
}

/** Only TCP segments may change their size; UDP ones when it is fixed. */
function gsoRefuses(arena: Arena, skb: number, flags: number): boolean {
  if (!skbIsGso(arena, skb)) return false;
  const type = shinfoField(arena, skb, 'gso_type');
  if (has(type, GSO.TCPV4 | GSO.TCPV6)) return false;
  return !has(type, GSO.UDP_L4) || !has(flags, F.FIXED_GSO);
}

function adjustGso(arena: Arena, skb: number, diff: number, flags: number, type: number): void {
  if (!skbIsGso(arena, skb)) return;
  if (!has(flags, F.FIXED_GSO)) setShinfoField(arena, skb, 'gso_size', shinfoField(arena, skb, 'gso_size') + diff);
  setShinfoField(arena, skb, 'gso_type', shinfoField(arena, skb, 'gso_type') | type);
  setShinfoField(arena, skb, 'gso_segs', 0);
}

function baseLen(protocol: number): number {
  if (protocol === ETH_P_IP) return IPV4_HLEN;
  return protocol === ETH_P_IPV6 ? IPV6_HLEN : UNKNOWN_LEN;
}

function encapGso(flags: number): number {
  if (has(flags, F.ENCAP_L4_UDP)) return GSO.UDP_TUNNEL;
  if (has(flags, F.ENCAP_L4_GRE)) return GSO.GRE;
  return has(flags, F.ENCAP_L3_IPV6) ? GSO.IPXIP6 : GSO.IPXIP4;
}

/** Why a packet may not be encapsulated so, or 0. */
function encapErrno(arena: Arena, skb: number, flags: number, innerMacLen: number, len: number): number {
  if (has(flags, F.ENCAP_L3_IPV4) && has(flags, F.ENCAP_L3_IPV6)) return -EINVAL;
  if (has(flags, F.ENCAP_L4_GRE) && has(flags, F.ENCAP_L4_UDP)) return -EINVAL;
  if (has(flags, F.ENCAP_L2_ETH) && innerMacLen < ETH_HLEN) return -EINVAL;
  if (skbField(arena, skb, 'encapsulation') !== 0) return -EALREADY;
  return innerMacLen > len ? -EINVAL : 0;
}

/** What was the packet becomes the inner one. */
function encapsulate(arena: Arena, skb: number, flags: number, innerMacLen: number, before: Headers): void {
  const { macLen, network, transport } = before;
  setSkbField(arena, skb, 'inner_mac_header', network - innerMacLen);
  setSkbField(arena, skb, 'inner_network_header', network);
  setSkbField(arena, skb, 'inner_transport_header', transport);
  const protocol = skbField(arena, skb, 'protocol');
  setSkbField(arena, skb, 'inner_protocol', has(flags, F.ENCAP_L2_ETH) ? ETH_P_TEB : protocol);
  setSkbField(arena, skb, 'inner_protocol_type', 0);
  setSkbField(arena, skb, 'encapsulation', 1);
  skbSetHeader(arena, skb, 'network_header', macLen);
  if (has(flags, F.ENCAP_L4_GRE | F.ENCAP_L4_UDP)) {
    const size = has(flags, F.ENCAP_L3_IPV6) ? IPV6_HLEN : IPV4_HLEN;
    skbSetHeader(arena, skb, 'transport_header', macLen + size);
  }
  setSkbField(arena, skb, 'protocol', has(flags, F.ENCAP_L3_IPV6) ? ETH_P_IPV6 : ETH_P_IP);
}

interface Headers {
  readonly macLen: number;
  readonly network: number;
  readonly transport: number;
}

/** @kernel bpf_skb_net_grow */
function netGrow(arena: Arena, skb: number, off: number, len: number, flags: number, innerMacLen: number): number {
  if (gsoRefuses(arena, skb, flags)) return -ENOTSUPP;
  if (skbCow(arena, skb, len) < 0) return -ENOMEM;
  const encap = has(flags, F.ENCAP_L3_IPV4 | F.ENCAP_L3_IPV6);
  const refused = encap ? encapErrno(arena, skb, flags, innerMacLen, len) : 0;
  if (refused !== 0) return refused;
  const before = {
    macLen: skbMacHeaderLen(arena, skb),
    network: skbField(arena, skb, 'network_header'),
    transport: skbField(arena, skb, 'transport_header'),
  };
  netHdrPush(arena, skb, off, len);
  if (encap) encapsulate(arena, skb, flags, innerMacLen, before);
  adjustGso(arena, skb, -len, flags, GSO.DODGY | (encap ? encapGso(flags) : 0));
  return 0;
}

/** @kernel bpf_skb_net_shrink */
function netShrink(arena: Arena, skb: number, off: number, len: number, flags: number, flagsHi: number): number {
  if ((flags & ~SHRINK_FLAGS) !== 0 || flagsHi !== 0) return -EINVAL;
  if (gsoRefuses(arena, skb, flags)) return -ENOTSUPP;
  const popped = netHdrPop(arena, skb, off, len);
  if (popped !== 0) return popped;
  if (has(flags, F.DECAP_L3_IPV6)) setSkbField(arena, skb, 'protocol', ETH_P_IPV6);
  else if (has(flags, F.DECAP_L3_IPV4)) setSkbField(arena, skb, 'protocol', ETH_P_IP);
  adjustGso(arena, skb, len, flags, GSO.DODGY);
  return 0;
}

function adjustRoom(arena: Arena, skb: number, diff: number, mode: number, flags: number, flagsHi: number): number {
  if ((flags & ~ALL_FLAGS) !== 0 || (flagsHi & ~ENCAP_L2_MASK) !== 0) return -EINVAL;
  const len = Math.abs(diff);
  const shrink = diff < 0;
  if (len > 0xfff) return -EFAULT;
  const protocol = skbField(arena, skb, 'protocol');
  let min = baseLen(protocol);
  if (min === UNKNOWN_LEN || mode > 1) return -ENOTSUPP;
  const off = skbMacHeaderLen(arena, skb) + (mode === 0 ? min : 0);
  if (has(flags, DECAP_L3)) {
    if (!shrink || (flags & DECAP_L3) === DECAP_L3) return -EINVAL;
    min = has(flags, F.DECAP_L3_IPV4) ? IPV4_HLEN : IPV6_HLEN;
  }
  const size = skbField(arena, skb, 'len');
  const current = (size - skbNetworkOffset(arena, skb)) >>> 0;
  if (shrink && (len >= current || current - len < min)) return -ENOTSUPP;
  if (!shrink && size + len > BPF_SKB_MAX_LEN && !skbIsGso(arena, skb)) return -ENOTSUPP;
  const result = shrink
    ? netShrink(arena, skb, off, len, flags, flagsHi)
    : netGrow(arena, skb, off, len, flags, flagsHi >>> 24);
  if (result === 0 && !has(flags, F.NO_CSUM_RESET)) skbResetChecksumUnnecessary(arena, skb);
  return result;
}

/** Makes an IPv6 packet of an IPv4 one or the reverse: room and protocol, the headers are the program's. */
function protoXlat(arena: Arena, skb: number, to: number): number {
  const from = skbField(arena, skb, 'protocol');
  const diff = IPV6_HLEN - IPV4_HLEN;
  const off = skbMacHeaderLen(arena, skb);
  const widen = from === ETH_P_IP && to === ETH_P_IPV6;
  if (!widen && !(from === ETH_P_IPV6 && to === ETH_P_IP)) return -ENOTSUPP;
  if (widen) {
    if (skbCow(arena, skb, diff) < 0) return -ENOMEM;
    netHdrPush(arena, skb, off, diff);
  } else {
    const popped = netHdrPop(arena, skb, off, diff);
    if (popped !== 0) return popped;
  }
  if (skbIsGso(arena, skb)) {
    const [old, now] = widen ? [GSO.TCPV4, GSO.TCPV6] : [GSO.TCPV6, GSO.TCPV4];
    const type = shinfoField(arena, skb, 'gso_type');
    setShinfoField(arena, skb, 'gso_type', (has(type, old) ? (type & ~old) | now : type) | GSO.DODGY);
  }
  setSkbField(arena, skb, 'protocol', to);
  skbClearHash(arena, skb);
  return 0;
}

export const skbRoomImpls = {
  bpf_skb_adjust_room(env, ctx, diff, mode, flags, flagsHi) {
    const skb = env.object(ctx);
    const result = adjustRoom(env.arena, skb, diff, mode, flags, flagsHi);
    env.packetMoved(skb);
    return result;
  },

  bpf_skb_change_proto(env, ctx, proto, flags, flagsHi) {
    const skb = env.object(ctx);
    if ((flags | flagsHi) !== 0) return -EINVAL;
    const result = protoXlat(env.arena, skb, proto & 0xffff);
    env.packetMoved(skb);
    return result;
  },
} satisfies ImplTable;
