/**
 * Writes src/spec/layouts/*.ts: where the members of kernel structs lie, read from a vmlinux BTF file.
 * Usage: npx tsx scripts/record-layouts.ts vmlinux.btf
 */

import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Structs by file, and the members that are needed; `*` for all. Members of anonymous structs and unions count as the struct's own;
 * `a.b` is a member of the member `a`, whose type has no name.
 */
const WANTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  packet: {
    sk_buff:
      'next prev dev sk tstamp skb_mstamp_ns cb _skb_refdst destructor len data_len mac_len hdr_len queue_mapping __cloned_offset cloned nohdr fclone peeked head_frag pfmemalloc pp_recycle __pkt_type_offset pkt_type ignore_df dst_pending_confirm ip_summed ooo_okay __mono_tc_offset tstamp_type tc_at_ingress tc_skip_classify remcsum_offload csum_complete_sw csum_level inner_protocol_type l4_hash sw_hash no_fcs encapsulation encap_hdr_csum csum_valid redirected from_ingress nf_skip_egress decrypted slow_gro csum_not_inet unreadable tc_index csum csum_start csum_offset priority skb_iif hash vlan_all vlan_proto vlan_tci napi_id sender_cpu secmark mark reserved_tailroom inner_protocol inner_ipproto inner_transport_header inner_network_header inner_mac_header protocol transport_header network_header mac_header tail end head data truesize users extensions',
    skb_shared_info: '*',
    qdisc_skb_cb: '*',
    bpf_skb_data_end: '*',
    sk_skb_cb: '*',
    tcp_skb_cb: '*',
    skb_ext: '*',
    bpf_flow_dissector: '*',
    bpf_redirect_info: '*',
    net_device:
      'name ifindex mtu min_mtu max_mtu hard_header_len addr_len dev_addr flags priv_flags type needed_headroom needed_tailroom nd_net features gso_max_size num_rx_queues num_tx_queues real_num_rx_queues real_num_tx_queues group perm_addr broadcast operstate',
  },
  xdp: {
    xdp_buff: '*',
    xdp_rxq_info: '*',
    xdp_txq_info: '*',
    xdp_frame: '*',
    xdp_mem_info: '*',
  },
  socket: {
    sock_common: '*',
    sock: '*',
    inet_sock: '*',
    udp_sock: '*',
    socket: 'state type flags file sk ops',
    ipv6_pinfo: '*',
    tcp6_sock: '*',
    udp6_sock: '*',
    sock_reuseport: '*',
  },
  tcp: {
    inet_connection_sock: '*',
    request_sock_queue: '*',
    fastopen_queue: '*',
    tcp_sock: '*',
    tcp_options_received: '*',
    tcp_congestion_ops: '*',
    minmax: '*',
    minmax_sample: '*',
    request_sock: '*',
    inet_request_sock: '*',
    tcp_request_sock: '*',
    inet_timewait_sock: '*',
    tcp_timewait_sock: '*',
  },
  context: {
    bpf_sock_addr_kern: '*',
    sockaddr: 'sa_family',
    sockaddr_in: 'sin_family sin_port sin_addr',
    sockaddr_in6: 'sin6_family sin6_port sin6_flowinfo sin6_addr sin6_scope_id',
    in_addr: '*',
    in6_addr: 'in6_u',
    bpf_sock_ops_kern: '*',
    bpf_sk_lookup_kern: '* v4.saddr v4.daddr v6.saddr v6.daddr',
    bpf_sysctl_kern: '*',
    bpf_sockopt_kern: '*',
    sk_reuseport_kern: '*',
    sk_msg: '*',
    sk_msg_sg: '*',
    scatterlist: 'page_link offset length',
    bpf_perf_event_data_kern: '*',
    perf_sample_data: 'sample_flags period dyn_size type id ip time addr',
    bpf_cgroup_dev_ctx: '*',
    bpf_nf_ctx: '*',
    nf_hook_state: '*',
    pt_regs: '*',
    net: 'ifindex net_cookie user_ns ns loopback_dev',
    bpf_cg_run_ctx: '*',
    ctl_table: 'procname',
    ctl_table_header: 'ctl_table parent',
  },
  task: {
    task_struct:
      'bpf_ctx usage flags on_cpu prio static_prio normal_prio rt_priority policy nr_cpus_allowed exit_state exit_code exit_signal pid tgid real_parent parent group_leader real_cred cred comm cgroups',
    cred: '*',
    css_set: 'dfl_cgrp',
    cgroup: 'self flags level max_depth nr_descendants kn subtree_control root ancestors',
    cgroup_subsys_state: 'cgroup id parent',
    kernfs_node: 'count name parent id',
  },
  iter: {
    bpf_map: 'map_type key_size value_size max_entries map_extra map_flags id btf_key_type_id btf_value_type_id name',
    seq_file: 'buf size from count index',
    bpf_iter_meta: 'seq session_id seq_num',
    bpf_iter__bpf_map_elem: 'meta map key value',
    bpf_iter__bpf_sk_storage_map: 'meta map sk value',
  },
};

const bytes = readFileSync(process.argv[2]!);
const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const u32 = (at: number): number => view.getUint32(at, true);
const hdrLen = u32(4);
const types = hdrLen + u32(8);
const strings = hdrLen + u32(16);

function str(off: number): string {
  let end = strings + off;
  while (bytes[end] !== 0) end++;
  return bytes.toString('latin1', strings + off, end);
}

interface BtfType {
  readonly at: number;
  readonly kind: number;
  readonly vlen: number;
  readonly kindFlag: boolean;
  readonly size: number;
}

/** Bytes behind the 12-byte header of a type, by kind: fixed part and part per vlen. */
const EXTRA: Readonly<Record<number, readonly [number, number]>> = {
  1: [4, 0],
  3: [12, 0],
  4: [0, 12],
  5: [0, 12],
  6: [0, 8],
  13: [0, 8],
  14: [4, 0],
  15: [0, 12],
  17: [4, 0],
  19: [0, 12],
};

const all: BtfType[] = [{ at: 0, kind: 0, vlen: 0, kindFlag: false, size: 0 }];
for (let at = types; at < types + u32(12); ) {
  const info = u32(at + 4);
  const kind = (info >>> 24) & 31;
  const vlen = info & 0xffff;
  all.push({ at, kind, vlen, kindFlag: info >>> 31 === 1, size: u32(at + 8) });
  const [fixed, each] = EXTRA[kind] ?? [0, 0];
  at += 12 + fixed + each * vlen;
}

/** Size of a type in bytes, typedefs and qualifiers followed. */
function sizeOf(id: number): number {
  const t = all[id]!;
  if (t.kind === 2) return 8;
  if (t.kind === 3) return sizeOf(u32(t.at + 12)) * u32(t.at + 20);
  if ([8, 9, 10, 11, 18].includes(t.kind)) return sizeOf(t.size);
  return t.size;
}

function strip(id: number): BtfType {
  const t = all[id]!;
  return [8, 9, 10, 11, 18].includes(t.kind) ? strip(t.size) : t;
}

type Member = readonly [name: string, ...place: number[]];

function members(t: BtfType, base: number): Member[] {
  const out: Member[] = [];
  for (let i = 0; i < t.vlen; i++) {
    const m = t.at + 12 + 12 * i;
    const name = str(u32(m));
    const bits = base * 8 + (t.kindFlag ? u32(m + 8) & 0xffffff : u32(m + 8));
    const width = t.kindFlag ? u32(m + 8) >>> 24 : 0;
    const type = u32(m + 4);
    if (name === '') out.push(...members(strip(type), bits / 8));
    else if (width !== 0) out.push([name, bits >>> 3, 1, bits, width]);
    else {
      out.push([name, bits / 8, sizeOf(type)]);
      const inner = strip(type);
      if ((inner.kind === 4 || inner.kind === 5) && str(u32(inner.at)) === '') {
        for (const [part, ...place] of members(inner, bits / 8)) out.push([`${name}.${part}`, ...place]);
      }
    }
  }
  return out;
}

for (const [file, structs] of Object.entries(WANTED)) {
  const lines = [
    `/** Layouts of kernel structs of Linux 6.12.117 on x86-64: ${file}. Generated by scripts/record-layouts.ts. */`,
    '',
    "import type { StructTable } from './row.ts';",
    '',
    `export const ${file}Layouts = {`,
  ];
  for (const [name, list] of Object.entries(structs)) {
    const type = all.find((t) => t.kind === 4 && str(u32(t.at)) === name);
    if (type === undefined) throw new Error(`no struct ${name}`);
    const found = members(type, 0).filter(
      ([member]) => (list.startsWith('*') && !member.includes('.')) || list.split(' ').includes(member),
    );
    lines.push(`  ${name}: {`, `    size: ${type.size},`, '    members: {');
    const seen = new Set<string>();
    for (const [member, ...place] of found) {
      if (seen.has(member)) continue;
      seen.add(member);
      lines.push(`      ${member.includes('.') ? `'${member}'` : member}: [${place.join(', ')}],`);
    }
    const missing = list === '*' ? [] : list.split(' ').filter((m) => m !== '*' && !seen.has(m));
    if (missing.length > 0) console.error(`${name}: no ${missing.join(' ')}`);
    lines.push('    },', '  },');
  }
  lines.push('} as const satisfies StructTable;', '');
  writeFileSync(new URL(`../src/spec/layouts/${file}.ts`, import.meta.url), lines.join('\n'));
}
