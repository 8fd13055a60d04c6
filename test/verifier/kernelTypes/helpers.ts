/** Helpers that take or give kernel objects, with pointers of every trust. */
import { program, type Requests } from './source.ts';

/** Section, and code that puts a pointer into R7; R6 holds the context. */
const SOURCES: Readonly<Record<string, readonly [section: string, code: string]>> = {
  'trusted task': ['tp_btf/sched_switch', 'r7 = *(u64 *)(r6 + 8)'],
  'task of a probe': ['fentry/wake_up_new_task', 'r7 = *(u64 *)(r6 + 0)'],
  'current task': ['fentry/tcp_sendmsg', 'call bpf_get_current_task_btf\nr7 = r0'],
  'task under RCU': ['tp_btf/sched_switch', 'r7 = *(u64 *)(r6 + 8)\nr7 = *(u64 *)(r7 + {task_struct.group_leader})'],
  'untrusted task': ['tp_btf/sched_switch', 'r7 = *(u64 *)(r6 + 8)\nr7 = *(u64 *)(r7 + {task_struct.last_wakee})'],
  'task or NULL': ['iter/task', 'r7 = *(u64 *)(r6 + 8)'],
  seq_file: ['iter/task', 'r7 = *(u64 *)(r6 + 0)\nr7 = *(u64 *)(r7 + 0)'],
  'sock of a probe': ['fentry/tcp_sendmsg', 'r7 = *(u64 *)(r6 + 0)'],
  'sock, moved': ['fentry/tcp_sendmsg', 'r7 = *(u64 *)(r6 + 0)\nr7 += 8'],
  'sock of an iterator': ['iter/tcp', 'r7 = *(u64 *)(r6 + 8)\nif r7 == 0 goto out'],
  'sock of a hook': ['lsm/socket_bind', 'r7 = *(u64 *)(r6 + 0)\nr7 = *(u64 *)(r7 + {socket.sk})\nif r7 == 0 goto out'],
  'sock of a hook on a control group': [
    'lsm_cgroup/socket_post_create',
    'r7 = *(u64 *)(r6 + 0)\nr7 = *(u64 *)(r7 + {socket.sk})\nif r7 == 0 goto out',
  ],
  'sock being freed': ['fentry/bpf_sk_storage_free', 'r7 = *(u64 *)(r6 + 0)'],
  'sock freed': ['fexit/bpf_sk_storage_free', 'r7 = *(u64 *)(r6 + 0)'],
  'sock of a modified function': ['fmod_ret/security_sk_alloc', 'r7 = *(u64 *)(r6 + 0)'],
  file: ['lsm.s/file_open', 'r7 = *(u64 *)(r6 + 0)'],
  path: ['lsm.s/file_open', 'r7 = *(u64 *)(r6 + 0)\nr7 += {file.f_path}'],
  'path of a probe': ['fentry/vfs_truncate', 'r7 = *(u64 *)(r6 + 0)'],
  'path where it may not be': ['fentry/vfs_read', 'r7 = *(u64 *)(r6 + 0)\nr7 += {file.f_path}'],
  inode: ['lsm/inode_permission', 'r7 = *(u64 *)(r6 + 0)'],
  binprm: ['lsm.s/bprm_check_security', 'r7 = *(u64 *)(r6 + 0)'],
  'cgroup of a tracepoint': ['tp_btf/cgroup_mkdir', 'r7 = *(u64 *)(r6 + 0)'],
  NULL: ['fentry/tcp_sendmsg', 'r7 = 0'],
  context: ['fentry/tcp_sendmsg', 'r7 = r6'],
  'full socket in tc': ['tc', 'r7 = *(u64 *)(r6 + 168)\nif r7 == 0 goto out'],
};

const storage = (kind: string): Readonly<Record<string, string>> => ({
  [`bpf_${kind}_storage_get`]: `r1 = ${kind === 'sk' ? 'sk' : kind}_storage ll\nr2 = r7\nr3 = 0\nr4 = 1`,
  [`bpf_${kind}_storage_delete`]: `r1 = ${kind}_storage ll\nr2 = r7`,
});

/** Helpers with the code that sets their arguments; R10 - 64 holds 16 zero bytes. */
const HELPERS: Readonly<Record<string, string>> = {
  ...storage('sk'),
  ...storage('task'),
  ...storage('inode'),
  ...storage('cgrp'),
  bpf_d_path: 'r1 = r7\nr2 = r10\nr2 += -64\nr3 = 8',
  bpf_sock_from_file: 'r1 = r7',
  bpf_task_pt_regs: 'r1 = r7',
  bpf_get_task_stack: 'r1 = r7\nr2 = r10\nr2 += -64\nr3 = 8\nr4 = 0',
  bpf_seq_write: 'r1 = r7\nr2 = r10\nr2 += -64\nr3 = 8',
  bpf_skc_to_tcp_sock: 'r1 = r7',
  bpf_skc_to_unix_sock: 'r1 = r7',
  bpf_get_socket_cookie: 'r1 = r7',
  bpf_ima_file_hash: 'r1 = r7\nr2 = r10\nr2 += -64\nr3 = 8',
  bpf_bprm_opts_set: 'r1 = r7\nr2 = 0',
  bpf_setsockopt: 'r1 = r7\nr2 = 1\nr3 = 2\nr4 = r10\nr4 += -64\nr5 = 4',
  bpf_ringbuf_output: 'r1 = ring ll\nr2 = r7\nr3 = 8\nr4 = 0',
  bpf_map_lookup_elem: 'r1 = cells ll\nr2 = r7',
  bpf_probe_read_kernel: 'r1 = r7\nr2 = 8\nr3 = 0',
  bpf_get_func_ip: 'r1 = r6',
};
const POINTER_RESULT = /skc_to|from_file|pt_regs/;

/** Every pointer with every helper. */
export function helperRequests(): Requests {
  const out: Requests = new Map();
  for (const [source, [section, code]] of Object.entries(SOURCES)) {
    for (const [helper, args] of Object.entries(HELPERS)) {
      const name = `${helper}, ${source}`;
      const use = POINTER_RESULT.test(helper) ? 'r1 = *(u64 *)(r0 + 24)\n' : '';
      const zero = '*(u64 *)(r10 - 64) = 0\n*(u64 *)(r10 - 56) = 0';
      const body = `r6 = r1\n${code}\n${zero}\n${args}\ncall ${helper}\n${use}out:\nr0 = 0\nexit`;
      out.set(name, program(name, section, body));
    }
  }
  return out;
}
