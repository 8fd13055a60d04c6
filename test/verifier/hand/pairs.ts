/** Kinds of registers two by two where paths meet, as arguments of functions, and as arguments of kernel functions. */
import type { LoadRequest } from '../../../src/spec/request.ts';
import { programText, REGISTERS } from './argumentKinds.ts';
import { requestOfText } from './bpfFiles.ts';

type Named = [string, LoadRequest];

const lines = (...text: readonly string[]): string => text.join('\n');

/** The kinds that meet each other. */
const MEETING = [
  'nothing',
  'zero',
  'large number',
  'unknown number',
  'bounded number',
  'context',
  'stack',
  'uninitialised stack',
  'stack at a variable place',
  'map',
  'another map',
  'inner map',
  'map value',
  'map value moved',
  'map value at a variable place',
  'map value or null',
  'map value of 8 bytes',
  'read-only map value',
  'packet',
  'packet too short',
  'packet metadata',
  'packet end',
  'sock common',
  'sock common or null',
  'socket',
  'tcp socket',
  'tcp socket of the kernel',
  'ring buffer memory',
  'memory of a dynptr',
  'function',
  'task',
  'task read from a task',
  'per-CPU variable',
] as const;

/** What is done with R7 where the paths meet. */
const AT_THE_END = {
  read: 'r8 = *(u32 *)(r7 + 4)',
  'compared and read': 'if r7 == 0 goto out\nr8 = *(u32 *)(r7 + 4)',
  unused: '',
} as const;

export function meetingRequests(): Named[] {
  return Object.entries(AT_THE_END).flatMap(([end, use]) =>
    MEETING.flatMap((first) =>
      MEETING.map((second): Named => {
        const name = `paths meet, ${end}: ${first}, ${second}`;
        const paths = lines(
          'r9 = *(u32 *)(r6 + 0)',
          'if r9 > 5 goto other',
          REGISTERS[first]!,
          'goto meet',
          'other:',
          REGISTERS[second]!,
          'meet:',
        );
        return [name, requestOfText(name, programText(paths, use))];
      }),
    ),
  );
}

/** Parameters of a function, and what it does with the one that gets R7. */
const PARAMETERS: Readonly<Record<string, readonly [signature: string, body: string]>> = {
  'static, any pointer': ['(void *a) -> long static', 'r0 = *(u32 *)(r1 + 4)'],
  'static, unused': ['(int a) -> int static', 'r0 = 1'],
  'global, int': ['(int a) -> int global', 'r0 = r1'],
  'global, u64': ['(u64 a) -> int global', 'r0 = r1'],
  'global, u64 pointer': ['(u64 *a) -> int global', 'r0 = 0\nif r1 == 0 goto done\nr0 = *(u64 *)(r1 + 0)\ndone:'],
  'global, u64 pointer that is not null': ['(u64 *a __arg_nonnull) -> int global', 'r0 = *(u64 *)(r1 + 0)'],
  'global, u64 pointer that is written': ['(u64 *a __arg_nonnull) -> int global', '*(u64 *)(r1 + 0) = 1\nr0 = 0'],
  'global, context': ['(struct __sk_buff *a) -> int global', 'r0 = *(u32 *)(r1 + 4)'],
  'global, context by tag': ['(void *a __arg_ctx) -> int global', 'r0 = *(u32 *)(r1 + 4)'],
  'global, trusted task': ['(struct task_struct *a __arg_trusted) -> int global', 'r0 = *(u32 *)(r1 + 4)'],
  'global, trusted task or null': ['(struct task_struct *a __arg_trusted __arg_nullable) -> int global', 'r0 = 0'],
  'global, dynptr': ['(struct bpf_dynptr *a) -> int global', 'r0 = 0'],
};

export function parameterRequests(): Named[] {
  return Object.entries(PARAMETERS).flatMap(([parameter, [signature, body]]) =>
    Object.entries(REGISTERS).map(([kind, register]): Named => {
      const name = `parameter, ${parameter}: ${kind}`;
      const text = programText(register, 'r1 = r7\ncall f');
      const section = signature.endsWith('global') ? '.section ".text"\n' : '';
      return [name, requestOfText(name, `${text}${section}.func f${signature}\n${body}\nexit\n`)];
    }),
  );
}

const fp = (reg: number, off: number): string => `r${reg} = r10\nr${reg} += ${off}`;
const ITER = lines(fp(1, -112), 'r2 = 0', 'r3 = 4', 'call bpf_iter_num_new');
const SKB_DYNPTR = lines('r1 = r6', 'r2 = 0', fp(3, -112), 'call bpf_dynptr_from_skb');

/** Calls of kernel functions with R7 in one place. */
const KFUNC_CALLS: Readonly<Record<string, string>> = {
  'bpf_task_acquire R1': 'r1 = r7\ncall bpf_task_acquire',
  'bpf_task_release R1': 'r1 = r7\ncall bpf_task_release',
  'bpf_task_from_pid R1': 'r1 = r7\ncall bpf_task_from_pid',
  'bpf_cgroup_release R1': 'r1 = r7\ncall bpf_cgroup_release',
  'bpf_dynptr_from_skb R1': lines('r1 = r7', 'r2 = 0', fp(3, -112), 'call bpf_dynptr_from_skb'),
  'bpf_dynptr_from_skb R2': lines('r1 = r6', 'r2 = r7', fp(3, -112), 'call bpf_dynptr_from_skb'),
  'bpf_dynptr_from_skb R3': 'r1 = r6\nr2 = 0\nr3 = r7\ncall bpf_dynptr_from_skb',
  'bpf_dynptr_slice R1': 'r1 = r7\nr2 = 0\nr3 = 0\nr4 = 8\ncall bpf_dynptr_slice',
  'bpf_dynptr_slice R2': lines(SKB_DYNPTR, fp(1, -112), 'r2 = r7', 'r3 = 0', 'r4 = 8', 'call bpf_dynptr_slice'),
  'bpf_dynptr_slice R3': lines(SKB_DYNPTR, fp(1, -112), 'r2 = 0', 'r3 = r7', 'r4 = 8', 'call bpf_dynptr_slice'),
  'bpf_dynptr_slice R4': lines(SKB_DYNPTR, fp(1, -112), 'r2 = 0', 'r3 = 0', 'r4 = r7', 'call bpf_dynptr_slice'),
  'bpf_dynptr_adjust R1': 'r1 = r7\nr2 = 0\nr3 = 0\ncall bpf_dynptr_adjust',
  'bpf_dynptr_clone R2': lines(SKB_DYNPTR, fp(1, -112), 'r2 = r7', 'call bpf_dynptr_clone'),
  'bpf_dynptr_size R1': 'r1 = r7\ncall bpf_dynptr_size',
  'bpf_iter_num_new R1': 'r1 = r7\nr2 = 0\nr3 = 4\ncall bpf_iter_num_new',
  'bpf_iter_num_new R2': lines(fp(1, -112), 'r2 = r7', 'r3 = 4', 'call bpf_iter_num_new'),
  'bpf_iter_num_next R1': lines(ITER, 'r1 = r7', 'call bpf_iter_num_next'),
  'bpf_iter_num_destroy R1': lines(ITER, 'r1 = r7', 'call bpf_iter_num_destroy'),
  'bpf_cast_to_kern_ctx R1': 'r1 = r7\ncall bpf_cast_to_kern_ctx\nr0 = *(u32 *)(r0 + 112)',
  'bpf_rdonly_cast R1': 'r1 = r7\nr2 = 1\ncall bpf_rdonly_cast',
  'bpf_rdonly_cast R2': 'r1 = r6\nr2 = r7\ncall bpf_rdonly_cast',
  'bpf_cpumask_acquire R1': 'r1 = r7\ncall bpf_cpumask_acquire',
  'bpf_cpumask_test_cpu R2': 'r1 = 0\nr2 = r7\ncall bpf_cpumask_test_cpu',
  'bpf_map_sum_elem_count R1': 'r1 = r7\ncall bpf_map_sum_elem_count',
  'bpf_strncmp R3 in a section': lines(
    'call bpf_rcu_read_lock',
    'r1 = r7',
    'r2 = 8',
    'r3 = r7',
    'call bpf_strncmp',
    'call bpf_rcu_read_unlock',
  ),
  'bpf_task_under_cgroup R2': 'call bpf_get_current_task_btf\nr1 = r0\nr2 = r7\ncall bpf_task_under_cgroup',
};

export function kfuncRequests(): Named[] {
  return Object.entries(KFUNC_CALLS).flatMap(([place, call]) =>
    Object.entries(REGISTERS).map(([kind, register]): Named => {
      const name = `kernel function, ${place}: ${kind}`;
      const called = [...new Set([...call.matchAll(/call (\w+)/g)].map((m) => m[1]!))].filter(
        (f) => !['bpf_get_current_task_btf', 'bpf_strncmp'].includes(f),
      );
      const externs = called.map((f) => `.extern ${f}\n`).join('');
      return [name, requestOfText(name, externs + programText(register, call))];
    }),
  );
}
