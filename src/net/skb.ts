/**
 * sk_buff: the object, its buffer and the moves of its data pointer. The buffer is one region: headroom, data, tailroom
 * and, behind what `end` counts, the skb_shared_info. Only linear buffers: `data_len` stays 0.
 */
import type { Arena } from '../mem/arena.ts';
import { PERM_READ } from '../mem/arena.ts';
import { UAPI } from '../spec/constants.ts';
import { ERRNO } from '../spec/errno.ts';
import { LAYOUTS, offsetOf } from '../spec/layouts.ts';
import type { Result } from '../util/problem.ts';
import { ok } from '../util/problem.ts';
import { kmallocReserve } from './kmalloc.ts';
import type { Device } from './route/netns.ts';
import { setSkbField, shinfoField, skbField, skbShinfo } from './skbField.ts';

export { setShinfoField, setSkbField, shinfoField, skbField } from './skbField.ts';

/** Bytes around the packet. */
export interface BufferSize {
  readonly headroom: number;
  /** Bytes of the packet. */
  readonly size: number;
  /** Room behind the packet, not counting the skb_shared_info. */
  readonly tailroom: number;
}

export const CHECKSUM = { none: 0, unnecessary: 1, complete: 2, partial: 3 } as const;

const SHINFO_SIZE = LAYOUTS.skb_shared_info.size;
/** The program's bounds are kept in the control buffer. */
const CB_DATA_META = offsetOf('sk_buff', 'cb') + offsetOf('bpf_skb_data_end', 'data_meta');
const CB_DATA_END = offsetOf('sk_buff', 'cb') + offsetOf('bpf_skb_data_end', 'data_end');
/** A header offset that was never set. */
const UNSET = 0xffff;
const NET_SKB_PAD = 64;
const { ENOMEM } = ERRNO;

function allocBuffer(arena: Arena, owner: number, bytes: number): Result<number> {
  return arena.alloc({ kind: 'packet', size: bytes + SHINFO_SIZE, owner });
}

/** A new sk_buff over `size` zero bytes, all headers unset; freed by `freeSkb`. Fails only when memory is full. */
export function allocSkb(arena: Arena, { headroom, size, tailroom }: BufferSize): Result<number> {
  const object = arena.alloc({ kind: 'kernel', size: LAYOUTS.sk_buff.size, perm: PERM_READ });
  if (!object.ok) return object;
  const skb = object.value;
  const head = allocBuffer(arena, skb, headroom + size + tailroom);
  if (!head.ok) {
    arena.free(skb);
    return head;
  }
  setSkbField(arena, skb, 'head', head.value);
  setSkbField(arena, skb, 'data', head.value + headroom);
  setSkbField(arena, skb, 'len', size);
  setSkbField(arena, skb, 'tail', headroom + size);
  setSkbField(arena, skb, 'end', headroom + size + tailroom);
  setSkbField(arena, skb, 'transport_header', UNSET);
  setSkbField(arena, skb, 'mac_header', UNSET);
  bpfComputeDataPointers(arena, skb);
  return ok(skb);
}

/** Frees the object, its buffer and the tunnel metadata it holds. */
export function freeSkb(arena: Arena, skb: number): void {
  skbDstDrop(arena, skb);
  arena.free(skbField(arena, skb, 'head'));
  arena.free(skb);
}

/**
 * A copy of a sk_buff with bytes of its own, which no socket owns; fails only when memory is full. Tunnel metadata stays with
 * the original. @kernel skb_clone
 */
export function skbClone(arena: Arena, skb: number): Result<number> {
  const [head, data, end] = (['head', 'data', 'end'] as const).map((name) => skbField(arena, skb, name)) as [
    number,
    number,
    number,
  ];
  const made = allocSkb(arena, { headroom: 0, size: 0, tailroom: end });
  if (!made.ok) return made;
  const clone = made.value;
  const copy = skbField(arena, clone, 'head');
  arena.put(clone, arena.bytes(skb, LAYOUTS.sk_buff.size));
  arena.put(copy, arena.bytes(head, end + SHINFO_SIZE));
  setSkbField(arena, clone, 'head', copy);
  setSkbField(arena, clone, 'data', copy + (data - head));
  for (const name of ['sk', 'destructor', '_skb_refdst'] as const) setSkbField(arena, clone, name, 0);
  bpfComputeDataPointers(arena, clone);
  return made;
}

/** Gives up the destination that the skb holds. @kernel skb_dst_drop */
export function skbDstDrop(arena: Arena, skb: number): void {
  const dst = skbField(arena, skb, '_skb_refdst');
  if (dst === 0) return;
  arena.free(dst);
  setSkbField(arena, skb, '_skb_refdst', 0);
}

/** Bytes in the linear part. @kernel skb_headlen */
export function skbHeadlen(arena: Arena, skb: number): number {
  return skbField(arena, skb, 'len') - skbField(arena, skb, 'data_len');
}

/** Free bytes before the data. @kernel skb_headroom */
export function skbHeadroom(arena: Arena, skb: number): number {
  return skbField(arena, skb, 'data') - skbField(arena, skb, 'head');
}

/** Writes data_meta and data_end for the program and moves its window to them. @kernel bpf_compute_data_pointers */
export function bpfComputeDataPointers(arena: Arena, skb: number): void {
  const data = skbField(arena, skb, 'data');
  const meta = data - shinfoField(arena, skb, 'meta_len');
  const end = data + skbHeadlen(arena, skb);
  arena.setU64(skb + CB_DATA_META, meta, 0);
  arena.setU64(skb + CB_DATA_END, end, 0);
  arena.setWindow(skbField(arena, skb, 'head'), meta, end);
}

/** Takes `len` bytes of headroom into the data, which the caller made sure of. @kernel skb_push */
export function skbPush(arena: Arena, skb: number, len: number): void {
  setSkbField(arena, skb, 'data', skbField(arena, skb, 'data') - len);
  setSkbField(arena, skb, 'len', skbField(arena, skb, 'len') + len);
}

/** Drops `len` bytes, which the caller knows to be there, from the front. @kernel __skb_pull */
export function skbPull(arena: Arena, skb: number, len: number): void {
  setSkbField(arena, skb, 'data', skbField(arena, skb, 'data') + len);
  setSkbField(arena, skb, 'len', skbField(arena, skb, 'len') - len);
}

/** Takes `len` bytes of tailroom into the data. @kernel __skb_put */
export function skbPut(arena: Arena, skb: number, len: number): void {
  setSkbField(arena, skb, 'tail', skbField(arena, skb, 'tail') + len);
  setSkbField(arena, skb, 'len', skbField(arena, skb, 'len') + len);
}

/** Cuts the data to `len` bytes. @kernel __skb_trim */
export function skbTrim(arena: Arena, skb: number, len: number): void {
  if (len >= skbField(arena, skb, 'len')) return;
  setSkbField(arena, skb, 'len', len);
  setSkbField(arena, skb, 'tail', skbHeadroom(arena, skb) + len);
}

const HEADERS = [
  'transport_header',
  'network_header',
  'inner_transport_header',
  'inner_network_header',
  'inner_mac_header',
] as const;

/** Copies the buffer into one with `nhead` more bytes before and at least `ntail` after, as many as the allocator gives. 0 or -ENOMEM. @kernel pskb_expand_head */
export function pskbExpandHead(arena: Arena, skb: number, nhead: number, ntail: number): number {
  const bytes = kmallocReserve(skbField(arena, skb, 'end') + nhead + ntail + SHINFO_SIZE);
  if (bytes === 0) return -ENOMEM;
  const size = bytes - SHINFO_SIZE;
  const fresh = allocBuffer(arena, skb, size);
  if (!fresh.ok) return -ENOMEM;
  const head = fresh.value;
  const old = skbField(arena, skb, 'head');
  arena.copy(head + nhead, old, skbField(arena, skb, 'tail'));
  arena.copy(head + size, skbShinfo(arena, skb), SHINFO_SIZE);
  setSkbField(arena, skb, 'data', head + nhead + skbHeadroom(arena, skb));
  setSkbField(arena, skb, 'head', head);
  setSkbField(arena, skb, 'end', size);
  setSkbField(arena, skb, 'tail', skbField(arena, skb, 'tail') + nhead);
  if (skbField(arena, skb, 'ip_summed') === CHECKSUM.partial) {
    setSkbField(arena, skb, 'csum_start', skbField(arena, skb, 'csum_start') + nhead);
  }
  for (const name of HEADERS) setSkbField(arena, skb, name, skbField(arena, skb, name) + nhead);
  if (skbMacHeaderWasSet(arena, skb)) setSkbField(arena, skb, 'mac_header', skbField(arena, skb, 'mac_header') + nhead);
  arena.free(old);
  bpfComputeDataPointers(arena, skb);
  return 0;
}

/** Makes sure of `headroom` bytes before the data. 0 or -ENOMEM. @kernel skb_cow */
export function skbCow(arena: Arena, skb: number, headroom: number): number {
  const missing = headroom - skbHeadroom(arena, skb);
  if (missing <= 0) return 0;
  return pskbExpandHead(arena, skb, Math.ceil(missing / NET_SKB_PAD) * NET_SKB_PAD, 0);
}

/** Makes sure that the first `len` bytes can be written. 0 or -ENOMEM. @kernel skb_ensure_writable */
export function skbEnsureWritable(arena: Arena, skb: number, len: number): number {
  return len <= skbHeadlen(arena, skb) ? 0 : -ENOMEM;
}

/** @kernel skb_mac_header_was_set */
export function skbMacHeaderWasSet(arena: Arena, skb: number): boolean {
  return skbField(arena, skb, 'mac_header') !== UNSET;
}

/** @kernel skb_transport_header_was_set */
export function skbTransportHeaderWasSet(arena: Arena, skb: number): boolean {
  return skbField(arena, skb, 'transport_header') !== UNSET;
}

/** Address of a header. @kernel skb_mac_header, skb_network_header */
export function skbHeader(
  arena: Arena,
  skb: number,
  name: 'mac_header' | 'network_header' | 'transport_header',
): number {
  return skbField(arena, skb, 'head') + skbField(arena, skb, name);
}

/** Distance of the network header from the data, negative when it was pulled. @kernel skb_network_offset */
export function skbNetworkOffset(arena: Arena, skb: number): number {
  return skbHeader(arena, skb, 'network_header') - skbField(arena, skb, 'data');
}

/** @kernel skb_mac_header_len */
export function skbMacHeaderLen(arena: Arena, skb: number): number {
  return skbField(arena, skb, 'network_header') - skbField(arena, skb, 'mac_header');
}

/** Makes a header begin `offset` bytes into the data. @kernel skb_set_network_header */
export function skbSetHeader(
  arena: Arena,
  skb: number,
  name: 'mac_header' | 'network_header' | 'transport_header',
  offset = 0,
): void {
  setSkbField(arena, skb, name, skbHeadroom(arena, skb) + offset);
}

/** @kernel skb_reset_mac_len */
export function skbResetMacLen(arena: Arena, skb: number): void {
  setSkbField(arena, skb, 'mac_len', skbMacHeaderLen(arena, skb));
}

/** @kernel skb_is_gso */
export function skbIsGso(arena: Arena, skb: number): boolean {
  return shinfoField(arena, skb, 'gso_size') !== 0;
}

const VLAN_HLEN = 4;

/** May a device take the packet as it is? `checkMtu`: only when it is not too large. @kernel __is_skb_forwardable */
export function isSkbForwardable(arena: Arena, dev: Device, skb: number, checkMtu: boolean): boolean {
  if (!dev.up) return false;
  const fits = skbField(arena, skb, 'len') <= dev.mtu + UAPI.ETH_HLEN + VLAN_HLEN;
  return !checkMtu || fits || skbIsGso(arena, skb);
}
