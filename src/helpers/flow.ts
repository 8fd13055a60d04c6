/** Helpers about the program itself: the CPU it runs on, random numbers, counted loops. */
import type { LoopHelper, LoopState, LoopStep } from './env.ts';
import { E2BIG, EINVAL, type ImplTable } from './impl.ts';

export const flowImpls = {
  bpf_get_prandom_u32: (env) => env.random(),
  bpf_get_smp_processor_id: (env) => env.cpu,
  // All CPUs of the simulated machine belong to one node.
  bpf_get_numa_node_id: () => 0,
} satisfies ImplTable;

/** BPF_MAX_LOOPS */
const MAX_LOOPS = 8 * 1024 * 1024;

const S = { index: 0, limit: 1, ctxLo: 2, ctxHi: 3 } as const;

function step(state: LoopState): LoopStep {
  const index = state.get(S.index);
  if (index >= state.get(S.limit)) return { done: index };
  return {
    call: [
      [index, 0],
      [state.get(S.ctxLo), state.get(S.ctxHi)],
      [0, 0],
      [0, 0],
      [0, 0],
    ],
  };
}

/** The result is the number of iterations. */
export const loop: LoopHelper = {
  callbackArg: 1,
  start(_env, state, args) {
    const limit = args[0]![0] >>> 0;
    const [flagsLo, flagsHi] = args[3]!;
    if ((flagsLo | flagsHi) !== 0) return { done: -EINVAL };
    // Without flags the kernel's verifier writes the loop out as insns: they compare all 64 bits and set W0 only.
    if (limit > MAX_LOOPS || args[0]![1] !== 0) return { done: -E2BIG, hi: 0 };
    state.set(S.index, 0);
    state.set(S.limit, limit);
    state.set(S.ctxLo, args[2]![0]);
    state.set(S.ctxHi, args[2]![1]);
    return step(state);
  },
  next(_env, state, r0) {
    state.set(S.index, state.get(S.index) + 1);
    return r0 !== 0 ? { done: state.get(S.index) } : step(state);
  },
};
