/** Kernel objects that programs reach by walking, and how long they may use them. */
import { builtinBtf } from '../../../src/btf/builtin.ts';
import { joined as j, type Sources } from './source.ts';

/** Offset of a member of a kernel struct. */
function at(struct: string, member: string): number {
  const btf = builtinBtf();
  const t = btf.type(btf.find('struct', struct) ?? 0);
  const found = t?.kind === 'struct' ? t.members.find((m) => m.name === member) : undefined;
  return (found?.bitOffset ?? 0) / 8;
}

const fp = (r: number, off: number): string => `r${r} = r10\nr${r} += ${off}`;
const DONE = 'r0 = 0\nexit';
const OUT = `out:\n${DONE}`;
const CUR = 'call bpf_get_current_task_btf';
const LOCK = 'call bpf_rcu_read_lock';
const UNLOCK = 'call bpf_rcu_read_unlock';
const PUT = 'call bpf_task_release';
const load = (to: string, from: string, struct: string, member: string): string =>
  `${to} = *(u64 *)(${from} + ${at(struct, member)})`;
const PARENT = load('r7', 'r6', 'task_struct', 'real_parent');
const ACQUIRE = j('r1 = r7', 'call bpf_task_acquire', 'if r0 == 0 goto none', 'r1 = r0', PUT, 'none:');
const TASK_NEW = 'tp_btf/task_newtask';

export const objectSources: Sources = {
  'current task acquired': [
    'tc',
    j(CUR, 'r1 = r0', 'call bpf_task_acquire', 'if r0 == 0 goto out', 'r1 = r0', PUT, OUT),
  ],
  'current task released': ['tc', j(CUR, 'r1 = r0', PUT, DONE)],
  'parent acquired': ['tc', j(CUR, 'r6 = r0', PARENT, ACQUIRE, DONE)],
  'parent of a sleepable program': ['syscall', j(CUR, 'r6 = r0', PARENT, ACQUIRE, DONE)],
  'parent in a section': ['syscall', j(CUR, 'r6 = r0', LOCK, PARENT, ACQUIRE, UNLOCK, DONE)],
  'parent behind the section': ['syscall', j(CUR, 'r6 = r0', LOCK, PARENT, UNLOCK, ACQUIRE, DONE)],
  'parent read before the section': ['syscall', j(CUR, 'r6 = r0', PARENT, LOCK, ACQUIRE, UNLOCK, DONE)],
  'parent read behind the section': ['syscall', j(CUR, 'r6 = r0', LOCK, PARENT, UNLOCK, 'r0 = *(u32 *)(r7 + 0)', DONE)],
  'parent’s parent': ['tc', j(CUR, 'r6 = r0', PARENT, load('r7', 'r7', 'task_struct', 'real_parent'), ACQUIRE, DONE)],
  'parent spilled over the end of the section': [
    'syscall',
    j(CUR, 'r6 = r0', LOCK, PARENT, '*(u64 *)(r10 - 8) = r7', UNLOCK, 'r7 = *(u64 *)(r10 - 8)', ACQUIRE, DONE),
  ],
  'acquired in the section, released behind it': [
    'syscall',
    j(
      CUR,
      'r6 = r0',
      LOCK,
      PARENT,
      'r1 = r7',
      'call bpf_task_acquire',
      'r8 = r0',
      UNLOCK,
      'if r8 == 0 goto out',
      'r1 = r8',
      PUT,
      OUT,
    ),
  ],
  'mask of the current task': [
    'syscall',
    j(CUR, 'r6 = r0', load('r1', 'r6', 'task_struct', 'cpus_ptr'), 'call bpf_cpumask_first', DONE),
  ],
  'mask of the current task in a section': [
    'syscall',
    j(CUR, 'r6 = r0', LOCK, load('r1', 'r6', 'task_struct', 'cpus_ptr'), 'call bpf_cpumask_first', UNLOCK, DONE),
  ],
  'untrusted cast acquired': ['tc', j(CUR, 'r1 = r0', 'r2 = 0', 'call bpf_rdonly_cast', DONE)],
  'new task acquired': [
    TASK_NEW,
    j('r6 = r1', 'r1 = *(u64 *)(r6 + 0)', 'call bpf_task_acquire', 'if r0 == 0 goto out', 'r1 = r0', PUT, OUT),
  ],
  'new task released': [TASK_NEW, j('r1 = *(u64 *)(r1 + 0)', PUT, DONE)],
  'new task’s parent': [TASK_NEW, j('r6 = *(u64 *)(r1 + 0)', PARENT, ACQUIRE, DONE)],
  'new task’s pid as a task': [TASK_NEW, j('r1 = *(u64 *)(r1 + 8)', 'call bpf_task_acquire', DONE)],
  'new task moved': [TASK_NEW, j('r1 = *(u64 *)(r1 + 0)', 'r1 += 8', 'call bpf_task_acquire', DONE)],
  'new task moved by an unknown offset': [
    TASK_NEW,
    j('r6 = *(u64 *)(r1 + 8)', 'r6 &= 8', 'r1 = *(u64 *)(r1 + 0)', 'r1 += r6', 'call bpf_task_acquire', DONE),
  ],
  'masks of a new task': [
    TASK_NEW,
    j('r6 = *(u64 *)(r1 + 0)', load('r7', 'r6', 'task_struct', 'cpus_ptr'), 'r1 = r7', 'call bpf_cpumask_first', DONE),
  ],
  'embedded mask of a new task': [
    TASK_NEW,
    j('r1 = *(u64 *)(r1 + 0)', `r1 += ${at('task_struct', 'cpus_mask')}`, 'call bpf_cpumask_first', DONE),
  ],
  'embedded mask, moved a little': [
    TASK_NEW,
    j('r1 = *(u64 *)(r1 + 0)', `r1 += ${at('task_struct', 'cpus_mask') + 4}`, 'call bpf_cpumask_first', DONE),
  ],
  'socket of a packet, cast': [
    'tc',
    j('call bpf_cast_to_kern_ctx', 'r6 = r0', load('r1', 'r6', 'sk_buff', 'dev'), 'r0 = *(u32 *)(r1 + 0)', DONE),
  ],
  'cast context’s socket': [
    'tc',
    j(
      'call bpf_cast_to_kern_ctx',
      'r6 = r0',
      load('r1', 'r6', 'sk_buff', 'sk'),
      'if r1 == 0 goto out',
      'call bpf_sk_fullsock',
      OUT,
    ),
  ],
  'new task written': [TASK_NEW, j('r1 = *(u64 *)(r1 + 0)', '*(u32 *)(r1 + 0) = 1', DONE)],
  'cast context in a dynptr': [
    'tc',
    j(
      'call bpf_cast_to_kern_ctx',
      'r1 = r0',
      'r2 = 0',
      fp(3, -16),
      'call bpf_dynptr_from_skb',
      fp(1, -16),
      'call bpf_dynptr_size',
      DONE,
    ),
  ],
  'file of the task': [
    'lsm.s/file_open',
    j(CUR, 'r1 = r0', 'call bpf_get_task_exe_file', 'if r0 == 0 goto out', 'r1 = r0', 'call bpf_put_file', OUT),
  ],
  'file of the task kept': [
    'lsm.s/file_open',
    j(CUR, 'r1 = r0', 'call bpf_get_task_exe_file', 'if r0 == 0 goto out', OUT),
  ],
  'opened file put': ['lsm.s/file_open', j('r1 = *(u64 *)(r1 + 0)', 'call bpf_put_file', DONE)],
  'path of an opened file': [
    'lsm.s/file_open',
    j('r1 = *(u64 *)(r1 + 0)', `r1 += ${at('file', 'f_path')}`, fp(2, -64), 'r3 = 64', 'call bpf_path_d_path', DONE),
  ],
  'path of an opened file as the file': [
    'lsm.s/file_open',
    j('r1 = *(u64 *)(r1 + 0)', fp(2, -64), 'r3 = 64', 'call bpf_path_d_path', DONE),
  ],
  'path into too small a buffer': [
    'lsm.s/file_open',
    j('r1 = *(u64 *)(r1 + 0)', `r1 += ${at('file', 'f_path')}`, fp(2, -32), 'r3 = 64', 'call bpf_path_d_path', DONE),
  ],
  'attribute without a constant name': [
    'lsm.s/file_open',
    j('r1 = *(u64 *)(r1 + 0)', fp(2, -64), fp(3, -16), 'call bpf_get_file_xattr', DONE),
  ],
  'digest of an opened file': [
    'lsm.s/file_open',
    j(
      'r6 = *(u64 *)(r1 + 0)',
      '*(u32 *)(r10 - 4) = 0',
      'r1 = counts ll',
      fp(2, -4),
      'call bpf_map_lookup_elem',
      'if r0 == 0 goto out',
      'r1 = r0',
      'r2 = 16',
      'r3 = 0',
      fp(4, -32),
      'call bpf_dynptr_from_mem',
      'r1 = r6',
      fp(2, -32),
      'call bpf_get_fsverity_digest',
      OUT,
    ),
  ],
  'digest without a dynptr': [
    'lsm.s/file_open',
    j('r1 = *(u64 *)(r1 + 0)', fp(2, -32), 'call bpf_get_fsverity_digest', DONE),
  ],
  'tasks walked by an iterator, fields read': [
    'tc',
    j(
      fp(1, -24),
      'r2 = 0',
      'r3 = 0',
      'call bpf_iter_task_new',
      'again:',
      fp(1, -24),
      'call bpf_iter_task_next',
      'if r0 == 0 goto end',
      'r6 = r0',
      PARENT,
      'r1 = *(u32 *)(r7 + 0)',
      'goto again',
      'end:',
      fp(1, -24),
      'call bpf_iter_task_destroy',
      DONE,
    ),
  ],
  'task of an iterator kept behind the section': [
    'syscall',
    j(
      'r6 = 0',
      LOCK,
      fp(1, -24),
      'r2 = 0',
      'r3 = 0',
      'call bpf_iter_task_new',
      fp(1, -24),
      'call bpf_iter_task_next',
      'r6 = r0',
      fp(1, -24),
      'call bpf_iter_task_destroy',
      UNLOCK,
      'if r6 == 0 goto out',
      'r1 = r6',
      'call bpf_task_acquire',
      OUT,
    ),
  ],
  'css walked': [
    'tc',
    j(
      'r1 = 1',
      'call bpf_cgroup_from_id',
      'if r0 == 0 goto out',
      'r7 = r0',
      fp(1, -24),
      'r2 = r7',
      `r2 += ${at('cgroup', 'self')}`,
      'r3 = 3',
      'call bpf_iter_css_new',
      'again:',
      fp(1, -24),
      'call bpf_iter_css_next',
      'if r0 == 0 goto end',
      'goto again',
      'end:',
      fp(1, -24),
      'call bpf_iter_css_destroy',
      'r1 = r7',
      'call bpf_cgroup_release',
      OUT,
    ),
  ],
  'socket destroyed by an iterator of tasks': [
    'iter/task',
    j('r1 = *(u64 *)(r1 + 8)', 'if r1 == 0 goto out', 'call bpf_sock_destroy', OUT),
  ],
  'socket destroyed by an iterator of sockets': [
    'iter/tcp',
    j('r1 = *(u64 *)(r1 + 8)', 'if r1 == 0 goto out', 'call bpf_sock_destroy', OUT),
  ],
  'socket destroyed unchecked': ['iter/tcp', j('r1 = *(u64 *)(r1 + 8)', 'call bpf_sock_destroy', DONE)],
};
