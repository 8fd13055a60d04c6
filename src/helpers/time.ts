/** Clocks: nanoseconds, and ticks for bpf_jiffies64. */
import type { ImplTable } from './impl.ts';

export const timeImpls = {
  bpf_ktime_get_ns: (env) => env.clock('monotonic'),
  bpf_ktime_get_boot_ns: (env) => env.clock('boottime'),
  bpf_ktime_get_coarse_ns: (env) => env.clock('coarse'),
  bpf_ktime_get_tai_ns: (env) => env.clock('tai'),
  bpf_jiffies64: (env) => env.clock('jiffies'),
} satisfies ImplTable;
