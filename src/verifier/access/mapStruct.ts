/** Kernel structs that maps are. */
import { MAP_TYPES } from '../../spec/mapTypes.ts';

const STRUCTS: Readonly<Partial<Record<keyof typeof MAP_TYPES, string>>> = {
  hash: 'bpf_htab',
  percpu_hash: 'bpf_htab',
  lru_hash: 'bpf_htab',
  lru_percpu_hash: 'bpf_htab',
  hash_of_maps: 'bpf_htab',
  array: 'bpf_array',
  percpu_array: 'bpf_array',
  prog_array: 'bpf_array',
  perf_event_array: 'bpf_array',
  cgroup_array: 'bpf_array',
  array_of_maps: 'bpf_array',
  stack_trace: 'bpf_stack_map',
  lpm_trie: 'lpm_trie',
  devmap: 'bpf_dtab',
  devmap_hash: 'bpf_dtab',
  sockmap: 'bpf_stab',
  sockhash: 'bpf_shtab',
  cpumap: 'bpf_cpu_map',
  xskmap: 'xsk_map',
  cgroup_storage: 'bpf_cgroup_storage_map',
  percpu_cgroup_storage: 'bpf_cgroup_storage_map',
  reuseport_sockarray: 'reuseport_array',
  queue: 'bpf_queue_stack',
  stack: 'bpf_queue_stack',
  sk_storage: 'bpf_local_storage_map',
  inode_storage: 'bpf_local_storage_map',
  task_storage: 'bpf_local_storage_map',
  cgrp_storage: 'bpf_local_storage_map',
  ringbuf: 'bpf_ringbuf_map',
  user_ringbuf: 'bpf_ringbuf_map',
  bloom_filter: 'bpf_bloom_filter',
};

const BY_TYPE: ReadonlyMap<number, string> = new Map(
  Object.entries(STRUCTS).map(([type, name]) => [MAP_TYPES[type as keyof typeof MAP_TYPES].id, name]),
);

/** The struct behind a map of this type; undefined where that is not known. */
export function mapStruct(type: number): string | undefined {
  return BY_TYPE.get(type);
}
