import type { MapAttr } from '../../src/maps/attr.ts';
import { freezeMap, userDelete, userUpdate } from '../../src/maps/user.ts';
import { bench, mapOf, u32 } from './setup.ts';

/** A command of bpf(2) on a map with values of up to 8 bytes; without a key its pointer is NULL. */
export type SysOp =
  | readonly ['update', key: number | null, value: number, flags: number]
  | readonly ['delete', key: number | null]
  | readonly ['freeze'];

export interface SysCase {
  readonly name: string;
  readonly attr: Pick<MapAttr, 'type' | 'key_size' | 'value_size' | 'max_entries'>;
  readonly ops: readonly SysOp[];
}

/** The last one has all high bits and not BPF_F_LOCK. */
const FLAGS = [0, 0, 0, 2, 1, 3, 4, 8, -8];
const PUSHES: readonly SysOp[] = [...FLAGS.map((flags): SysOp => ['update', null, 7, flags]), ['update', 0, 7, 0]];
const DELETES: readonly SysOp[] = [['delete', null], ['delete', 0], ['freeze'], ['freeze'], ['update', null, 1, 0]];
const INDEXED: readonly SysOp[] = [
  ...([0, 1, 5] as const).map((key): SysOp => ['update', key, 1, 0]),
  ...([1, 2, 3, 4, 8] as const).map((flags): SysOp => ['update', 1, 1, flags]),
  ...([0, 0, 1, 2, 9] as const).map((key): SysOp => ['delete', key]),
  ['update', 9, 1, 0],
  ['update', 1, 0, 0],
  ['update', 0, 0, 0],
  ['update', 0, 77777, 0],
  ['update', null, 1, 0],
  ['freeze'],
  ['freeze'],
  ['update', 0, 1, 0],
  ['delete', 0],
];

const keyless = (name: string, type: number, value_size: number, max_entries: number): SysCase => ({
  name,
  attr: { type, key_size: 0, value_size, max_entries },
  ops: [...PUSHES, ...DELETES],
});
const indexed = (name: string, type: number): SysCase => ({
  name,
  attr: { type, key_size: 4, value_size: 8, max_entries: 2 },
  ops: INDEXED,
});

/** 77777 is no descriptor; keys in and beyond the range. */
const DESCRIPTORS: readonly SysOp[] = [
  ...([0, 1, 5] as const).map((key): SysOp => ['update', key, 77777, 0]),
  ...([1, 2, 3, 4, 8] as const).map((flags): SysOp => ['update', 1, 77777, flags]),
  ...([0, 0, 1, 2, 9] as const).map((key): SysOp => ['delete', key]),
  ['update', 9, 77777, 0],
  ['update', 9, 77777, 1],
  ['update', null, 77777, 0],
  ['delete', null],
  ['freeze'],
  ['freeze'],
  ['update', 0, 77777, 0],
  ['delete', 0],
];
const descriptors = (name: string, type: number, value_size = 4, max_entries = 2, key_size = 4): SysCase => ({
  name,
  attr: { type, key_size, value_size, max_entries },
  ops: DESCRIPTORS,
});

export const SYS_CASES: readonly SysCase[] = [
  indexed('devmap', 14),
  indexed('cpumap', 16),
  indexed('devmap_hash', 25),
  keyless('queue', 22, 8, 2),
  keyless('stack', 23, 8, 2),
  keyless('ringbuf', 27, 0, 4096),
  keyless('bloom_filter', 30, 8, 4),
  keyless('user_ringbuf', 31, 0, 4096),
  descriptors('cgroup_array', 8),
  descriptors('xskmap', 17),
  descriptors('stack_trace', 7, 8, 3),
  descriptors('cgroup_storage', 19, 8, 0, 8),
  descriptors('percpu_cgroup_storage', 21, 8, 0, 8),
];

/** What the commands give here: 0 or -errno each. */
export function sysAnswers({ attr, ops }: SysCase): number[] {
  const { env } = bench();
  const map = mapOf(env, attr);
  const keyOf = (key: number | null): Uint8Array => (key === null ? new Uint8Array() : u32(key, 0));
  return ops.map((op) => {
    if (op[0] === 'freeze') return freezeMap(env, map);
    if (op[0] === 'delete') return userDelete(env, map, keyOf(op[1]));
    return userUpdate(env, map, keyOf(op[1]), u32(op[2], 0), op[3] < 0 ? 2 ** 64 - 2 ** 12 : op[3]);
  });
}
