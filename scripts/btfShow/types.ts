/** Types by name that every run prints often. */
import type { BtfKind } from '../../src/btf/kinds.ts';

const named = (kind: BtfKind, names: string): (readonly [BtfKind, string])[] =>
  names.split(' ').map((name) => [kind, name] as const);

export const NAMED: readonly (readonly [BtfKind, string])[] = [
  ...named(
    'struct',
    'bio blk_integrity iphdr ipv6hdr tcphdr udphdr ethhdr sk_buff sock sockaddr sockaddr_in sockaddr_in6 sockaddr_un in6_addr task_struct cred list_head ' +
      'hlist_node rb_node rb_root kuid_t qstr path file inode dentry timespec64 net_device napi_struct bpf_insn bpf_prog bpf_map bpf_attr ' +
      'ifreq page folio pt_regs thread_struct mm_struct vm_area_struct kobject device seq_file sk_buff_head skb_shared_info tcp_sock ' +
      'inet_sock flowi4 flowi6 fib_info rtable neighbour socket msghdr iovec new_utsname vlan_hdr icmphdr nlmsghdr xdp_buff tcp_options_received',
  ),
  ...named('union', 'bpf_attr ktime thread_union sigval nf_inet_addr inet_addr'),
  ...named('enum', 'rw_hint blk_integrity_checksum bpf_prog_type bpf_map_type tcp_ca_state pid_type skb_drop_reason'),
  ...named('enum64', 'bpf_cmd'),
  ...named(
    'typedef',
    'u8 __u8 u16 __be16 u32 __be32 u64 s64 ktime_t atomic_t atomic64_t spinlock_t refcount_t kuid_t gfp_t bool __sum16 u128 __u128 guid_t uuid_t cpumask_t',
  ),
  ...named('int', 'char __int128 _Bool int'),
];
