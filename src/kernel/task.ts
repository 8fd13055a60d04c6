/**
 * The current task as kernel objects: task_struct, cred, css_set, cgroups with their kernfs nodes, pt_regs. They are made when
 * a program first asks for the task, and hold what the World says of it; members that nothing here tells of are zero.
 */
import type { Task } from '../helpers/ports/task.ts';
import type { MapEnv } from '../maps/attr.ts';
import { type Arena, PERM_READ } from '../mem/arena.ts';
import { LAYOUTS, type MemberName, offsetOf, type StructName } from '../spec/layouts.ts';
import { cgroupPath } from './cgroups.ts';
import type { KernelCore } from './core.ts';

/** The first program of a boot, run by root in the root cgroup. */
export const INIT_TASK: Task = { pid: 1, tgid: 1, uid: 0, gid: 0, comm: 'init', cgroup: 1 };

/** Addresses of the objects that were made; all 0 when there was no memory. */
export interface TaskObjects {
  readonly task: number;
  /** The idle task, whose child the task is. */
  readonly idle: number;
  readonly registers: number;
  readonly cred: number;
  readonly cssSet: number;
  /** By cgroup id. */
  readonly cgroups: readonly (readonly [id: number, address: number])[];
}

const NOTHING: TaskObjects = { task: 0, idle: 0, registers: 0, cred: 0, cssSet: 0, cgroups: [] };
/** A task that the first program of a boot is: default priority, on its CPU, SIGCHLD at its end. */
const TASK_FIELDS = { flags: 0x0040_0100, usage: 1, prio: 120, static_prio: 120, normal_prio: 120, on_cpu: 1 } as const;
const SIGCHLD = 17;
const COMM_LENGTH = 16;
const { ancestors, kn, level, self } = LAYOUTS.cgroup.members;

function set<S extends StructName>(
  arena: Arena,
  object: number,
  struct: S,
  member: MemberName<S>,
  value: number,
): void {
  arena.setU32(object + offsetOf(struct, member), value);
}

function setComm(arena: Arena, task: number, comm: string): void {
  const bytes = new Uint8Array(COMM_LENGTH);
  bytes.set(Uint8Array.from(comm, (c) => c.charCodeAt(0)).subarray(0, COMM_LENGTH - 1));
  arena.put(task + offsetOf('task_struct', 'comm'), bytes);
}

/** Writes what the World says of the task into its objects. */
export function fillTask({ arena, cpus }: MapEnv, objects: TaskObjects, task: Task): void {
  const { task: object, idle, cred, cssSet } = objects;
  if (object === 0) return;
  const put = (member: MemberName<'task_struct'>, value: number): void =>
    set(arena, object, 'task_struct', member, value);
  for (const [member, value] of Object.entries(TASK_FIELDS)) put(member as MemberName<'task_struct'>, value);
  put('nr_cpus_allowed', cpus);
  put('exit_signal', SIGCHLD);
  put('pid', task.pid);
  put('tgid', task.tgid);
  put('group_leader', object);
  for (const member of ['cred', 'real_cred'] as const) put(member, cred);
  put('cgroups', cssSet);
  setComm(arena, object, task.comm);
  for (const child of [object, idle]) {
    for (const member of ['real_parent', 'parent'] as const) set(arena, child, 'task_struct', member, idle);
  }
  set(arena, idle, 'task_struct', 'group_leader', idle);
  setComm(arena, idle, 'swapper/0');
  for (const member of ['uid', 'suid', 'euid', 'fsuid'] as const) set(arena, cred, 'cred', member, task.uid);
  for (const member of ['gid', 'sgid', 'egid', 'fsgid'] as const) set(arena, cred, 'cred', member, task.gid);
  set(arena, cssSet, 'css_set', 'dfl_cgrp', objects.cgroups.find(([id]) => id === task.cgroup)?.[1] ?? 0);
}

/** One cgroup and its kernfs node, below the addresses of its ancestors. */
function makeCgroup(arena: Arena, alloc: (size: number) => number, id: number, above: readonly number[]): number {
  const cgroup = alloc(LAYOUTS.cgroup.size + 8 * (above.length + 1));
  const node = alloc(LAYOUTS.kernfs_node.size);
  if (cgroup === 0 || node === 0) return 0;
  arena.setU32(node + offsetOf('kernfs_node', 'id'), id);
  arena.setU32(cgroup + kn[0], node);
  arena.setU32(cgroup + level[0], above.length);
  arena.setU32(cgroup + self[0] + offsetOf('cgroup_subsys_state', 'cgroup'), cgroup);
  arena.setU32(cgroup + self[0] + offsetOf('cgroup_subsys_state', 'parent'), above.at(-1) ?? 0);
  [...above, cgroup].forEach((address, i) => {
    arena.setU32(cgroup + ancestors[0] + 8 * i, address);
  });
  return cgroup;
}

function make({ arena, world }: KernelCore): TaskObjects {
  const made: number[] = [];
  const alloc = (size: number): number => {
    const region = arena.alloc({ kind: 'kernel', size, perm: PERM_READ });
    made.push(region.ok ? region.value : 0);
    return made.at(-1)!;
  };
  const task = alloc(LAYOUTS.task_struct.size);
  const idle = alloc(LAYOUTS.task_struct.size);
  const cred = alloc(LAYOUTS.cred.size);
  const cssSet = alloc(LAYOUTS.css_set.size);
  const registers = alloc(LAYOUTS.pt_regs.size);
  const cgroups: [number, number][] = [];
  const addressOf = (id: number): number => cgroups.find(([known]) => known === id)?.[1] ?? 0;
  for (const { id } of world.cgroups) {
    const above = cgroupPath(world.cgroups, id).slice(0, -1).map(addressOf);
    cgroups.push([id, makeCgroup(arena, alloc, id, above)]);
  }
  if (!made.includes(0)) return { task, idle, cred, cssSet, registers, cgroups };
  for (const address of made) if (address !== 0) arena.free(address);
  return NOTHING;
}

/** The objects of the current task. */
export function taskObjects(kernel: KernelCore): TaskObjects {
  const known = kernel.world.taskObjects;
  if (known) return known;
  const objects = make(kernel);
  if (objects === NOTHING) return objects;
  fillTask(kernel.maps, objects, kernel.world.task);
  kernel.world = { ...kernel.world, taskObjects: objects };
  return objects;
}
