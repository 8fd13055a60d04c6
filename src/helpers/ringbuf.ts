/** Ring buffers: samples written at once or reserved, filled and then committed. */
import { ringbufCommit, ringbufOutput, ringbufQuery, ringbufReserve } from '../maps/ringbuf.ts';
import { UAPI } from '../spec/constants.ts';
import { EAGAIN, EINVAL, type ImplTable } from './impl.ts';

/** They say whether a reader is to be woken; readers here read between runs, woken or not. */
const WAKEUP_FLAGS = UAPI.BPF_RB_NO_WAKEUP | UAPI.BPF_RB_FORCE_WAKEUP;

export const ringbufImpls = {
  bpf_ringbuf_output(env, map, data, size, flags, flagsHi) {
    if ((flags & ~WAKEUP_FLAGS) !== 0 || flagsHi !== 0) return -EINVAL;
    return ringbufOutput(env.maps, map, data, size) ? 0 : -EAGAIN;
  },
  bpf_ringbuf_reserve: (env, map, size, flags, flagsHi) =>
    (flags | flagsHi) !== 0 ? 0 : ringbufReserve(env.maps, map, size),
  bpf_ringbuf_submit: (env, sample) => ringbufCommit(env.maps, sample, false),
  bpf_ringbuf_discard: (env, sample) => ringbufCommit(env.maps, sample, true),
  bpf_ringbuf_query(env, map, what, whatHi) {
    const value = whatHi === 0 ? ringbufQuery(env.maps, map, what) : 0;
    env.ret64(value, Math.floor(value / 2 ** 32));
  },
} satisfies ImplTable;
