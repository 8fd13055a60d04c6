/** Structs that programs hand to helpers. They are memory of the program, not contexts: nothing is converted. */

import type { CtxTable } from './row.ts';

export const paramsCtx = {
  bpf_sock_tuple: {
    size: 36,
    fields: {
      ipv4: { offset: 0, size: 12, type: 'struct' },
      ipv6: { offset: 0, size: 36, type: 'struct' },
    },
  },
  bpf_fib_lookup: {
    size: 64,
    fields: {
      family: { offset: 0, size: 1, type: 'u8' },
      l4_protocol: { offset: 1, size: 1, type: 'u8' },
      sport: { offset: 2, size: 2, type: 'be16' },
      dport: { offset: 4, size: 2, type: 'be16' },
      tot_len: { offset: 6, size: 2, type: 'u16' },
      mtu_result: { offset: 6, size: 2, type: 'u16' },
      ifindex: { offset: 8, size: 4, type: 'u32' },
      tos: { offset: 12, size: 1, type: 'u8' },
      flowinfo: { offset: 12, size: 4, type: 'be32' },
      rt_metric: { offset: 12, size: 4, type: 'u32' },
      ipv4_src: { offset: 16, size: 4, type: 'be32' },
      ipv6_src: { offset: 16, size: 4, count: 4, type: 'u32' },
      ipv4_dst: { offset: 32, size: 4, type: 'be32' },
      ipv6_dst: { offset: 32, size: 4, count: 4, type: 'u32' },
      h_vlan_proto: { offset: 48, size: 2, type: 'be16' },
      h_vlan_TCI: { offset: 50, size: 2, type: 'be16' },
      tbid: { offset: 48, size: 4, type: 'u32' },
      mark: { offset: 52, size: 4, type: 'u32' },
      smac: { offset: 52, size: 1, count: 6, type: 'u8' },
      dmac: { offset: 58, size: 1, count: 6, type: 'u8' },
    },
  },
  bpf_redir_neigh: {
    size: 20,
    fields: {
      nh_family: { offset: 0, size: 4, type: 'u32' },
      ipv4_nh: { offset: 4, size: 4, type: 'be32' },
      ipv6_nh: { offset: 4, size: 4, count: 4, type: 'u32' },
    },
  },
  bpf_tunnel_key: {
    size: 44,
    fields: {
      tunnel_id: { offset: 0, size: 4, type: 'u32' },
      remote_ipv4: { offset: 4, size: 4, type: 'u32' },
      remote_ipv6: { offset: 4, size: 4, count: 4, type: 'u32' },
      tunnel_tos: { offset: 20, size: 1, type: 'u8' },
      tunnel_ttl: { offset: 21, size: 1, type: 'u8' },
      tunnel_ext: { offset: 22, size: 2, type: 'u16' },
      tunnel_flags: { offset: 22, size: 2, type: 'be16' },
      tunnel_label: { offset: 24, size: 4, type: 'u32' },
      local_ipv4: { offset: 28, size: 4, type: 'u32' },
      local_ipv6: { offset: 28, size: 4, count: 4, type: 'u32' },
    },
  },
  bpf_xfrm_state: {
    size: 28,
    fields: {
      reqid: { offset: 0, size: 4, type: 'u32' },
      spi: { offset: 4, size: 4, type: 'u32' },
      family: { offset: 8, size: 2, type: 'u16' },
      ext: { offset: 10, size: 2, type: 'u16' },
      remote_ipv4: { offset: 12, size: 4, type: 'u32' },
      remote_ipv6: { offset: 12, size: 4, count: 4, type: 'u32' },
    },
  },
  bpf_perf_event_value: {
    size: 24,
    fields: {
      counter: { offset: 0, size: 8, type: 'u64' },
      enabled: { offset: 8, size: 8, type: 'u64' },
      running: { offset: 16, size: 8, type: 'u64' },
    },
  },
  bpf_pidns_info: {
    size: 8,
    fields: {
      pid: { offset: 0, size: 4, type: 'u32' },
      tgid: { offset: 4, size: 4, type: 'u32' },
    },
  },
  bpf_spin_lock: {
    size: 4,
    fields: {
      val: { offset: 0, size: 4, type: 'u32' },
    },
  },
  bpf_timer: {
    size: 16,
    fields: {
      __opaque: { offset: 0, size: 8, count: 2, type: 'u64' },
    },
  },
  bpf_dynptr: {
    size: 16,
    fields: {
      __opaque: { offset: 0, size: 8, count: 2, type: 'u64' },
    },
  },
  bpf_devmap_val: {
    size: 8,
    fields: {
      ifindex: { offset: 0, size: 4, type: 'u32' },
      bpf_prog: { offset: 4, size: 4, type: 'union' },
    },
  },
  bpf_cpumap_val: {
    size: 8,
    fields: {
      qsize: { offset: 0, size: 4, type: 'u32' },
      bpf_prog: { offset: 4, size: 4, type: 'union' },
    },
  },
  bpf_lpm_trie_key_u8: {
    size: 4,
    fields: {
      hdr: { offset: 0, size: 4, type: 'struct bpf_lpm_trie_key_hdr' },
      prefixlen: { offset: 0, size: 4, type: 'u32' },
      data: { offset: 4, size: 1, count: 0, type: 'u8' },
    },
  },
} as const satisfies CtxTable;
