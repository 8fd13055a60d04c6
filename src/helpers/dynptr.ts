/** Dynptrs: memory, samples of ring buffers and packets behind one kind of pointer whose bounds are known at run time. */
import { ringbufCommit, ringbufReserve } from '../maps/ringbuf.ts';
import { DYNPTR, dynptrAt, dynptrCheckOffLen, dynptrCheckSize, dynptrInit, dynptrSetNull } from './dynptrObject.ts';
import type { HelperEnv } from './env.ts';
import { EINVAL, type ImplTable } from './impl.ts';
import { skbImpls } from './skb.ts';
import { xdpImpls } from './xdp.ts';

/** Ends the sample of a dynptr. */
function commit(env: HelperEnv, ptr: number, discard: boolean): void {
  const { data } = dynptrAt(env.arena, ptr);
  if (data === 0) return;
  ringbufCommit(env.maps, data, discard);
  dynptrSetNull(env.arena, ptr);
}

export const dynptrImpls = {
  bpf_dynptr_from_mem(env, data, size, flagsLo, flagsHi, ptr) {
    const { arena } = env;
    const refused = dynptrCheckSize(size) || ((flagsLo | flagsHi) !== 0 ? -EINVAL : 0);
    if (refused !== 0) dynptrSetNull(arena, ptr);
    else dynptrInit(arena, ptr, DYNPTR.local, data, size);
    return refused;
  },

  bpf_ringbuf_reserve_dynptr(env, map, size, flagsLo, flagsHi, ptr) {
    const { arena } = env;
    dynptrSetNull(arena, ptr);
    if ((flagsLo | flagsHi) !== 0) return -EINVAL;
    const refused = dynptrCheckSize(size);
    if (refused !== 0) return refused;
    const sample = ringbufReserve(env.maps, map, size);
    if (sample === 0) return -EINVAL;
    dynptrInit(arena, ptr, DYNPTR.ringbuf, sample, size);
    return 0;
  },

  bpf_ringbuf_submit_dynptr: (env, ptr) => commit(env, ptr, false),
  bpf_ringbuf_discard_dynptr: (env, ptr) => commit(env, ptr, true),

  bpf_dynptr_read(env, dst, len, src, offset, flagsLo, flagsHi) {
    const { arena } = env;
    const ptr = dynptrAt(arena, src);
    if (ptr.data === 0 || (flagsLo | flagsHi) !== 0) return -EINVAL;
    const refused = dynptrCheckOffLen(ptr, offset, len);
    if (refused !== 0) return refused;
    const at = ptr.offset + offset;
    if (ptr.type === DYNPTR.skb) return skbImpls.bpf_skb_load_bytes(env, ptr.data, at, dst, len);
    if (ptr.type === DYNPTR.xdp) return xdpImpls.bpf_xdp_load_bytes(env, ptr.data, at, dst, len);
    arena.copy(dst, ptr.data + at, len);
    return 0;
  },

  bpf_dynptr_write(env, dst, offset, src, len, flagsLo, flagsHi) {
    const { arena } = env;
    const ptr = dynptrAt(arena, dst);
    if (ptr.data === 0 || ptr.rdonly) return -EINVAL;
    const refused = dynptrCheckOffLen(ptr, offset, len);
    if (refused !== 0) return refused;
    const at = ptr.offset + offset;
    if (ptr.type === DYNPTR.skb) return skbImpls.bpf_skb_store_bytes(env, ptr.data, at, src, len, flagsLo, flagsHi);
    if ((flagsLo | flagsHi) !== 0) return -EINVAL;
    if (ptr.type === DYNPTR.xdp) return xdpImpls.bpf_xdp_store_bytes(env, ptr.data, at, src, len);
    arena.copy(ptr.data + at, src, len);
    return 0;
  },

  bpf_dynptr_data(env, at, offset, len) {
    const ptr = dynptrAt(env.arena, at);
    if (ptr.data === 0 || dynptrCheckOffLen(ptr, offset, len) !== 0 || ptr.rdonly) return 0;
    return ptr.type === DYNPTR.local || ptr.type === DYNPTR.ringbuf ? ptr.data + ptr.offset + offset : 0;
  },
} satisfies ImplTable;
