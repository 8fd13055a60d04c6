/** Headers that lightweight tunnels put before a packet. */
import type { Arena } from '../mem/arena.ts';
import { ETH_P_IP, ETH_P_IPV6 } from '../net/etherType.ts';
import { setSkbField, skbCow, skbField, skbHeader, skbIsGso, skbPush, skbSetHeader } from '../net/skb.ts';
import { csumFold, csumPartial, skbPostpushRcsum } from '../net/skbCsum.ts';
import { skbClearHash } from '../net/skbHash.ts';
import { UAPI } from '../spec/constants.ts';
import type { HelperEnv } from './env.ts';
import { EBADMSG, EINVAL, ENOMEM, ENOTSUPP, type ImplTable } from './impl.ts';

const { BPF_LWT_ENCAP_IP, BPF_LWT_ENCAP_SEG6, BPF_LWT_ENCAP_SEG6_INLINE } = UAPI;
const IPV4_HLEN = 20;
const IPV6_HLEN = 40;
/** LWT_BPF_MAX_HEADROOM */
const MAX_HEADROOM = 256;
/** LL_RESERVED_SPACE of an Ethernet device. */
const LL_RESERVED_SPACE = 16;
/** Where the checksum of an IPv4 header stands. */
const CHECK = 10;

/** The checksum of an IPv4 header of `words` 32-bit words; of fewer than five nothing is summed. @kernel ip_fast_csum */
function ipFastCsum(arena: Arena, at: number, words: number): number {
  return words < 5 ? arena.getU16(at) : csumFold(csumPartial(arena, at, 4 * words, 0));
}

/** Is it a whole IP header? */
function headerFits(version: number, words: number, len: number): boolean {
  if (version === 4) return len >= 4 * words;
  return version === 6 && len >= IPV6_HLEN;
}

/** Puts IP headers before the packet, which becomes the inner one. @kernel bpf_lwt_push_ip_encap */
function pushIpEncap(env: HelperEnv, skb: number, header: number, len: number, ingress: boolean): number {
  const { arena } = env;
  const version = arena.u8[header]! >> 4;
  const words = arena.u8[header]! & 0xf;
  if (len < IPV4_HLEN || len > MAX_HEADROOM || !headerFits(version, words, len)) return -EINVAL;
  // Tunnel metadata is no route to a device, but is taken for one.
  if (!ingress && skbField(arena, skb, '_skb_refdst') !== 0) {
    env.notSimulated('a header before a packet with tunnel metadata, which crashes Linux 6.12');
    return 0;
  }
  const reserve = ingress ? skbField(arena, skb, 'mac_len') : LL_RESERVED_SPACE;
  if (skbCow(arena, skb, len + reserve) < 0) return -ENOMEM;

  const data = skbField(arena, skb, 'data') - skbField(arena, skb, 'head');
  setSkbField(arena, skb, 'inner_mac_header', data);
  setSkbField(arena, skb, 'inner_network_header', skbField(arena, skb, 'network_header'));
  setSkbField(arena, skb, 'inner_transport_header', skbField(arena, skb, 'transport_header'));
  setSkbField(arena, skb, 'inner_protocol', skbField(arena, skb, 'protocol'));
  setSkbField(arena, skb, 'inner_protocol_type', 0);
  setSkbField(arena, skb, 'encapsulation', 1);
  skbPush(arena, skb, len);
  if (ingress) skbPostpushRcsum(arena, skb, header, len);
  skbSetHeader(arena, skb, 'network_header');
  const at = skbHeader(arena, skb, 'network_header');
  arena.copy(at, header, len);
  env.packetMoved(skb);
  skbClearHash(arena, skb);
  setSkbField(arena, skb, 'protocol', version === 4 ? ETH_P_IP : ETH_P_IPV6);
  if (version === 4 && arena.getU16(at + CHECK) === 0) arena.setU16(at + CHECK, ipFastCsum(arena, at, words));
  // Only TCP segments may be made larger; here no segment has a type.
  return skbIsGso(arena, skb) ? -ENOTSUPP : 0;
}

/** struct ipv6_sr_hdr and the TLVs behind its segments. */
const SRH = { hdrlen: 1, type: 2, segments_left: 3, first_segment: 4, segments: 8, segment: 16, tlv: 2 } as const;
const IPV6_SRCRT_TYPE_4 = 4;

/** Is it a whole and sound segment routing header? @kernel seg6_validate_srh */
function validateSrh(arena: Arena, srh: number, len: number): boolean {
  const byte = (off: number): number => arena.u8[srh + off]!;
  if (len < SRH.segments || byte(SRH.type) !== IPV6_SRCRT_TYPE_4 || 8 * (byte(SRH.hdrlen) + 1) !== len) return false;
  if (byte(SRH.segments_left) > byte(SRH.first_segment)) return false;
  let at = SRH.segments + SRH.segment * (byte(SRH.first_segment) + 1);
  while (at + SRH.tlv <= len) at += SRH.tlv + byte(at + 1);
  return at === len;
}

/** Segment routing: what is wrong is refused as the kernel refuses it. @kernel bpf_push_seg6_encap */
function pushSeg6(env: HelperEnv, skb: number, type: number, header: number, len: number): number {
  if (!validateSrh(env.arena, header, len)) return -EINVAL;
  const inline = type === BPF_LWT_ENCAP_SEG6_INLINE;
  if (inline && skbField(env.arena, skb, 'protocol') !== ETH_P_IPV6) return -EBADMSG;
  env.notSimulated(`segment routing (${inline ? 'BPF_LWT_ENCAP_SEG6_INLINE' : 'BPF_LWT_ENCAP_SEG6'})`);
  return 0;
}

export const lwtImpls = {
  bpf_lwt_push_encap(env, ctx, type, header, len) {
    const skb = env.object(ctx);
    const ingress = env.progType === 'lwt_in';
    if (type === BPF_LWT_ENCAP_IP) return pushIpEncap(env, skb, header, len, ingress);
    const seg6 = type === BPF_LWT_ENCAP_SEG6 || type === BPF_LWT_ENCAP_SEG6_INLINE;
    return ingress && seg6 ? pushSeg6(env, skb, type, header, len) : -EINVAL;
  },
} satisfies ImplTable;
