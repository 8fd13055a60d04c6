/** The socket buffer that test runs are made of: a frame in a kmalloc'ed buffer, as it comes in over the loopback. */
import type { Arena } from '../../mem/arena.ts';
import { kmallocSizeRoundup } from '../../net/kmalloc.ts';
import { deviceAddress } from '../../net/netDevice.ts';
import { sameAddress } from '../../net/route/prefix.ts';
import { allocSkb, freeSkb, setSkbField, skbField, skbHeader, skbPull, skbSetHeader } from '../../net/skb.ts';
import { UAPI } from '../../spec/constants.ts';
import { LAYOUTS } from '../../spec/layouts.ts';
import { swap16 } from '../../util/bits.ts';
import type { PacketObjects } from '../env.ts';
import type { Parts } from './parts.ts';

const { ETH_HLEN, ETH_P_802_2, ETH_P_802_3, ETH_P_802_3_MIN, PACKET_BROADCAST, PACKET_MULTICAST, PACKET_OTHERHOST } =
  UAPI;
const PAGE = 4096;
const NET_SKB_PAD = 64;
const CACHE_LINE = 64;
const SHINFO = Math.ceil(LAYOUTS.skb_shared_info.size / CACHE_LINE) * CACHE_LINE;
const SKB_SIZE = Math.ceil(LAYOUTS.sk_buff.size / CACHE_LINE) * CACHE_LINE;
const SKF_NET_OFF = -0x100000;
const SKF_LL_OFF = -0x200000;

/** Bytes of the longest packet: it has to fit into a page with what is around it. */
export const MAX_SKB_DATA = PAGE - NET_SKB_PAD - SHINFO;

/** Where the linear buffer ends: kmalloc gives the next of its sizes, and all of it is used. @kernel slab_build_skb */
function bufferEnd(size: number): number {
  const wanted = Math.ceil(size / CACHE_LINE) * CACHE_LINE + NET_SKB_PAD + SHINFO;
  return kmallocSizeRoundup(wanted) - SHINFO;
}

/** A new sk_buff over `data`, or 0. @kernel bpf_test_init, slab_build_skb */
export function buildSkb(arena: Arena, parts: Parts, data: Uint8Array): number {
  const size = data.length;
  const tailroom = bufferEnd(size) - NET_SKB_PAD - size;
  const skb = parts.take(allocSkb(arena, { headroom: NET_SKB_PAD, size, tailroom }), (made) => freeSkb(arena, made));
  if (skb === 0) return 0;
  arena.put(skbField(arena, skb, 'data'), data);
  setSkbField(arena, skb, 'truesize', skbField(arena, skb, 'end') + SHINFO + SKB_SIZE);
  return skb;
}

/**
 * Classifies the frame by its destination address, pulls the Ethernet header and sets device and protocol; the result
 * is the protocol in host order.
 * @kernel eth_type_trans
 */
export function ethTypeTrans(arena: Arena, skb: number, dev: number): number {
  setSkbField(arena, skb, 'dev', dev);
  const bytes = arena.bytes(skbField(arena, skb, 'data'), ETH_HLEN + 2);
  skbSetHeader(arena, skb, 'mac_header');
  skbPull(arena, skb, ETH_HLEN);
  const dest = bytes.subarray(0, 6);
  if (!sameAddress(dest, deviceAddress(arena, dev, 'own'))) {
    const group = sameAddress(dest, deviceAddress(arena, dev, 'broadcast')) ? PACKET_BROADCAST : PACKET_MULTICAST;
    setSkbField(arena, skb, 'pkt_type', (dest[0]! & 1) !== 0 ? group : PACKET_OTHERHOST);
  }
  const proto = etherTypeOf(bytes, skbField(arena, skb, 'len'));
  setSkbField(arena, skb, 'protocol', swap16(proto));
  return proto;
}

function etherTypeOf(frame: Uint8Array, rest: number): number {
  const proto = (frame[12]! << 8) | frame[13]!;
  if (proto >= ETH_P_802_3_MIN) return proto;
  return rest >= 2 && frame[14] === 0xff && frame[15] === 0xff ? ETH_P_802_3 : ETH_P_802_2;
}

/** LD_ABS and LD_IND: a big-endian load from the packet, or -1 past its end. @kernel bpf_skb_load_helper_32 */
function loadBigEndian(arena: Arena, skb: number, offset: number, size: number): number {
  const head = skbField(arena, skb, 'head');
  const tail = head + skbField(arena, skb, 'tail');
  let at = skbField(arena, skb, 'data') + offset;
  if (offset < 0) {
    if (offset >= SKF_NET_OFF) at = skbHeader(arena, skb, 'network_header') + offset - SKF_NET_OFF;
    else if (offset >= SKF_LL_OFF) at = skbHeader(arena, skb, 'mac_header') + offset - SKF_LL_OFF;
    else return -1;
  }
  if (at < head || at + size > tail) return -1;
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + arena.u8[at + i]!;
  return value;
}

/** How helpers and LD_ABS reach the packet of an sk_buff. */
export function skbPackets(arena: Arena, moved: PacketObjects['moved']): PacketObjects {
  return { moved, load: (object, offset, bytes) => loadBigEndian(arena, object, offset, bytes) };
}
