/** Registers and samples: kprobe and perf_event programs. */
import { offsetOf } from '../../spec/layouts.ts';
import type { BuildLocal } from './local.ts';

export const kprobe: BuildLocal = (objects) => ({ object: objects.struct('pt_regs') });

export const perfEvent: BuildLocal = (objects) => {
  const object = objects.struct('bpf_perf_event_data_kern');
  objects.point(object + offsetOf('bpf_perf_event_data_kern', 'regs'), objects.struct('pt_regs'));
  objects.point(object + offsetOf('bpf_perf_event_data_kern', 'data'), objects.struct('perf_sample_data'));
  return { object };
};
