/** Helpers of XDP programs: moving the bounds of the packet, copying its bytes. */
import type { Arena } from '../mem/arena.ts';
import { rxqField, setXdpField, xdpDataMetaUnsupported, xdpField, xdpGetBuffLen, xdpGetMetalen } from '../net/xdp.ts';
import { xdpBuffHasFrags, xdpGrowLastFrag, xdpShrinkFrags, xdpSpans } from '../net/xdpFrags.ts';
import { UAPI } from '../spec/constants.ts';
import { LAYOUTS } from '../spec/layouts.ts';
import { EACCES, EFAULT, EINVAL, ENOTSUPP, EOPNOTSUPP, type ImplTable } from './impl.ts';

const { ETH_HLEN } = UAPI;
/** Largest metadata: the length has one byte in skb_shared_info and counts in words. */
const MAX_META = 252;

/** First byte that the packet may use: a struct xdp_frame is kept before it. */
function frameEnd(arena: Arena, xdp: number): number {
  return xdpField(arena, xdp, 'data_hard_start') + LAYOUTS.xdp_frame.size;
}

/** 0, or a negative errno where `len` bytes at `offset` do not lie in the packet. */
function rangeErrno(arena: Arena, xdp: number, offset: number, len: number): number {
  if (offset > 0xffff || len > 0xffff) return -EFAULT;
  return offset + len > xdpGetBuffLen(arena, xdp) ? -EINVAL : 0;
}

/** Address of `len` bytes in the packet, 0 where they do not lie in one piece, or a negative errno. @kernel bpf_xdp_pointer */
export function bpfXdpPointer(arena: Arena, xdp: number, offset: number, len: number): number {
  const errno = rangeErrno(arena, xdp, offset, len);
  if (errno !== 0) return errno;
  let found = 0;
  xdpSpans(arena, xdp, offset, len, (address, bytes) => {
    if (bytes === len) found = address;
  });
  return found;
}

/** Copies bytes of the packet, as many as there are, to `to`. @kernel bpf_xdp_copy_buf */
export function bpfXdpCopyTo(arena: Arena, xdp: number, offset: number, to: number, len: number): void {
  let at = to;
  xdpSpans(arena, xdp, offset, len, (address, bytes) => {
    arena.copy(at, address, bytes);
    at += bytes;
  });
}

/** @kernel bpf_xdp_frags_increase_tail */
function growFrags(arena: Arena, xdp: number, by: number): number {
  const page = rxqField(arena, xdpField(arena, xdp, 'rxq'), 'frag_size');
  if (page === 0 || page > xdpField(arena, xdp, 'frame_sz')) return -EOPNOTSUPP;
  return xdpGrowLastFrag(arena, xdp, by, page) ? 0 : -EINVAL;
}

/** @kernel bpf_xdp_frags_shrink_tail */
function shrinkFrags(arena: Arena, xdp: number, by: number): number {
  if (by > xdpGetBuffLen(arena, xdp) - ETH_HLEN) return -EINVAL;
  const left = xdpShrinkFrags(arena, xdp, by);
  if (left > 0) setXdpField(arena, xdp, 'data_end', xdpField(arena, xdp, 'data_end') - left);
  return 0;
}

export const xdpImpls = {
  bpf_xdp_adjust_head(env, ctx, delta) {
    const { arena } = env;
    const xdp = env.object(ctx);
    const metalen = xdpGetMetalen(arena, xdp);
    const data = xdpField(arena, xdp, 'data') + delta;
    if (data < frameEnd(arena, xdp) + metalen || data > xdpField(arena, xdp, 'data_end') - ETH_HLEN) return -EINVAL;
    const meta = xdpField(arena, xdp, 'data_meta');
    if (metalen !== 0) arena.copy(meta + delta, meta, metalen);
    setXdpField(arena, xdp, 'data_meta', meta + delta);
    setXdpField(arena, xdp, 'data', data);
    env.packetMoved(xdp);
    return 0;
  },

  bpf_xdp_adjust_meta(env, ctx, delta) {
    const { arena } = env;
    const xdp = env.object(ctx);
    if (xdpDataMetaUnsupported(arena, xdp)) return -ENOTSUPP;
    const data = xdpField(arena, xdp, 'data');
    const meta = xdpField(arena, xdp, 'data_meta') + delta;
    if (meta < frameEnd(arena, xdp) || meta > data) return -EINVAL;
    const metalen = data - meta;
    if ((metalen & 3) !== 0 || metalen > MAX_META) return -EACCES;
    setXdpField(arena, xdp, 'data_meta', meta);
    env.packetMoved(xdp);
    return 0;
  },

  bpf_xdp_adjust_tail(env, ctx, delta) {
    const { arena } = env;
    const xdp = env.object(ctx);
    if (xdpBuffHasFrags(arena, xdp)) {
      const result = delta < 0 ? shrinkFrags(arena, xdp, -delta) : growFrags(arena, xdp, delta);
      env.packetMoved(xdp);
      return result;
    }
    const hardEnd =
      xdpField(arena, xdp, 'data_hard_start') + xdpField(arena, xdp, 'frame_sz') - LAYOUTS.skb_shared_info.size;
    const before = xdpField(arena, xdp, 'data_end');
    const end = before + delta;
    if (end > hardEnd || end < xdpField(arena, xdp, 'data') + ETH_HLEN) return -EINVAL;
    if (delta > 0) arena.fill(before, 0, delta);
    setXdpField(arena, xdp, 'data_end', end);
    env.packetMoved(xdp);
    return 0;
  },

  bpf_xdp_get_buff_len: (env, ctx) => env.ret64(xdpGetBuffLen(env.arena, env.object(ctx)), 0),

  bpf_xdp_load_bytes(env, ctx, offset, buf, len) {
    const { arena } = env;
    const xdp = env.object(ctx);
    const errno = rangeErrno(arena, xdp, offset, len);
    if (errno !== 0) return errno;
    bpfXdpCopyTo(arena, xdp, offset, buf, len);
    return 0;
  },

  bpf_xdp_store_bytes(env, ctx, offset, buf, len) {
    const { arena } = env;
    const xdp = env.object(ctx);
    const errno = rangeErrno(arena, xdp, offset, len);
    if (errno !== 0) return errno;
    let from = buf;
    xdpSpans(arena, xdp, offset, len, (address, bytes) => {
      arena.copy(address, from, bytes);
      from += bytes;
    });
    return 0;
  },
} satisfies ImplTable;
