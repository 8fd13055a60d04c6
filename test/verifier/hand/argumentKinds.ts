/** Each kind of helper argument with each kind of register in its place. */
import { builtinTypes } from '../../../src/btf/builtin.ts';
import type { LoadRequest } from '../../../src/spec/request.ts';
import { requestOfText } from './bpfFiles.ts';

/** Offset of task_struct.parent in the profile's kernel. */
const TASK_PARENT = 2456;

const lines = (...text: readonly string[]): string => text.join('\n');

const MAPS = [
  '.map counts, type=hash, key=4, value=16, max_entries=8',
  '.map cells, type=array, key=4, value=8, max_entries=4',
  '.map line, type=queue, key=0, value=16, max_entries=4',
  '.map ring, type=ringbuf, max_entries=4096',
  '.map fixed, type=array, key=4, value=16, max_entries=1, map_flags=BPF_F_RDONLY_PROG',
  '.map drop, type=array, key=4, value=16, max_entries=1, map_flags=BPF_F_WRONLY_PROG',
  '.map outer, type=array_of_maps, max_entries=4, inner=cells',
  '.map percpu, type=percpu_array, key=4, value=16, max_entries=1',
  '.map socks, type=sk_storage, key=int, value=u64',
  '.struct locked { struct bpf_spin_lock lock; u32 n; u64 m }\n.map locks, type=array, key=u32, value=locked, max_entries=1',
  '.struct timed { u64 n; struct bpf_timer timer }\n.map timers, type=array, key=u32, value=timed, max_entries=1',
  '.struct holder { u64 n; struct task_struct __kptr *task }\n.map holders, type=array, key=u32, value=holder, max_entries=1',
] as const;

const lookup = (map: string): string =>
  lines('*(u32 *)(r10 - 4) = 0', 'r2 = r10', 'r2 += -4', `r1 = ${map} ll`, 'call bpf_map_lookup_elem');
const checked = (text: string): string => lines(text, 'if r0 == 0 goto out', 'r7 = r0');
const TUPLE = lines('*(u64 *)(r10 - 16) = 0', '*(u64 *)(r10 - 8) = 0', 'r2 = r10', 'r2 += -16');
const LOOKUP_SK = lines(TUPLE, 'r3 = 12', 'r4 = 0', 'r5 = 0', 'r1 = r6', 'call bpf_sk_lookup_tcp');
const SK = lines('r1 = *(u64 *)(r6 + 168)', 'if r1 == 0 goto out');
const PACKET = lines('r7 = *(u32 *)(r6 + 76)', 'r8 = *(u32 *)(r6 + 80)', 'r1 = r7', 'r1 += 16');
const RESERVE = lines('r1 = ring ll', 'r2 = 16', 'r3 = 0', 'call bpf_ringbuf_reserve');
const TASK = lines('call bpf_get_current_task_btf', 'r7 = r0');
const stack = (reg: number, off: number): string => `r${reg} = r10\nr${reg} += ${off}`;
const DYNPTR = lines(
  '*(u64 *)(r10 - 16) = 0',
  '*(u64 *)(r10 - 8) = 0',
  lookup('counts'),
  'if r0 == 0 goto out',
  'r1 = r0',
  'r2 = 16',
  'r3 = 0',
  stack(4, -96),
  'call bpf_dynptr_from_mem',
  stack(7, -96),
);
const RING_DYNPTR = lines('r1 = ring ll', 'r2 = 16', 'r3 = 0', stack(4, -96), 'call bpf_ringbuf_reserve_dynptr');

/** Kinds of registers: how R7 comes to hold one, with the context in R6. */
export const REGISTERS: Readonly<Record<string, string>> = {
  nothing: '',
  zero: 'r7 = 0',
  'small number': 'r7 = 8',
  'large number': 'r7 = 0x40000000',
  'negative number': 'r7 = -1',
  'unknown number': 'r7 = *(u32 *)(r6 + 0)',
  'bounded number': 'r7 = *(u32 *)(r6 + 0)\nr7 &= 15',
  'number from 1': 'r7 = *(u32 *)(r6 + 0)\nr7 &= 7\nr7 += 1',
  'signed number': 'r7 = *(u32 *)(r6 + 0)\nif r7 s> 8 goto out',
  context: 'r7 = r6',
  'moved context': 'r7 = r6\nr7 += 4',
  stack: lines('*(u64 *)(r10 - 16) = 0', '*(u64 *)(r10 - 8) = 0', stack(7, -16)),
  'uninitialised stack': stack(7, -16),
  'half initialised stack': lines('*(u64 *)(r10 - 8) = 0', stack(7, -16)),
  'too little stack': lines('*(u64 *)(r10 - 8) = 0', stack(7, -2)),
  'stack of one spilled pointer': lines('*(u64 *)(r10 - 16) = r6', '*(u64 *)(r10 - 8) = 0', stack(7, -16)),
  'unaligned stack': lines('*(u64 *)(r10 - 24) = 0', '*(u64 *)(r10 - 16) = 0', '*(u64 *)(r10 - 8) = 0', stack(7, -19)),
  'stack at a variable place': lines(
    '*(u64 *)(r10 - 24) = 0',
    '*(u64 *)(r10 - 16) = 0',
    '*(u64 *)(r10 - 8) = 0',
    'r1 = *(u32 *)(r6 + 0)',
    'r1 &= 8',
    stack(7, -24),
    'r7 += r1',
  ),
  'frame pointer': 'r7 = r10',
  map: 'r7 = counts ll',
  'another map': 'r7 = cells ll',
  'inner map': checked(lookup('outer')),
  'inner map or null': lines(lookup('outer'), 'r7 = r0'),
  'map value': checked(lookup('counts')),
  'map value moved': lines(checked(lookup('counts')), 'r7 += 8'),
  'map value moved back': lines(checked(lookup('counts')), 'r7 += -1'),
  'map value at a variable place': lines('r8 = *(u32 *)(r6 + 0)', 'r8 &= 7', checked(lookup('counts')), 'r7 += r8'),
  'map value or null': lines(lookup('counts'), 'r7 = r0'),
  'map value of 8 bytes': checked(lookup('cells')),
  'read-only map value': checked(lookup('fixed')),
  'write-only map value': checked(lookup('drop')),
  'map value with a lock': checked(lookup('locks')),
  'map value with a timer': lines(checked(lookup('timers')), 'r7 += 8'),
  'map value beside its timer': checked(lookup('timers')),
  'map value with a kptr': lines(checked(lookup('holders')), 'r7 += 8'),
  'map value beside its kptr': checked(lookup('holders')),
  packet: lines(PACKET, 'if r1 > r8 goto out'),
  'packet unchecked': PACKET,
  'packet too short': lines(PACKET, 'if r1 > r8 goto out', 'r7 += 15'),
  'packet metadata': 'r7 = *(u32 *)(r6 + 140)',
  'packet end': 'r7 = *(u32 *)(r6 + 80)',
  'sock common or null': 'r7 = *(u64 *)(r6 + 168)',
  'sock common': lines(SK, 'r7 = r1'),
  socket: lines(SK, 'call bpf_sk_fullsock', 'if r0 == 0 goto out', 'r7 = r0'),
  'socket or null': lines(SK, 'call bpf_sk_fullsock', 'r7 = r0'),
  'tcp socket': lines(SK, 'call bpf_tcp_sock', 'if r0 == 0 goto out', 'r7 = r0'),
  'tcp socket or null': lines(SK, 'call bpf_tcp_sock', 'r7 = r0'),
  'acquired socket': checked(LOOKUP_SK),
  'acquired socket or null': lines(LOOKUP_SK, 'r7 = r0'),
  'moved acquired socket': lines(checked(LOOKUP_SK), 'r7 += 4'),
  'tcp socket of the kernel': lines(SK, 'call bpf_skc_to_tcp_sock', 'if r0 == 0 goto out', 'r7 = r0'),
  'ring buffer memory': checked(RESERVE),
  'ring buffer memory or null': lines(RESERVE, 'r7 = r0'),
  'ring buffer memory moved': lines(checked(RESERVE), 'r7 += 8'),
  dynptr: DYNPTR,
  'ring buffer dynptr': lines(RING_DYNPTR, stack(7, -96)),
  'second half of a dynptr': lines(DYNPTR, 'r7 += 8'),
  'memory of a dynptr': lines(
    DYNPTR,
    'r1 = r7',
    'r2 = 0',
    'r3 = 16',
    'call bpf_dynptr_data',
    'if r0 == 0 goto out',
    'r7 = r0',
  ),
  function: 'r7 = each ll',
  task: TASK,
  'task moved': lines(TASK, 'r7 += 8'),
  'task read from a task': lines(TASK, `r7 = *(u64 *)(r7 + ${TASK_PARENT})`),
  'per-CPU variable': `r7 = var_addr(${builtinTypes.vmlinux().find('var', 'runqueues')}) ll`,
  'return address of a call': 'call bpf_get_smp_processor_id\nr7 = r0',
};

/** Kinds of arguments: a call with R7 in such a place. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  ARG_CONST_MAP_PTR: lines('*(u32 *)(r10 - 28) = 0', 'r1 = r7', stack(2, -28), 'call bpf_map_lookup_elem'),
  'ARG_CONST_MAP_PTR of a ring buffer': lines('r1 = r7', 'r2 = 8', 'r3 = 0', 'call bpf_ringbuf_reserve'),
  ARG_PTR_TO_MAP_KEY: lines('r1 = counts ll', 'r2 = r7', 'call bpf_map_lookup_elem'),
  ARG_PTR_TO_MAP_VALUE: lines(
    '*(u32 *)(r10 - 28) = 0',
    'r1 = counts ll',
    stack(2, -28),
    'r3 = r7',
    'r4 = 0',
    'call bpf_map_update_elem',
  ),
  'ARG_PTR_TO_MAP_VALUE|MEM_UNINIT': lines('r1 = line ll', 'r2 = r7', 'call bpf_map_pop_elem'),
  ARG_PTR_TO_MAP_VALUE_OR_NULL: lines(
    'r2 = *(u64 *)(r6 + 168)',
    'if r2 == 0 goto out',
    'r1 = socks ll',
    'r3 = r7',
    'r4 = 1',
    'call bpf_sk_storage_get',
  ),
  'ARG_PTR_TO_MEM|MEM_RDONLY': lines('r1 = r6', 'r2 = 0', 'r3 = r7', 'r4 = 16', 'r5 = 0', 'call bpf_skb_store_bytes'),
  'ARG_PTR_TO_MEM_OR_NULL|MEM_RDONLY': lines('r1 = r7', 'r2 = 16', 'r3 = 0', 'r4 = 0', 'r5 = 0', 'call bpf_csum_diff'),
  'ARG_PTR_TO_MEM_OR_NULL|MEM_RDONLY of no bytes': lines(
    'r1 = r7',
    'r2 = 0',
    'r3 = 0',
    'r4 = 0',
    'r5 = 0',
    'call bpf_csum_diff',
  ),
  ARG_PTR_TO_UNINIT_MEM: lines('r1 = r6', 'r2 = 0', 'r3 = r7', 'r4 = 16', 'call bpf_skb_load_bytes'),
  ARG_CONST_SIZE: lines('r1 = r6', 'r2 = 0', stack(3, -48), 'r4 = r7', 'call bpf_skb_load_bytes'),
  'ARG_CONST_SIZE of memory that is read': lines(
    '*(u64 *)(r10 - 48) = 0',
    'r1 = r6',
    'r2 = 0',
    stack(3, -48),
    'r4 = r7',
    'r5 = 0',
    'call bpf_skb_store_bytes',
  ),
  ARG_CONST_SIZE_OR_ZERO: lines(
    '*(u64 *)(r10 - 48) = 0',
    stack(1, -48),
    'r2 = r7',
    'r3 = 0',
    'r4 = 0',
    'r5 = 0',
    'call bpf_csum_diff',
  ),
  'ARG_CONST_SIZE_OR_ZERO without memory': lines(
    'r1 = 0',
    'r2 = r7',
    'r3 = 0',
    'r4 = 0',
    'r5 = 0',
    'call bpf_csum_diff',
  ),
  'ARG_PTR_TO_FIXED_SIZE_MEM|MEM_ALIGNED': lines(
    'r1 = r6',
    'r2 = 0',
    'r3 = r7',
    'r4 = 0',
    'r5 = 0',
    'call bpf_check_mtu',
  ),
  ARG_PTR_TO_CTX: lines('r1 = r7', 'r2 = 0', 'call bpf_skb_pull_data'),
  ARG_PTR_TO_CTX_OR_NULL: lines('r1 = r7', 'call bpf_get_netns_cookie'),
  ARG_ANYTHING: lines('r1 = r6', 'r2 = r7', 'call bpf_skb_pull_data'),
  ARG_SCALAR: lines('r1 = r7', 'r2 = each ll', 'r3 = 0', 'r4 = 0', 'call bpf_loop'),
  ARG_PTR_TO_FUNC: lines('r1 = counts ll', 'r2 = r7', 'r3 = 0', 'r4 = 0', 'call bpf_for_each_map_elem'),
  ARG_PTR_TO_STACK_OR_NULL: lines('r1 = 4', 'r2 = each ll', 'r3 = r7', 'r4 = 0', 'call bpf_loop'),
  ARG_PTR_TO_SPIN_LOCK: lines('r1 = r7', 'call bpf_spin_lock', 'r1 = r7', 'call bpf_spin_unlock'),
  ARG_PTR_TO_TIMER: lines('r1 = r7', 'call bpf_timer_cancel'),
  ARG_KPTR_XCHG_DEST: lines('r1 = r7', 'r2 = 0', 'call bpf_kptr_xchg'),
  'ARG_PTR_TO_BTF_ID_OR_NULL|OBJ_RELEASE': lines(
    lookup('holders'),
    'if r0 == 0 goto out',
    'r1 = r0',
    'r1 += 8',
    'r2 = r7',
    'call bpf_kptr_xchg',
  ),
  ARG_PTR_TO_SOCK_COMMON: lines('r1 = r7', 'call bpf_tcp_sock'),
  ARG_PTR_TO_BTF_ID_SOCK_COMMON: lines('r1 = r7', 'call bpf_skc_to_tcp_sock'),
  'ARG_PTR_TO_BTF_ID_SOCK_COMMON|OBJ_RELEASE': lines('r1 = r7', 'call bpf_sk_release'),
  'ARG_PTR_TO_BTF_ID_SOCK_COMMON of sk_assign': lines('r1 = r6', 'r2 = r7', 'r3 = 0', 'call bpf_sk_assign'),
  'ARG_PTR_TO_RINGBUF_MEM|OBJ_RELEASE': lines('r1 = r7', 'r2 = 0', 'call bpf_ringbuf_submit'),
  ARG_CONST_ALLOC_SIZE_OR_ZERO: lines('r1 = ring ll', 'r2 = r7', 'r3 = 0', 'call bpf_ringbuf_reserve'),
  ARG_PTR_TO_PERCPU_BTF_ID: lines('r1 = r7', 'call bpf_this_cpu_ptr'),
  ARG_PTR_TO_CONST_STR: lines('*(u64 *)(r10 - 48) = 0', stack(1, -48), 'r2 = 8', 'r3 = r7', 'call bpf_strncmp'),
  'ARG_PTR_TO_DYNPTR|MEM_RDONLY': lines('r1 = r7', 'r2 = 0', 'r3 = 8', 'call bpf_dynptr_data'),
  'ARG_PTR_TO_DYNPTR|MEM_UNINIT': lines(
    'r1 = ring ll',
    'r2 = 8',
    'r3 = 0',
    'r4 = r7',
    'call bpf_ringbuf_reserve_dynptr',
  ),
  'ARG_PTR_TO_DYNPTR|OBJ_RELEASE': lines('r1 = r7', 'r2 = 0', 'call bpf_ringbuf_submit_dynptr'),
};

/** A program that fills R7 and does something with it. */
export function programText(register: string, call: string): string {
  const body = lines('r6 = r1', register, call, 'out:', 'r0 = 0', 'exit').replace(/\n+/g, '\n');
  const maps = MAPS.filter((map) => body.includes(` ${/\.map (\w+)/.exec(map)![1]} ll`));
  const inner = body.includes('outer ll') && !body.includes('cells ll') ? [MAPS[1]] : [];
  return lines(
    '.section license',
    '.asciz "GPL"',
    ...inner,
    ...maps,
    '.section "tc"',
    '.func main(struct __sk_buff *ctx) -> int',
    body,
    '.func each(void *a, void *b, void *c, void *d) -> long static',
    'r0 = 0',
    'exit',
    '',
  );
}

const RANDOM = lines('call bpf_get_prandom_u32', 'r9 = r0');
const STORE = 'store';
const OR_NULL = lines(lookup('percpu'), 'r8 = r0');

/** What is done with a register that is no argument: R7, with a number in R9. */
const USES: Readonly<Record<string, string>> = {
  'read 1': 'r8 = *(u8 *)(r7 + 0)',
  'read 4': 'r8 = *(u32 *)(r7 + 0)',
  'read 8': 'r8 = *(u64 *)(r7 + 0)',
  'read before': 'r8 = *(u8 *)(r7 - 1)',
  'read at 12': 'r8 = *(u32 *)(r7 + 12)',
  'read at 16': 'r8 = *(u8 *)(r7 + 16)',
  'read with sign': 'r8 = *(s8 *)(r7 + 0)',
  'write a number': '*(u64 *)(r7 + 0) = 5',
  'write a register': '*(u32 *)(r7 + 8) = r9',
  'write a pointer': '*(u64 *)(r7 + 0) = r10',
  'atomic add': 'lock *(u64 *)(r7 + 0) += r9',
  'atomic fetch': 'w9 = atomic_fetch_or((u32 *)(r7 + 8), w9)',
  cmpxchg: 'r0 = 0\nr0 = cmpxchg_64(r7 + 0, r0, r9)',
  'add a constant': 'r7 += 4\nr8 = *(u8 *)(r7 + 0)',
  'add a number': 'r9 &= 7\nr7 += r9\nr8 = *(u8 *)(r7 + 0)',
  'add any number': 'r7 += r9',
  'add to a number': 'r9 += r7',
  'subtract a constant': 'r7 -= 4\nr8 = *(u8 *)(r7 + 4)',
  'subtract from a number': 'r9 -= r7',
  'subtract from itself': 'r7 -= r7',
  'add to itself': 'r7 += r7',
  and: 'r7 &= 7',
  'shift left': 'r7 <<= 1',
  multiply: 'r7 *= 3',
  negate: 'r7 = -r7',
  'swap bytes': 'r7 = be32 r7',
  '32-bit add': 'w7 += 1',
  '32-bit move': 'w8 = w7',
  'move with sign': 'r8 = (s16)r7',
  spill: '*(u64 *)(r10 - 120) = r7\nr8 = *(u64 *)(r10 - 120)',
  'spill half': '*(u32 *)(r10 - 120) = r7',
  'store in a map value': STORE,
  'compare with zero': 'if r7 == 0 goto out\nr8 = *(u8 *)(r7 + 0)',
  'compare with not zero': 'if r7 != 0 goto out\nr8 = *(u8 *)(r7 + 0)',
  'compare 32 bits with zero': 'if w7 == 0 goto out\nr8 = *(u8 *)(r7 + 0)',
  'compare with a constant': 'if r7 > 100 goto out\nr8 = *(u8 *)(r7 + 0)',
  'compare with a number': 'if r7 s< r9 goto out',
  'compare with the frame': 'if r7 == r10 goto out',
  'compare with itself': 'if r7 == r7 goto out',
  'test bits': 'if r7 & 8 goto out',
  'equal to a value or null': lines(OR_NULL, 'if r8 == r7 goto yes', 'goto out', 'yes:', 'r1 = *(u8 *)(r8 + 0)'),
  'a value or null equal to it': lines(OR_NULL, 'if r7 == r8 goto yes', 'goto out', 'yes:', 'r1 = *(u8 *)(r8 + 0)'),
  'not equal to a value or null': lines(OR_NULL, 'if r8 != r7 goto out', 'r1 = *(u8 *)(r8 + 0)'),
  'a value or null not equal to it': lines(OR_NULL, 'if r7 != r8 goto out', 'r1 = *(u8 *)(r8 + 0)'),
  '32 bits equal to a value or null': lines(OR_NULL, 'if w7 != w8 goto out', 'r1 = *(u8 *)(r8 + 0)'),
  'greater than a value or null': lines(OR_NULL, 'if r7 > r8 goto out', 'r1 = *(u8 *)(r8 + 0)'),
  return: 'r0 = r7\nexit',
  call: 'callx r7',
};

export function useRequests(): [string, LoadRequest][] {
  return Object.entries(USES).flatMap(([use, insns]) =>
    Object.entries(REGISTERS).map(([kind, register]): [string, LoadRequest] => {
      const name = `use, ${use}: ${kind}`;
      const before = insns === STORE ? lookup('percpu') : RANDOM;
      const after = insns === STORE ? 'if r0 == 0 goto out\n*(u64 *)(r0 + 0) = r7' : insns;
      return [name, requestOfText(name, programText(register, lines(before, after)))];
    }),
  );
}

/** One program for each argument kind and register kind. */
export function argumentRequests(): [string, LoadRequest][] {
  return Object.entries(ARGUMENTS).flatMap(([argument, call]) =>
    Object.entries(REGISTERS).map(([kind, register]): [string, LoadRequest] => {
      const name = `${argument}: ${kind}`;
      return [name, requestOfText(name, programText(register, call))];
    }),
  );
}
