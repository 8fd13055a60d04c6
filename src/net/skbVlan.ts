/** VLAN tags of a socket buffer: one beside the packet (hardware accelerated), the others in its bytes. */
import type { Arena } from '../mem/arena.ts';
import { UAPI } from '../spec/constants.ts';
import { ERRNO } from '../spec/errno.ts';
import { swap16 } from '../util/bits.ts';
import { ETH_P_802_2, ETH_P_802_3, ETH_P_8021AD, ETH_P_8021Q } from './etherType.ts';
import {
  setSkbField,
  skbCow,
  skbEnsureWritable,
  skbField,
  skbHeader,
  skbHeadlen,
  skbNetworkOffset,
  skbPull,
  skbPush,
  skbResetMacLen,
  skbSetHeader,
} from './skb.ts';
import { skbPostpullRcsum, skbPostpushRcsum } from './skbCsum.ts';

const VLAN_HLEN = 4;
const { ETH_HLEN, ETH_P_802_3_MIN } = UAPI;
/** Where the tag stands: behind both link addresses. */
const ETH_ADDRS = 12;
const { EINVAL, ENOMEM } = ERRNO;

function ethTypeVlan(protocol: number): boolean {
  return protocol === ETH_P_8021Q || protocol === ETH_P_8021AD;
}

function putTag(arena: Arena, skb: number, protocol: number, tci: number): void {
  setSkbField(arena, skb, 'vlan_proto', protocol);
  setSkbField(arena, skb, 'vlan_tci', tci);
}

/** @kernel skb_vlan_tag_present */
export function skbVlanTagPresent(arena: Arena, skb: number): boolean {
  return skbField(arena, skb, 'vlan_all') !== 0;
}

/** Tags that are looked behind. */
const VLAN_MAX_DEPTH = 8;

/**
 * The protocol behind the tags in the packet's bytes, little-endian as loaded; 0 when they are cut off.
 * @kernel vlan_get_protocol
 */
export function vlanGetProtocol(arena: Arena, skb: number): number {
  let protocol = skbField(arena, skb, 'protocol');
  const macLen = skbField(arena, skb, 'mac_len');
  let at = macLen === 0 ? ETH_HLEN : macLen - VLAN_HLEN;
  for (let depth = 0; ethTypeVlan(protocol); depth++, at += VLAN_HLEN) {
    if (at < 0 || at + VLAN_HLEN > skbHeadlen(arena, skb) || depth >= VLAN_MAX_DEPTH) return 0;
    protocol = arena.getU16(skbField(arena, skb, 'data') + at + 2);
  }
  return protocol;
}

/** Tags the packet; the tag that was beside it moves into its bytes. 0 or -errno. @kernel skb_vlan_push */
export function skbVlanPush(arena: Arena, skb: number, protocol: number, tci: number): number {
  if (skbVlanTagPresent(arena, skb)) {
    if (skbField(arena, skb, 'data') !== skbHeader(arena, skb, 'mac_header')) return -EINVAL;
    if (skbCow(arena, skb, VLAN_HLEN) < 0) return -ENOMEM;
    const outer = skbField(arena, skb, 'vlan_proto');
    skbPush(arena, skb, VLAN_HLEN);
    const data = skbField(arena, skb, 'data');
    arena.copy(data, data + VLAN_HLEN, ETH_ADDRS);
    setSkbField(arena, skb, 'mac_header', skbField(arena, skb, 'mac_header') - VLAN_HLEN);
    arena.setU16(data + ETH_ADDRS, outer);
    arena.setU16(data + ETH_ADDRS + 2, swap16(skbField(arena, skb, 'vlan_tci')));
    setSkbField(arena, skb, 'protocol', outer);
    setSkbField(arena, skb, 'network_header', skbField(arena, skb, 'network_header') - VLAN_HLEN);
    skbPostpushRcsum(arena, skb, data + ETH_ADDRS, VLAN_HLEN);
  }
  putTag(arena, skb, protocol, tci);
  return 0;
}

/** Takes the first tag out of the packet's bytes: its TCI, or -errno. @kernel __skb_vlan_pop */
function popTag(arena: Arena, skb: number): number {
  if (skbField(arena, skb, 'data') !== skbHeader(arena, skb, 'mac_header')) return -EINVAL;
  if (skbEnsureWritable(arena, skb, ETH_HLEN + VLAN_HLEN) !== 0) return -ENOMEM;
  const data = skbField(arena, skb, 'data');
  skbPostpullRcsum(arena, skb, data + ETH_ADDRS, VLAN_HLEN);
  const tci = swap16(arena.getU16(data + ETH_ADDRS + 2));
  const inner = arena.getU16(data + ETH_HLEN + 2);
  let protocol = inner;
  if (swap16(inner) < ETH_P_802_3_MIN) {
    protocol = arena.getU16(data + ETH_HLEN + VLAN_HLEN) === 0xffff ? ETH_P_802_3 : ETH_P_802_2;
  }
  setSkbField(arena, skb, 'protocol', protocol);
  arena.copy(data + VLAN_HLEN, data, ETH_ADDRS);
  skbPull(arena, skb, VLAN_HLEN);
  setSkbField(arena, skb, 'mac_header', skbField(arena, skb, 'mac_header') + VLAN_HLEN);
  if (skbNetworkOffset(arena, skb) < ETH_HLEN) skbSetHeader(arena, skb, 'network_header', ETH_HLEN);
  skbResetMacLen(arena, skb);
  return tci;
}

/** Removes the outer tag; the next one, if any, moves beside the packet. 0 or -errno. @kernel skb_vlan_pop */
export function skbVlanPop(arena: Arena, skb: number): number {
  if (skbVlanTagPresent(arena, skb)) setSkbField(arena, skb, 'vlan_all', 0);
  else {
    if (!ethTypeVlan(skbField(arena, skb, 'protocol'))) return 0;
    const tci = popTag(arena, skb);
    if (tci < 0) return tci;
  }
  const protocol = skbField(arena, skb, 'protocol');
  if (!ethTypeVlan(protocol)) return 0;
  const tci = popTag(arena, skb);
  if (tci < 0) return tci;
  putTag(arena, skb, protocol, tci);
  return 0;
}
