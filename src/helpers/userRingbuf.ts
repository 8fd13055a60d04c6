/** Draining a user ring buffer: the callback sees each sample through a dynptr. */
import { ringbufBytes, ringPut } from '../maps/ringbuf.ts';
import { userRingbufPeek, userRingbufRelease } from '../maps/userRingbuf.ts';
import { UAPI } from '../spec/constants.ts';
import { DYNPTR, dynptrInit } from './dynptrObject.ts';
import type { HelperEnv, LoopHelper, LoopState, LoopStep } from './env.ts';
import { EINVAL, ENODATA, ENOMEM } from './impl.ts';

const WAKEUP_FLAGS = UAPI.BPF_RB_NO_WAKEUP | UAPI.BPF_RB_FORCE_WAKEUP;
const BPF_MAX_USER_RINGBUF_SAMPLES = 128 * 1024;

/**
 * State words of the drain. `sample` is the copy of the sample that the callback sees: written back and freed when it
 * returns; `at` is its position in the ring, low and high half.
 */
const S = { map: 0, samples: 1, discarded: 2, sample: 3, size: 4, atLo: 5, atHi: 6, ctxLo: 7, ctxHi: 8 } as const;

function step(env: HelperEnv, state: LoopState): LoopStep {
  const { arena } = env;
  const map = state.get(S.map) >>> 0;
  for (; state.get(S.samples) < BPF_MAX_USER_RINGBUF_SAMPLES; state.set(S.samples, state.get(S.samples) + 1)) {
    const found = userRingbufPeek(env.maps, map);
    if ('discarded' in found) {
      state.set(S.discarded, state.get(S.discarded) + 1);
      continue;
    }
    if ('errno' in found) {
      if (found.errno !== -ENODATA) return { done: found.errno };
      break;
    }
    const sample = arena.alloc({ kind: 'memory', size: found.size });
    if (!sample.ok) return { done: -ENOMEM };
    arena.put(sample.value, ringbufBytes(env.maps, map, found.position, found.size));
    state.set(S.sample, sample.value);
    state.set(S.size, found.size);
    state.set(S.atLo, found.position | 0);
    state.set(S.atHi, Math.floor(found.position / 2 ** 32));
    dynptrInit(arena, state.buffer, DYNPTR.local, sample.value, found.size);
    return {
      call: [
        [state.buffer, 0],
        [state.get(S.ctxLo), state.get(S.ctxHi)],
        [0, 0],
        [0, 0],
        [0, 0],
      ],
    };
  }
  return { done: state.get(S.samples) - state.get(S.discarded) };
}

/** Ends the sample that the callback saw; what it wrote is in the ring. */
function release(env: HelperEnv, state: LoopState): void {
  const { arena } = env;
  const [map, sample, size] = [state.get(S.map) >>> 0, state.get(S.sample) >>> 0, state.get(S.size)];
  const position = state.get(S.atHi) * 2 ** 32 + (state.get(S.atLo) >>> 0);
  ringPut(env.maps, map, position, arena.bytes(sample, size));
  arena.free(sample);
  userRingbufRelease(env.maps, map, size);
  state.set(S.samples, state.get(S.samples) + 1);
}

/** The result is the number of samples that the callback saw, or a negative errno. @kernel bpf_user_ringbuf_drain */
export const userRingbufDrain: LoopHelper = {
  callbackArg: 1,
  start(env, state, args) {
    const [flagsLo, flagsHi] = args[3]!;
    if ((flagsLo & ~WAKEUP_FLAGS) !== 0 || flagsHi !== 0) return { done: -EINVAL };
    state.set(S.map, args[0]![0]);
    state.set(S.samples, 0);
    state.set(S.discarded, 0);
    state.set(S.ctxLo, args[2]![0]);
    state.set(S.ctxHi, args[2]![1]);
    return step(env, state);
  },
  next(env, state, r0) {
    release(env, state);
    return r0 === 0 ? step(env, state) : { done: state.get(S.samples) - state.get(S.discarded) };
  },
};
