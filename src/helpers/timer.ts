/** Timers in map values. */
import { UAPI } from '../spec/constants.ts';
import { EINVAL, type ImplTable } from './impl.ts';

const { BPF_F_TIMER_ABS, BPF_F_TIMER_CPU_PIN, CLOCK_BOOTTIME, CLOCK_MONOTONIC, CLOCK_REALTIME } = UAPI;
const CLOCKS: readonly number[] = [CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME];

export const timerImpls = {
  bpf_timer_init(env, timer, map, clock, flagsHi) {
    if (flagsHi !== 0 || !CLOCKS.includes(clock)) return -EINVAL;
    return env.timers.init('timer', map, timer, clock);
  },
  bpf_timer_set_callback: (env, timer, callback) => env.timers.setCallback(timer, callback),
  bpf_timer_start(env, timer, nsLo, nsHi, flags, flagsHi) {
    if ((flags & ~(BPF_F_TIMER_ABS | BPF_F_TIMER_CPU_PIN)) !== 0 || flagsHi !== 0) return -EINVAL;
    return env.timers.start(timer, nsLo, nsHi, (flags & BPF_F_TIMER_ABS) !== 0);
  },
  bpf_timer_cancel: (env, timer) => env.timers.cancel(timer),
} satisfies ImplTable;
