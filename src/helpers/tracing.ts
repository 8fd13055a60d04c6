/** What tracing programs ask of the machine: performance counters, branch records, cookies, memory areas. */
import { MAP } from '../maps/object.ts';
import { perfEventSlot } from '../maps/perfEventArray.ts';
import { UAPI } from '../spec/constants.ts';
import type { HelperEnv, LoopHelper } from './env.ts';
import { E2BIG, EINVAL, ENOENT, type ImplTable } from './impl.ts';

const { BPF_F_CURRENT_CPU } = UAPI;
/** struct bpf_perf_event_value */
const PERF_EVENT_VALUE_SIZE = 24;

/** Why there is no counter at an index of a perf_event_array; counters that are there count nothing here. @kernel get_map_perf_counter */
function counter(env: HelperEnv, map: number, flags: number, flagsHi: number): number {
  if (flagsHi !== 0) return -EINVAL;
  const index = flags >>> 0 === BPF_F_CURRENT_CPU ? env.cpu : flags >>> 0;
  if (index >= env.arena.getU32(map + MAP.maxEntries)) return -E2BIG;
  if (perfEventSlot(env.maps, map, index) === 0) return -ENOENT;
  env.notSimulated('the value of a performance counter');
  return 0;
}

export const tracingImpls = {
  bpf_perf_event_read(env, map, flags, flagsHi) {
    const error = counter(env, map, flags, flagsHi);
    env.ret64(error, error >> 31);
  },
  bpf_perf_event_read_value(env, map, flags, flagsHi, buf, size) {
    env.arena.fill(buf, 0, size);
    return size === PERF_EVENT_VALUE_SIZE ? counter(env, map, flags, flagsHi) : -EINVAL;
  },

  /** A CPU without last branch records. */
  bpf_get_branch_snapshot: (_env, _entries, _size, flags, flagsHi) => ((flags | flagsHi) !== 0 ? -EINVAL : -ENOENT),

  /** Programs run without a link, which would hold the cookie. */
  bpf_get_attach_cookie: (env) => env.ret64(0, 0),
} satisfies ImplTable;

/** The task has no memory areas: no address lies in one. */
export const findVma: LoopHelper = {
  callbackArg: 2,
  start: (_env, _state, args) => {
    const [flagsLo, flagsHi] = args[4]!;
    return { done: (flagsLo | flagsHi) !== 0 ? -EINVAL : -ENOENT };
  },
  next: () => ({ done: 0 }),
};
