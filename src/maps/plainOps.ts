import type { MapTypeName } from '../spec/mapTypes.ts';
import { arrayOps, percpuArrayOps } from './array.ts';
import { bloomFilterOps } from './bloomFilter.ts';
import { cgroupArrayOps } from './cgroupArray.ts';
import { cgroupStorageOps } from './cgroupStorage.ts';
import { cpumapOps } from './cpumap.ts';
import { devmapOps } from './devmap.ts';
import { devmapHashOps } from './devmapHash.ts';
import { fdArrayOps } from './fdArray.ts';
import { hashOps, percpuHashOps } from './hash.ts';
import { localStorageOps } from './localStorage.ts';
import { lpmTrieOps } from './lpm.ts';
import { lruHashOps, lruPercpuHashOps } from './lruHash.ts';
import type { MapOps } from './mapOps.ts';
import { progArrayOps } from './progArray.ts';
import { queueOps, stackOps } from './queueStack.ts';
import { reuseportSockarrayOps } from './reuseportSockarray.ts';
import { ringbufOps } from './ringbuf.ts';
import { sockhashOps } from './sockhash.ts';
import { sockmapOps } from './sockmap.ts';
import { stackTraceOps } from './stackTrace.ts';
import { MAP_TYPE } from './uapi.ts';
import { xskmapOps } from './xskmap.ts';

/** The map types that hold no other maps. */
const PLAIN: Partial<Record<MapTypeName, MapOps>> = {
  hash: hashOps,
  array: arrayOps,
  prog_array: progArrayOps,
  perf_event_array: fdArrayOps,
  percpu_hash: percpuHashOps,
  percpu_array: percpuArrayOps,
  cgroup_array: cgroupArrayOps,
  lru_hash: lruHashOps,
  lru_percpu_hash: lruPercpuHashOps,
  lpm_trie: lpmTrieOps,
  devmap: devmapOps,
  cpumap: cpumapOps,
  queue: queueOps,
  stack: stackOps,
  sk_storage: localStorageOps,
  inode_storage: localStorageOps,
  task_storage: localStorageOps,
  cgrp_storage: localStorageOps,
  cgroup_storage: cgroupStorageOps,
  percpu_cgroup_storage: cgroupStorageOps,
  sockmap: sockmapOps,
  sockhash: sockhashOps,
  reuseport_sockarray: reuseportSockarrayOps,
  stack_trace: stackTraceOps,
  xskmap: xskmapOps,
  user_ringbuf: ringbufOps,
  devmap_hash: devmapHashOps,
  ringbuf: ringbufOps,
  bloom_filter: bloomFilterOps,
};

/** A table by BPF_MAP_TYPE_ id. */
export function byTypeId(table: Partial<Record<MapTypeName, MapOps>>): Array<MapOps | undefined> {
  const rows: Array<MapOps | undefined> = [undefined];
  for (const name of Object.keys(MAP_TYPE) as MapTypeName[]) rows[MAP_TYPE[name]] = table[name];
  return rows;
}

export const PLAIN_OPS: ReadonlyArray<MapOps | undefined> = byTypeId(PLAIN);
