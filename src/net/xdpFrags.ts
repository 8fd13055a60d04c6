/** The fragments of an xdp_buff: pages behind the linear part, listed in the skb_shared_info at the end of the buffer. */
import type { Arena } from '../mem/arena.ts';
import { LAYOUTS, offsetOf } from '../spec/layouts.ts';
import { setXdpField, xdpField } from './skbField.ts';

/** The flag of xdp_buff that says that there are fragments. */
const XDP_FLAGS_HAS_FRAGS = 1;
export const MAX_SKB_FRAGS = 17;

const SHINFO_SIZE = LAYOUTS.skb_shared_info.size;
const NR_FRAGS = offsetOf('skb_shared_info', 'nr_frags');
const FRAGS_SIZE = offsetOf('skb_shared_info', 'xdp_frags_size');
const FRAGS = offsetOf('skb_shared_info', 'frags');
/** skb_frag_t: the page (here the address of its bytes), length, offset in the page. */
const FRAG = { size: 16, page: 0, len: 8 } as const;

/** @kernel xdp_get_shared_info_from_buff */
function xdpShinfo(arena: Arena, xdp: number): number {
  return xdpField(arena, xdp, 'data_hard_start') + xdpField(arena, xdp, 'frame_sz') - SHINFO_SIZE;
}

/** @kernel xdp_buff_has_frags */
export function xdpBuffHasFrags(arena: Arena, xdp: number): boolean {
  return (xdpField(arena, xdp, 'flags') & XDP_FLAGS_HAS_FRAGS) !== 0;
}

/** Bytes in fragments. */
export function xdpFragsSize(arena: Arena, xdp: number): number {
  return arena.getU32(xdpShinfo(arena, xdp) + FRAGS_SIZE);
}

export function xdpFragCount(arena: Arena, xdp: number): number {
  return arena.u8[xdpShinfo(arena, xdp) + NR_FRAGS]!;
}

/** Address and bytes of a fragment. */
export function xdpFrag(arena: Arena, xdp: number, index: number): { readonly address: number; readonly len: number } {
  const at = xdpShinfo(arena, xdp) + FRAGS + index * FRAG.size;
  return { address: arena.getU32(at + FRAG.page), len: arena.getU32(at + FRAG.len) };
}

function setFragsSize(arena: Arena, xdp: number, size: number): void {
  arena.setU32(xdpShinfo(arena, xdp) + FRAGS_SIZE, size);
}

/** Adds a fragment behind the others; the caller made sure that there is room for one more. */
export function xdpAddFrag(arena: Arena, xdp: number, address: number, len: number): void {
  const count = xdpFragCount(arena, xdp);
  const at = xdpShinfo(arena, xdp) + FRAGS + count * FRAG.size;
  arena.setU64(at + FRAG.page, address, 0);
  arena.setU32(at + FRAG.len, len);
  arena.setU8(xdpShinfo(arena, xdp) + NR_FRAGS, count + 1);
  setFragsSize(arena, xdp, xdpFragsSize(arena, xdp) + len);
  setXdpField(arena, xdp, 'flags', xdpField(arena, xdp, 'flags') | XDP_FLAGS_HAS_FRAGS);
}

/** Makes the last fragment longer by zero bytes; false where its page has no such room. */
export function xdpGrowLastFrag(arena: Arena, xdp: number, by: number, pageSize: number): boolean {
  const index = xdpFragCount(arena, xdp) - 1;
  const { address, len } = xdpFrag(arena, xdp, index);
  if (by > pageSize - len) return false;
  arena.fill(address + len, 0, by);
  arena.setU32(xdpShinfo(arena, xdp) + FRAGS + index * FRAG.size + FRAG.len, len + by);
  setFragsSize(arena, xdp, xdpFragsSize(arena, xdp) + by);
  return true;
}

/**
 * Takes `by` bytes from the end, whole fragments and the last part of one; the result is how many remain to be taken
 * from the linear part because there is no fragment left.
 */
export function xdpShrinkFrags(arena: Arena, xdp: number, by: number): number {
  let left = by;
  let count = xdpFragCount(arena, xdp);
  let size = xdpFragsSize(arena, xdp);
  while (count > 0 && left > 0) {
    const { len } = xdpFrag(arena, xdp, count - 1);
    const cut = Math.min(left, len);
    left -= cut;
    size -= cut;
    if (cut === len) count--;
    else arena.setU32(xdpShinfo(arena, xdp) + FRAGS + (count - 1) * FRAG.size + FRAG.len, len - cut);
  }
  arena.setU8(xdpShinfo(arena, xdp) + NR_FRAGS, count);
  setFragsSize(arena, xdp, size);
  if (count === 0) setXdpField(arena, xdp, 'flags', xdpField(arena, xdp, 'flags') & ~XDP_FLAGS_HAS_FRAGS);
  return left;
}

/** Visits the pieces of memory that hold bytes `offset` to `offset + len` of the packet, in order. */
export function xdpSpans(
  arena: Arena,
  xdp: number,
  offset: number,
  len: number,
  visit: (address: number, bytes: number) => void,
): void {
  let skip = offset;
  let left = len;
  const piece = (address: number, bytes: number): void => {
    const here = Math.min(left, Math.max(0, bytes - skip));
    if (here > 0) visit(address + skip, here);
    skip = Math.max(0, skip - bytes);
    left -= here;
  };
  const data = xdpField(arena, xdp, 'data');
  piece(data, xdpField(arena, xdp, 'data_end') - data);
  const count = xdpBuffHasFrags(arena, xdp) ? xdpFragCount(arena, xdp) : 0;
  for (let i = 0; i < count && left > 0; i++) {
    const frag = xdpFrag(arena, xdp, i);
    piece(frag.address, frag.len);
  }
}
