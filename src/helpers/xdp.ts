/** Helpers of XDP programs: moving the bounds of the packet, copying its bytes. */
import type { Arena } from '../mem/arena.ts';
import { setXdpField, xdpDataMetaUnsupported, xdpField, xdpGetBuffLen, xdpGetMetalen } from '../net/xdp.ts';
import { UAPI } from '../spec/constants.ts';
import { LAYOUTS } from '../spec/layouts.ts';
import { EACCES, EFAULT, EINVAL, ENOTSUPP, type ImplTable } from './impl.ts';

const { ETH_HLEN } = UAPI;
/** Largest metadata: the length has one byte in skb_shared_info and counts in words. */
const MAX_META = 252;

/** First byte that the packet may use: a struct xdp_frame is kept before it. */
function frameEnd(arena: Arena, xdp: number): number {
  return xdpField(arena, xdp, 'data_hard_start') + LAYOUTS.xdp_frame.size;
}

/** Address of `len` bytes in the packet, or a negative errno. @kernel bpf_xdp_pointer */
export function bpfXdpPointer(arena: Arena, xdp: number, offset: number, len: number): number {
  if (offset > 0xffff || len > 0xffff) return -EFAULT;
  if (offset + len > xdpGetBuffLen(arena, xdp)) return -EINVAL;
  return xdpField(arena, xdp, 'data') + offset;
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
    const from = bpfXdpPointer(env.arena, env.object(ctx), offset, len);
    if (from < 0) return from;
    env.arena.copy(buf, from, len);
    return 0;
  },

  bpf_xdp_store_bytes(env, ctx, offset, buf, len) {
    const to = bpfXdpPointer(env.arena, env.object(ctx), offset, len);
    if (to < 0) return to;
    env.arena.copy(to, buf, len);
    return 0;
  },
} satisfies ImplTable;
