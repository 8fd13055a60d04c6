/** Devices and sysctls: cgroup_device and cgroup_sysctl programs. */
import { offsetOf } from '../../spec/layouts.ts';
import type { BuildLocal } from './local.ts';
import type { KernelObjects } from './objects.ts';

export const cgroupDevice: BuildLocal = (objects) => ({ object: objects.struct('bpf_cgroup_dev_ctx') });

const LOFF_T = 8;
/** Room that the kernel gives a new value. */
const PAGE_SIZE = 4096;

/** A NUL-terminated text. */
function text(objects: KernelObjects, value: string, room = value.length + 1): number {
  const at = objects.bytes(room);
  if (at !== 0) objects.arena.put(at, new TextEncoder().encode(value).subarray(0, room - 1));
  return at;
}

/** A ctl_table entry with a name. */
function entry(objects: KernelObjects, name: string): number {
  const table = objects.struct('ctl_table');
  if (table !== 0) objects.point(table + offsetOf('ctl_table', 'procname'), text(objects, name));
  return table;
}

/** The header of a directory, or of the tables in one. */
function header(objects: KernelObjects, name: string, parent: number): number {
  const at = objects.struct('ctl_table_header');
  if (at === 0) return 0;
  objects.point(at + offsetOf('ctl_table_header', 'ctl_table'), entry(objects, name));
  objects.point(at + offsetOf('ctl_table_header', 'parent'), parent);
  return at;
}

/** The file under /proc/sys, what it holds and what is being written to it. */
export const cgroupSysctl: BuildLocal = (objects, { input }) => {
  const { arena } = objects;
  const { name = '', current = '', next } = input.sysctl ?? {};
  const object = objects.struct('bpf_sysctl_kern');
  const names = name.split('/');
  const dir = names.slice(0, -1).reduce((parent, part) => header(objects, part, parent), header(objects, '', 0));
  const head = header(objects, '', dir);
  const table = entry(objects, names.at(-1) ?? '');
  const position = objects.bytes(LOFF_T);
  const value = text(objects, current);
  const written = text(objects, next ?? '', PAGE_SIZE);
  if (objects.full) return { object };
  const at = (member: Parameters<typeof offsetOf<'bpf_sysctl_kern'>>[1]): number =>
    object + offsetOf('bpf_sysctl_kern', member);
  objects.point(at('head'), head);
  objects.point(at('table'), table);
  objects.point(at('ppos'), position);
  objects.point(at('cur_val'), value);
  arena.setU32(at('cur_len'), current.length);
  if (next === undefined) return { object };
  objects.point(at('new_val'), written);
  arena.setU32(at('new_len'), Math.min(next.length, PAGE_SIZE - 1));
  arena.setU32(at('write'), 1);
  return { object, dataOut: () => arena.bytes(written, arena.getU32(at('new_len'))) };
};
