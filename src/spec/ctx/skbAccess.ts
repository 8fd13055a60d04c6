/** Sets of prog types that share access rules for __sk_buff. */

/** Every program with a whole socket buffer. */
export const SKB = [
  'socket_filter',
  'sched_cls',
  'sched_act',
  'lwt_in',
  'lwt_out',
  'lwt_xmit',
  'lwt_seg6local',
  'sk_skb',
  'cgroup_skb',
] as const;

/** Programs with direct packet access. */
export const DATA = [
  'sched_cls',
  'sched_act',
  'lwt_in',
  'lwt_out',
  'lwt_xmit',
  'lwt_seg6local',
  'sk_skb',
  'flow_dissector',
  'cgroup_skb',
] as const;

/** tc classifiers and actions. */
export const TC = ['sched_cls', 'sched_act'] as const;

/** Programs that may set tc_index. */
export const TC_AND_SK_SKB = ['sched_cls', 'sched_act', 'sk_skb'] as const;

/** Programs whose socket buffer has a full socket. */
export const SOCKET = ['sk_skb', 'cgroup_skb'] as const;

/** Programs that see time stamps. */
export const STAMPED = ['sched_cls', 'sched_act', 'cgroup_skb'] as const;

/** All of SKB but sk_skb. */
export const NOT_SK_SKB = [
  'socket_filter',
  'sched_cls',
  'sched_act',
  'lwt_in',
  'lwt_out',
  'lwt_xmit',
  'lwt_seg6local',
  'cgroup_skb',
] as const;

/** All of SKB but socket filters. */
export const NOT_FILTER = [
  'sched_cls',
  'sched_act',
  'lwt_in',
  'lwt_out',
  'lwt_xmit',
  'lwt_seg6local',
  'sk_skb',
  'cgroup_skb',
] as const;

/** All of SKB but socket filters and sk_skb. */
export const PATH = ['sched_cls', 'sched_act', 'lwt_in', 'lwt_out', 'lwt_xmit', 'lwt_seg6local', 'cgroup_skb'] as const;
