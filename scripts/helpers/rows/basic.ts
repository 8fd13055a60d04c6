/** Clocks, CPUs, random numbers, locks: of these only what does not differ from run to run. */
import type { RowTable } from './row.ts';

const clock =
  (
    name:
      | 'bpf_ktime_get_ns'
      | 'bpf_ktime_get_boot_ns'
      | 'bpf_ktime_get_coarse_ns'
      | 'bpf_ktime_get_tai_ns'
      | 'bpf_jiffies64',
  ) =>
  ({ call }: Parameters<NonNullable<RowTable['bpf_loop']>>[0]) => [call(name, [], 'nonzero')];

export const basicRows: RowTable = {
  bpf_ktime_get_ns: clock('bpf_ktime_get_ns'),
  bpf_ktime_get_boot_ns: clock('bpf_ktime_get_boot_ns'),
  bpf_ktime_get_coarse_ns: clock('bpf_ktime_get_coarse_ns'),
  bpf_ktime_get_tai_ns: clock('bpf_ktime_get_tai_ns'),
  bpf_jiffies64: clock('bpf_jiffies64'),
  bpf_get_prandom_u32: ({ call }) => [call('bpf_get_prandom_u32', [], 'high')],
};
