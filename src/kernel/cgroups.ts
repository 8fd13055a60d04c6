/** The unified hierarchy of cgroups: ids and parents. */
import type { Cgroup } from '../helpers/ports/task.ts';
import { cgroupStorageReset, isCgroupStorage } from '../maps/cgroupStorage.ts';
import type { KernelCore } from './core.ts';

/** Only the root. */
export const ROOT_CGROUP: Cgroup = { id: 1, parent: 0 };

/** Ids from the root down to a cgroup; empty when there is no such cgroup. */
export function cgroupPath(cgroups: readonly Cgroup[], id: number): readonly number[] {
  const path: number[] = [];
  for (let at = cgroups.find((c) => c.id === id); at; at = cgroups.find((c) => c.id === at!.parent)) {
    path.unshift(at.id);
  }
  return path;
}

/** The cgroups with one more, whose parent must be there and whose id must not. */
export function withCgroup(cgroups: readonly Cgroup[], added: Cgroup): readonly Cgroup[] | undefined {
  const parent = cgroups.some((c) => c.id === added.parent);
  return parent && added.id !== 0 && !cgroups.some((c) => c.id === added.id) ? [...cgroups, added] : undefined;
}

/** Gives the programs of a run cgroup storage of their own, zeroed. */
export function resetCgroupStorage({ maps, world }: KernelCore): void {
  for (const { type, address } of world.maps) if (isCgroupStorage(type)) cgroupStorageReset(maps, address);
}
