/** Devices and sysctls: cgroup_device and cgroup_sysctl programs. */
import { offsetOf } from '../../spec/layouts.ts';
import type { BuildLocal } from './local.ts';

export const cgroupDevice: BuildLocal = (objects) => ({ object: objects.struct('bpf_cgroup_dev_ctx') });

const LOFF_T = 8;

/** What is written, or else what is there to be read, is the data. */
export const cgroupSysctl: BuildLocal = (objects, { data }) => {
  const { arena } = objects;
  const object = objects.struct('bpf_sysctl_kern');
  const value = objects.bytes(Math.max(1, data.length));
  const position = objects.bytes(LOFF_T);
  if (objects.full) return { object };
  arena.put(value, data);
  objects.point(object + offsetOf('bpf_sysctl_kern', 'ppos'), position);
  objects.point(object + offsetOf('bpf_sysctl_kern', 'cur_val'), value);
  arena.setU32(object + offsetOf('bpf_sysctl_kern', 'cur_len'), data.length);
  return { object };
};
