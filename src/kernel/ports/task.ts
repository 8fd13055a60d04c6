/** The task port over the World. */
import type { Task, TaskPort } from '../../helpers/ports/task.ts';
import { offsetOf } from '../../spec/layouts.ts';
import { cgroupPath } from '../cgroups.ts';
import type { KernelCore } from '../core.ts';
import { taskObjects } from '../task.ts';

/** Device and inode of the first pid namespace. */
const INIT_PID_NS = { dev: 4, ino: 0xefff_fffc } as const;
const SK_CGRP_DATA = offsetOf('sock', 'sk_cgrp_data');
const CGROUP_KN = offsetOf('cgroup', 'kn');
const KN_ID = offsetOf('kernfs_node', 'id');

export function taskPort(kernel: KernelCore): TaskPort {
  const { arena } = kernel;
  return {
    get task(): Task {
      return kernel.world.task;
    },
    pidNs: INIT_PID_NS,
    current: () => taskObjects(kernel).task,
    registers: () => taskObjects(kernel).registers,
    cgroupOf(sock) {
      const cgroup = arena.getU32(sock + SK_CGRP_DATA);
      return cgroup === 0 ? kernel.world.task.cgroup : arena.getU32(arena.getU32(cgroup + CGROUP_KN) + KN_ID);
    },
    ancestor: (cgroup, level) => cgroupPath(kernel.world.cgroups, cgroup)[level] ?? 0,
    isDescendant: (cgroup, ancestor) => cgroupPath(kernel.world.cgroups, cgroup).includes(ancestor),
  };
}
