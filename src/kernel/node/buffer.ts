/** Frames as sk_buffs: made when they come in, looked at on the way. */
import type { Arena } from '../../mem/arena.ts';
import {
  allocSkb,
  setShinfoField,
  setSkbField,
  skbField,
  skbHeader,
  skbMacHeaderWasSet,
  skbResetMacLen,
  skbSetHeader,
} from '../../net/skb.ts';
import { UAPI } from '../../spec/constants.ts';
import type { KernelCore } from '../core.ts';
import { deviceObject } from '../net/deviceObject.ts';
import { ethTypeTrans } from '../testRun/skbBuild.ts';

const { ETH_HLEN } = UAPI;
const NET_SKB_PAD = 64;
/** Room behind the packet: what a driver's buffer of half a page leaves does not matter to anybody; programs may grow into it. */
const TAILROOM = 128;

/** A sk_buff over bytes, its data at their beginning; 0 when memory is full. `meta`: bytes before them that are metadata. */
export function skbOf(kernel: KernelCore, bytes: Uint8Array, meta: Uint8Array = new Uint8Array()): number {
  const { arena } = kernel;
  const headroom = NET_SKB_PAD + Math.ceil(meta.length / 4) * 4;
  const made = allocSkb(arena, { headroom, size: bytes.length, tailroom: TAILROOM });
  if (!made.ok) return 0;
  const skb = made.value;
  const data = skbField(arena, skb, 'data');
  arena.put(data, bytes);
  if (meta.length > 0) {
    arena.put(data - meta.length, meta);
    setShinfoField(arena, skb, 'meta_len', meta.length);
  }
  return skb;
}

/** The frame as it comes in over a device of the current namespace: its link layer header read and pulled. */
export function arrives(kernel: KernelCore, skb: number, ifindex: number): void {
  const { arena } = kernel;
  setSkbField(arena, skb, 'pkt_type', 0);
  ethTypeTrans(arena, skb, deviceObject(kernel, ifindex));
  setSkbField(arena, skb, 'skb_iif', ifindex);
  skbSetHeader(arena, skb, 'network_header');
  skbSetHeader(arena, skb, 'transport_header');
  skbResetMacLen(arena, skb);
}

/** The packet as it comes in at a device without link layer headers, a tunnel: its data begin with the IPv4 header. */
export function arrivesBare(kernel: KernelCore, skb: number, ifindex: number): void {
  const { arena } = kernel;
  setSkbField(arena, skb, 'dev', deviceObject(kernel, ifindex));
  setSkbField(arena, skb, 'skb_iif', ifindex);
  setSkbField(arena, skb, 'mac_len', 0);
  for (const name of ['mac_header', 'network_header', 'transport_header'] as const) skbSetHeader(arena, skb, name);
}

/** Is there a whole link layer header? */
export function hasEthernet(bytes: Uint8Array): boolean {
  return bytes.length >= ETH_HLEN;
}

/** The whole packet, from its link layer header (or else its network header) to its end. */
export function frameBytes(arena: Arena, skb: number): Uint8Array {
  const end = skbField(arena, skb, 'data') + skbField(arena, skb, 'len');
  const data = skbField(arena, skb, 'data');
  const mac = skbMacHeaderWasSet(arena, skb) ? skbHeader(arena, skb, 'mac_header') : data;
  const from = Math.min(mac, data);
  return arena.bytes(from, Math.max(0, end - from));
}

/** From the data on. */
export function dataBytes(arena: Arena, skb: number): Uint8Array {
  return arena.bytes(skbField(arena, skb, 'data'), skbField(arena, skb, 'len'));
}

/** The interface that an sk_buff is at. */
export function ifindexOfSkb(kernel: KernelCore, skb: number): number {
  const dev = skbField(kernel.arena, skb, 'dev');
  return kernel.world.net.devices.find((d) => d.object === dev)?.ifindex ?? 0;
}
