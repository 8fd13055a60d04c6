/** The current task and the cgroups, as the helpers reach them. */

/** A task, as far as helpers and the kernel's structs tell of it. */
export interface Task {
  readonly pid: number;
  readonly tgid: number;
  readonly uid: number;
  readonly gid: number;
  /** The program's name, at most 15 characters. */
  readonly comm: string;
  /** Id of its cgroup in the unified hierarchy. */
  readonly cgroup: number;
}

/** A cgroup of the unified hierarchy. Ids are those of the kernel: the root is 1. */
export interface Cgroup {
  readonly id: number;
  /** Id of the parent; 0 for the root. */
  readonly parent: number;
}

/** The pid namespace that programs run in: device and inode of its file under /proc. */
interface PidNamespace {
  readonly dev: number;
  readonly ino: number;
}

/** What stands behind the pointers that programs get: addresses of kernel objects that programs may read. */
export interface TaskPort {
  readonly task: Task;
  readonly pidNs: PidNamespace;
  /** Address of the current task's task_struct; 0 when there is no memory for it. */
  current(): number;
  /** Address of the registers with which the task entered the kernel; 0 when there is no memory. @kernel task_pt_regs */
  registers(): number;
  /** Id of the cgroup of a socket: that of the task that made it. */
  cgroupOf(sock: number): number;
  /** Id of the ancestor of a cgroup at a level (the root is level 0, the cgroup itself counts); 0 when there is none. */
  ancestor(cgroup: number, level: number): number;
  /** Is the first cgroup the second or below it? */
  isDescendant(cgroup: number, ancestor: number): boolean;
}
