/** Kfuncs that make dynptrs of packets, look at them and narrow them. */
import { type Arena, PERM_READ } from '../../mem/arena.ts';
import { skbField, skbHeadlen } from '../../net/skb.ts';
import { xdpField, xdpGetBuffLen } from '../../net/xdp.ts';
import {
  DYNPTR,
  DYNPTR_BYTES,
  dynptrAt,
  dynptrCheckOffLen,
  dynptrInit,
  dynptrNarrow,
  dynptrSetNull,
} from '../dynptrObject.ts';
import type { HelperEnv } from '../env.ts';
import { EINVAL, ERANGE } from '../impl.ts';
import { bpfXdpCopyTo, bpfXdpPointer } from '../xdp.ts';
import { kfunc } from './row.ts';

/** Prog types that may write to packets: others get read-only dynptrs. @kernel may_access_direct_pkt_data */
const WRITERS: ReadonlySet<string> = new Set(['sched_cls', 'sched_act', 'lwt_xmit', 'sk_skb']);

/** The bytes in the linear part, or NULL. @kernel skb_header_pointer, skb_pointer_if_linear */
function skbSlice(arena: Arena, skb: number, offset: number, len: number): number {
  const headlen = skbHeadlen(arena, skb);
  if (headlen - offset < len) return 0;
  const data = skbField(arena, skb, 'data');
  // Programs that reach no packet by data and data_end reach it by slices.
  if (arena.check(data + offset, len, PERM_READ) < 0) {
    const head = skbField(arena, skb, 'head');
    const { lo, hi } = arena.region(head)!;
    arena.setWindow(head, lo < hi ? Math.min(lo, data) : data, Math.max(hi, data + headlen));
  }
  return data + offset;
}

/** Where the bytes are, or the buffer with what of them is there. @kernel bpf_xdp_pointer, bpf_xdp_copy_buf */
function xdpSlice(env: HelperEnv, xdp: number, offset: number, len: number, buffer: number): number {
  const { arena } = env;
  const found = bpfXdpPointer(arena, xdp, offset, len);
  if (found > 0) return found;
  // No bytes are anywhere.
  if (found === 0 && len === 0) return xdpField(arena, xdp, 'data');
  if (buffer === 0) return 0;
  bpfXdpCopyTo(arena, xdp, offset, buffer, len);
  return buffer;
}

function slice(env: HelperEnv, at: number, offset: number, buffer: number, len: number): number {
  const { arena } = env;
  const ptr = dynptrAt(arena, at);
  if (ptr.data === 0 || dynptrCheckOffLen(ptr, offset, len) !== 0) return 0;
  const start = ptr.offset + offset;
  if (ptr.type === DYNPTR.skb) return skbSlice(arena, env.object(ptr.data), start, len);
  if (ptr.type === DYNPTR.xdp) return xdpSlice(env, env.object(ptr.data), start, len, buffer);
  return ptr.data + start;
}

export const dynptrKfuncs = {
  bpf_dynptr_from_skb: kfunc(['ctx', 'u64', 'dynptr_uninit'], 'int', (env, ctx, lo, hi, at) => {
    const { arena } = env;
    if ((lo | hi) !== 0) {
      dynptrSetNull(arena, at);
      return -EINVAL;
    }
    const len = skbField(arena, env.object(ctx), 'len');
    dynptrInit(arena, at, DYNPTR.skb, ctx, len, !WRITERS.has(env.progType));
    return 0;
  }),
  bpf_dynptr_from_xdp: kfunc(['ctx', 'u64', 'dynptr_uninit'], 'int', (env, ctx, lo, hi, at) => {
    const { arena } = env;
    if ((lo | hi) !== 0) {
      dynptrSetNull(arena, at);
      return -EINVAL;
    }
    dynptrInit(arena, at, DYNPTR.xdp, ctx, xdpGetBuffLen(arena, env.object(ctx)));
    return 0;
  }),
  bpf_dynptr_slice: kfunc(['dynptr', 'u32', 'mem_opt', 'size'], 'pointer', slice),
  bpf_dynptr_slice_rdwr: kfunc(['dynptr', 'u32', 'mem_opt', 'size'], 'pointer', (env, at, offset, buffer, len) =>
    dynptrAt(env.arena, at).rdonly ? 0 : slice(env, at, offset, buffer, len),
  ),
  bpf_dynptr_adjust: kfunc(['dynptr', 'u32', 'u32'], 'int', ({ arena }, at, start, end) => {
    const { data, size } = dynptrAt(arena, at);
    if (data === 0 || start > end) return -EINVAL;
    if (start > size || end > size) return -ERANGE;
    dynptrNarrow(arena, at, start, end - start);
    return 0;
  }),
  bpf_dynptr_is_null: kfunc(['dynptr'], 'u32', ({ arena }, at) => Number(dynptrAt(arena, at).data === 0)),
  bpf_dynptr_is_rdonly: kfunc(['dynptr'], 'u32', ({ arena }, at) => {
    const { data, rdonly } = dynptrAt(arena, at);
    return Number(data !== 0 && rdonly);
  }),
  bpf_dynptr_size: kfunc(['dynptr'], 'u32', ({ arena }, at) => {
    const { data, size } = dynptrAt(arena, at);
    return data === 0 ? -EINVAL : size;
  }),
  bpf_dynptr_clone: kfunc(['dynptr', 'dynptr_uninit'], 'int', ({ arena }, at, to) => {
    if (dynptrAt(arena, at).data === 0) {
      dynptrSetNull(arena, to);
      return -EINVAL;
    }
    arena.copy(to, at, DYNPTR_BYTES);
    return 0;
  }),
};
