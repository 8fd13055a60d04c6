/** Iterators of 6.12 over kernel objects: what the pointers in their contexts are. Recorded from the running kernel. */

/** @kernel bpf_ctx_arg_aux */
interface IterArg {
  readonly offset: number;
  /** Modifiers as reg_type_str prints them before the name. */
  readonly kind: 'rdonly_buf_or_null' | 'buf_or_null' | 'ptr_or_null' | 'trusted_ptr_or_null';
  /** Struct behind a `ptr`. */
  readonly struct?: string;
}

const object = (offset: number, struct: string): IterArg => ({ offset, kind: 'ptr_or_null', struct });
const trusted = (offset: number, struct: string): IterArg => ({ offset, kind: 'trusted_ptr_or_null', struct });

/** By target. Pointers that are not listed are trusted and not NULL. */
export const ITERATORS: Readonly<Record<string, readonly IterArg[]>> = {
  ksym: [object(8, 'kallsym_iter')],
  bpf_map_elem: [
    { offset: 16, kind: 'rdonly_buf_or_null' },
    { offset: 24, kind: 'buf_or_null' },
  ],
  bpf_map: [trusted(8, 'bpf_map')],
  task_vma: [object(8, 'task_struct'), object(16, 'vm_area_struct')],
  task_file: [object(8, 'task_struct'), object(24, 'file')],
  task: [trusted(8, 'task_struct')],
  bpf_prog: [object(8, 'bpf_prog')],
  bpf_link: [object(8, 'bpf_link')],
  cgroup: [trusted(8, 'cgroup')],
  sockmap: [{ offset: 16, kind: 'rdonly_buf_or_null' }, object(24, 'sock')],
  bpf_sk_storage_map: [object(16, 'sock'), { offset: 24, kind: 'buf_or_null' }],
  netlink: [object(8, 'netlink_sock')],
  tcp: [trusted(8, 'sock_common')],
  udp: [trusted(8, 'udp_sock')],
  unix: [object(8, 'unix_sock')],
  ipv6_route: [object(8, 'fib6_info')],
};

/** The pointers of a target's context; undefined for targets that there are not. */
export function iterArgs(target: string): readonly IterArg[] | undefined {
  return Object.hasOwn(ITERATORS, target) ? ITERATORS[target] : undefined;
}
