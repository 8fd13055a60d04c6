/**
 * Map types of 6.12. The key is the name that bpftool and libbpf print; the kernel's is BPF_MAP_TYPE_ and the same in capitals
 * (type 19 and 21 carry a _DEPRECATED behind it in the enum; the short name is an alias of the same number).
 */

export interface MapTypeRow {
  /** Number in enum bpf_map_type. */
  readonly id: number;
  /** Name in enum bpf_map_type. */
  readonly kernel: `BPF_MAP_TYPE_${string}`;
  readonly since: string;
  /** Datapath programs use it (packets, sockets, cgroups' network hooks), as opposed to tracing and schedulers only. */
  readonly networking: boolean;
}

export const MAP_TYPES = {
  hash: { id: 1, kernel: 'BPF_MAP_TYPE_HASH', since: '3.19', networking: true },
  array: { id: 2, kernel: 'BPF_MAP_TYPE_ARRAY', since: '3.19', networking: true },
  prog_array: { id: 3, kernel: 'BPF_MAP_TYPE_PROG_ARRAY', since: '4.2', networking: true },
  perf_event_array: { id: 4, kernel: 'BPF_MAP_TYPE_PERF_EVENT_ARRAY', since: '4.3', networking: true },
  percpu_hash: { id: 5, kernel: 'BPF_MAP_TYPE_PERCPU_HASH', since: '4.6', networking: true },
  percpu_array: { id: 6, kernel: 'BPF_MAP_TYPE_PERCPU_ARRAY', since: '4.6', networking: true },
  stack_trace: { id: 7, kernel: 'BPF_MAP_TYPE_STACK_TRACE', since: '4.6', networking: false },
  cgroup_array: { id: 8, kernel: 'BPF_MAP_TYPE_CGROUP_ARRAY', since: '4.8', networking: true },
  lru_hash: { id: 9, kernel: 'BPF_MAP_TYPE_LRU_HASH', since: '4.10', networking: true },
  lru_percpu_hash: { id: 10, kernel: 'BPF_MAP_TYPE_LRU_PERCPU_HASH', since: '4.10', networking: true },
  lpm_trie: { id: 11, kernel: 'BPF_MAP_TYPE_LPM_TRIE', since: '4.11', networking: true },
  array_of_maps: { id: 12, kernel: 'BPF_MAP_TYPE_ARRAY_OF_MAPS', since: '4.12', networking: true },
  hash_of_maps: { id: 13, kernel: 'BPF_MAP_TYPE_HASH_OF_MAPS', since: '4.12', networking: true },
  devmap: { id: 14, kernel: 'BPF_MAP_TYPE_DEVMAP', since: '4.14', networking: true },
  sockmap: { id: 15, kernel: 'BPF_MAP_TYPE_SOCKMAP', since: '4.14', networking: true },
  cpumap: { id: 16, kernel: 'BPF_MAP_TYPE_CPUMAP', since: '4.15', networking: true },
  xskmap: { id: 17, kernel: 'BPF_MAP_TYPE_XSKMAP', since: '4.18', networking: true },
  sockhash: { id: 18, kernel: 'BPF_MAP_TYPE_SOCKHASH', since: '4.18', networking: true },
  cgroup_storage: { id: 19, kernel: 'BPF_MAP_TYPE_CGROUP_STORAGE', since: '4.19', networking: true },
  reuseport_sockarray: { id: 20, kernel: 'BPF_MAP_TYPE_REUSEPORT_SOCKARRAY', since: '4.19', networking: true },
  percpu_cgroup_storage: { id: 21, kernel: 'BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE', since: '4.20', networking: true },
  queue: { id: 22, kernel: 'BPF_MAP_TYPE_QUEUE', since: '4.20', networking: true },
  stack: { id: 23, kernel: 'BPF_MAP_TYPE_STACK', since: '4.20', networking: true },
  sk_storage: { id: 24, kernel: 'BPF_MAP_TYPE_SK_STORAGE', since: '5.2', networking: true },
  devmap_hash: { id: 25, kernel: 'BPF_MAP_TYPE_DEVMAP_HASH', since: '5.4', networking: true },
  struct_ops: { id: 26, kernel: 'BPF_MAP_TYPE_STRUCT_OPS', since: '5.6', networking: false },
  ringbuf: { id: 27, kernel: 'BPF_MAP_TYPE_RINGBUF', since: '5.8', networking: true },
  inode_storage: { id: 28, kernel: 'BPF_MAP_TYPE_INODE_STORAGE', since: '5.10', networking: false },
  task_storage: { id: 29, kernel: 'BPF_MAP_TYPE_TASK_STORAGE', since: '5.11', networking: false },
  bloom_filter: { id: 30, kernel: 'BPF_MAP_TYPE_BLOOM_FILTER', since: '5.16', networking: true },
  user_ringbuf: { id: 31, kernel: 'BPF_MAP_TYPE_USER_RINGBUF', since: '6.1', networking: false },
  cgrp_storage: { id: 32, kernel: 'BPF_MAP_TYPE_CGRP_STORAGE', since: '6.2', networking: false },
  arena: { id: 33, kernel: 'BPF_MAP_TYPE_ARENA', since: '6.9', networking: false },
} as const satisfies Readonly<Record<string, MapTypeRow>>;

export type MapTypeName = keyof typeof MAP_TYPES;

const BY_ID: ReadonlyMap<number, MapTypeName> = new Map(
  (Object.keys(MAP_TYPES) as MapTypeName[]).map((name) => [MAP_TYPES[name].id, name]),
);

/** Name of a map type number; undefined when 6.12 has none. */
export function mapTypeName(id: number): MapTypeName | undefined {
  return BY_ID.get(id);
}

/** Row of a map type by its number, its name or its BPF_MAP_TYPE_ name. */
export function mapTypeRow(type: number | string): MapTypeRow | undefined {
  const name =
    typeof type === 'number'
      ? BY_ID.get(type)
      : type.replace(/^BPF_MAP_TYPE_([A-Z_]+)$/, (_, t: string) => t.toLowerCase());
  return name !== undefined && Object.hasOwn(MAP_TYPES, name) ? MAP_TYPES[name as MapTypeName] : undefined;
}
