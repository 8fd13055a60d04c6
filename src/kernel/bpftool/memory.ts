/** What maps take of the kernel's memory, as BPF_OBJ_GET_INFO and fdinfo's memlock say it: computed, not measured. */
import type { MapEnv } from '../../maps/attr.ts';
import { MAP, mapInfo } from '../../maps/object.ts';
import { userLookup, userNextKey } from '../../maps/user.ts';
import { UAPI } from '../../spec/constants.ts';
import type { MapTypeName } from '../../spec/mapTypes.ts';
import { mapTypeName } from '../../spec/mapTypes.ts';

/** Bytes of the kernel's structs, Linux 6.12 on x86-64. */
const SIZEOF = {
  bpf_array: 264,
  bpf_htab: 896,
  bucket: 16,
  htab_elem: 48,
  llist_node: 8,
  lpm_trie_node: 40,
  bpf_queue_stack: 264,
  bpf_bloom_filter: 264,
  bpf_ringbuf_map: 256,
  bpf_stack_map: 288,
  stack_map_bucket: 16,
  bpf_dtab: 296,
  bpf_dtab_netdev: 64,
  bpf_cpu_map: 256,
  xsk_map: 256,
  bpf_stab: 328,
  bpf_shtab: 336,
  bpf_shtab_bucket: 16,
  bpf_shtab_elem: 48,
  reuseport_array: 248,
  bpf_cgroup_storage_map: 280,
  bpf_local_storage_map: 432,
  bpf_local_storage_map_bucket: 16,
} as const;

const PAGE = 4096;
const POINTER = 8;
/** HASHTAB_MAP_LOCK_COUNT: int counters for each CPU. */
const LOCKS = 8 * 4;
/** Pages of a ring buffer that hold no data. */
const RINGBUF_META_PAGES = 3;

interface Usage {
  readonly env: MapEnv;
  readonly map: number;
  readonly type: MapTypeName;
  readonly keySize: number;
  /** Rounded up to 8. */
  readonly value: number;
  readonly entries: number;
  readonly flags: number;
  readonly cpus: number;
  /** Elements there are, of the types that count them. */
  readonly count: number;
}

const up = (n: number, to: number): number => Math.ceil(n / to) * to;
const powerOfTwo = (n: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, n)));

/** @kernel array_map_mem_usage */
function array({ type, value, entries, flags, cpus }: Usage, element = value): number {
  if (type === 'percpu_array') return SIZEOF.bpf_array + entries * (POINTER + element * cpus);
  if ((flags & UAPI.BPF_F_MMAPABLE) !== 0) return up(SIZEOF.bpf_array, PAGE) + up(entries * element, PAGE);
  return SIZEOF.bpf_array + entries * element;
}

/** @kernel htab_map_mem_usage */
function hash({ type, keySize, value, entries, flags, cpus, count }: Usage): number {
  const percpu = type.includes('percpu');
  const lru = type.startsWith('lru');
  const element = SIZEOF.htab_elem + up(keySize, 8) + (percpu ? POINTER : value);
  const table = SIZEOF.bpf_htab + powerOfTwo(entries) * SIZEOF.bucket + LOCKS * cpus;
  if ((flags & UAPI.BPF_F_NO_PREALLOC) !== 0) {
    const each = element + SIZEOF.llist_node + (percpu ? SIZEOF.llist_node + POINTER + value * cpus : 0);
    return table + each * count;
  }
  // Each CPU has a spare element for updates of keys that are there.
  const extra = percpu || lru ? 0 : cpus;
  return table + element * (entries + extra) + (percpu ? value * cpus * entries : POINTER * extra);
}

/** Slots of an array of devices that are taken. */
function taken({ env, map }: Usage): number {
  let count = 0;
  let key = userNextKey(env, map, undefined);
  for (; typeof key !== 'number'; key = userNextKey(env, map, key)) {
    if (typeof userLookup(env, map, key) !== 'number') count++;
  }
  return count;
}

const keyless = ({ entries, env, map }: Usage): number =>
  SIZEOF.bpf_queue_stack + (entries + 1) * env.arena.getU32(map + MAP.valueSize);

function ringbuf({ entries }: Usage): number {
  const data = entries / PAGE;
  const pages = RINGBUF_META_PAGES + data;
  return SIZEOF.bpf_ringbuf_map + pages * PAGE + (RINGBUF_META_PAGES + 2 * data) * POINTER;
}

const storage = ({ cpus }: Usage): number =>
  SIZEOF.bpf_local_storage_map + Math.max(2, powerOfTwo(cpus)) * SIZEOF.bpf_local_storage_map_bucket;
const cgroupStorage = (): number => SIZEOF.bpf_cgroup_storage_map;
const pointers = (usage: Usage): number => array(usage, POINTER);

const USAGE: Readonly<Record<MapTypeName, (usage: Usage) => number>> = {
  hash,
  percpu_hash: hash,
  lru_hash: hash,
  lru_percpu_hash: hash,
  hash_of_maps: hash,
  array,
  percpu_array: array,
  prog_array: pointers,
  perf_event_array: pointers,
  cgroup_array: pointers,
  array_of_maps: pointers,
  lpm_trie: (u) => u.count * (SIZEOF.lpm_trie_node + (u.keySize - 4) + u.env.arena.getU32(u.map + MAP.valueSize)),
  queue: keyless,
  stack: keyless,
  bloom_filter: (u) => SIZEOF.bpf_bloom_filter + up((u.env.arena.getU32(u.map + MAP.nBuckets) + 1) / 8, 8),
  ringbuf,
  user_ringbuf: ringbuf,
  stack_trace: (u) => {
    const buckets = powerOfTwo(u.entries);
    return SIZEOF.bpf_stack_map + buckets * POINTER + buckets * (SIZEOF.stack_map_bucket + u.value);
  },
  devmap: (u) => SIZEOF.bpf_dtab + u.entries * POINTER + taken(u) * SIZEOF.bpf_dtab_netdev,
  devmap_hash: (u) => SIZEOF.bpf_dtab + powerOfTwo(u.entries) * POINTER + u.count * SIZEOF.bpf_dtab_netdev,
  cpumap: (u) => SIZEOF.bpf_cpu_map + u.entries * POINTER,
  xskmap: (u) => SIZEOF.xsk_map + u.entries * POINTER,
  sockmap: (u) => SIZEOF.bpf_stab + u.entries * POINTER,
  sockhash: (u) =>
    SIZEOF.bpf_shtab +
    powerOfTwo(u.entries) * SIZEOF.bpf_shtab_bucket +
    u.count * (SIZEOF.bpf_shtab_elem + up(u.keySize, 8)),
  reuseport_sockarray: (u) => SIZEOF.reuseport_array + u.entries * POINTER,
  cgroup_storage: cgroupStorage,
  percpu_cgroup_storage: cgroupStorage,
  sk_storage: storage,
  inode_storage: storage,
  task_storage: storage,
  cgrp_storage: storage,
  // Not a map that user space can ask about here.
  struct_ops: () => 0,
  arena: () => 0,
};

/** Bytes of kernel memory, as `memlock` in fdinfo says. @kernel bpf_map_memory_usage */
export function mapMemoryUsage(env: MapEnv, map: number): number {
  const info = mapInfo(env, map);
  const type = mapTypeName(info.type);
  if (type === undefined) return 0;
  return USAGE[type]({
    env,
    map,
    type,
    keySize: info.key_size,
    value: up(info.value_size, 8),
    entries: info.max_entries,
    flags: info.map_flags,
    cpus: info.cpus,
    count: info.count,
  });
}
