/** Which helpers go with which map types. */
import type { HelperName } from '../../spec/helpers/params.ts';
import type { MapTypeName } from '../../spec/mapTypes.ts';
import { mapTypeName } from '../../spec/mapTypes.ts';
import type { Env } from '../env.ts';
import { verbose } from '../env.ts';
import type { MapInfo } from '../maps.ts';

type Helpers = readonly HelperName[];

/** Map types that only these helpers take. */
const TYPE_ONLY: Readonly<Partial<Record<MapTypeName, Helpers>>> = {
  prog_array: ['bpf_tail_call'],
  perf_event_array: [
    'bpf_perf_event_read',
    'bpf_perf_event_output',
    'bpf_skb_output',
    'bpf_perf_event_read_value',
    'bpf_xdp_output',
  ],
  ringbuf: [
    'bpf_ringbuf_output',
    'bpf_ringbuf_reserve',
    'bpf_ringbuf_query',
    'bpf_ringbuf_reserve_dynptr',
    'bpf_ringbuf_submit_dynptr',
    'bpf_ringbuf_discard_dynptr',
  ],
  user_ringbuf: ['bpf_user_ringbuf_drain'],
  stack_trace: ['bpf_get_stackid'],
  cgroup_array: ['bpf_skb_under_cgroup', 'bpf_current_task_under_cgroup'],
  cgroup_storage: ['bpf_get_local_storage'],
  percpu_cgroup_storage: ['bpf_get_local_storage'],
  devmap: ['bpf_redirect_map', 'bpf_map_lookup_elem'],
  devmap_hash: ['bpf_redirect_map', 'bpf_map_lookup_elem'],
  cpumap: ['bpf_redirect_map'],
  xskmap: ['bpf_redirect_map', 'bpf_map_lookup_elem'],
  array_of_maps: ['bpf_map_lookup_elem'],
  hash_of_maps: ['bpf_map_lookup_elem'],
  sockmap: [
    'bpf_sk_redirect_map',
    'bpf_sock_map_update',
    'bpf_msg_redirect_map',
    'bpf_sk_select_reuseport',
    'bpf_map_lookup_elem',
  ],
  sockhash: [
    'bpf_sk_redirect_hash',
    'bpf_sock_hash_update',
    'bpf_msg_redirect_hash',
    'bpf_sk_select_reuseport',
    'bpf_map_lookup_elem',
  ],
  reuseport_sockarray: ['bpf_sk_select_reuseport'],
  queue: ['bpf_map_peek_elem', 'bpf_map_pop_elem', 'bpf_map_push_elem'],
  stack: ['bpf_map_peek_elem', 'bpf_map_pop_elem', 'bpf_map_push_elem'],
  sk_storage: ['bpf_sk_storage_get', 'bpf_sk_storage_delete'],
  bloom_filter: ['bpf_map_peek_elem', 'bpf_map_push_elem'],
  inode_storage: ['bpf_inode_storage_get', 'bpf_inode_storage_delete'],
  task_storage: ['bpf_task_storage_get', 'bpf_task_storage_delete'],
  cgrp_storage: ['bpf_cgrp_storage_get', 'bpf_cgrp_storage_delete'],
};

/** Helpers that only take these map types. */
const HELPER_ONLY: Readonly<Partial<Record<HelperName, readonly MapTypeName[]>>> = {
  bpf_tail_call: ['prog_array'],
  bpf_perf_event_read: ['perf_event_array'],
  bpf_perf_event_output: ['perf_event_array'],
  bpf_perf_event_read_value: ['perf_event_array'],
  bpf_skb_output: ['perf_event_array'],
  bpf_xdp_output: ['perf_event_array'],
  bpf_ringbuf_output: ['ringbuf'],
  bpf_ringbuf_reserve: ['ringbuf'],
  bpf_ringbuf_query: ['ringbuf'],
  bpf_ringbuf_reserve_dynptr: ['ringbuf'],
  bpf_user_ringbuf_drain: ['user_ringbuf'],
  bpf_get_stackid: ['stack_trace'],
  bpf_skb_under_cgroup: ['cgroup_array'],
  bpf_current_task_under_cgroup: ['cgroup_array'],
  bpf_redirect_map: ['devmap', 'devmap_hash', 'cpumap', 'xskmap'],
  bpf_sk_redirect_map: ['sockmap'],
  bpf_msg_redirect_map: ['sockmap'],
  bpf_sock_map_update: ['sockmap'],
  bpf_sk_redirect_hash: ['sockhash'],
  bpf_msg_redirect_hash: ['sockhash'],
  bpf_sock_hash_update: ['sockhash'],
  bpf_get_local_storage: ['cgroup_storage', 'percpu_cgroup_storage'],
  bpf_sk_select_reuseport: ['reuseport_sockarray', 'sockmap', 'sockhash'],
  bpf_map_pop_elem: ['queue', 'stack'],
  bpf_map_peek_elem: ['queue', 'stack', 'bloom_filter'],
  bpf_map_push_elem: ['queue', 'stack', 'bloom_filter'],
  bpf_map_lookup_percpu_elem: ['percpu_array', 'percpu_hash', 'lru_percpu_hash'],
  bpf_sk_storage_get: ['sk_storage'],
  bpf_sk_storage_delete: ['sk_storage'],
  bpf_inode_storage_get: ['inode_storage'],
  bpf_inode_storage_delete: ['inode_storage'],
  bpf_task_storage_get: ['task_storage'],
  bpf_task_storage_delete: ['task_storage'],
  bpf_cgrp_storage_get: ['cgrp_storage'],
  bpf_cgrp_storage_delete: ['cgrp_storage'],
};

const SOCKMAP_UPDATERS: ReadonlySet<string> = new Set([
  'socket_filter',
  'sched_cls',
  'sched_act',
  'xdp',
  'sk_reuseport',
  'flow_dissector',
  'sk_lookup',
]);

/** Whether the program may put sockets into maps, or take them out. @kernel may_update_sockmap */
function mayUpdateSockmap(env: Env, helper: HelperName): boolean {
  if (helper !== 'bpf_map_update_elem' && helper !== 'bpf_map_delete_elem') return false;
  const { progType, attachType } = env.facts;
  if (SOCKMAP_UPDATERS.has(progType)) return true;
  if (progType === 'tracing' && attachType === 'trace_iter') return true;
  if (progType === 'sock_ops' && helper === 'bpf_map_delete_elem') return true;
  verbose(env, 'cannot update sockmap in this context\n');
  return false;
}

/** @kernel check_map_func_compatibility */
export function mapFuncCompatible(env: Env, map: MapInfo, helper: HelperName): boolean {
  const type = mapTypeName(map.type);
  if (type === undefined) return false;
  const only = TYPE_ONLY[type]?.includes(helper) ?? true;
  const sockmap = type === 'sockmap' || type === 'sockhash';
  if (!only && !(sockmap && mayUpdateSockmap(env, helper))) return false;
  return HELPER_ONLY[helper]?.includes(type) ?? true;
}
