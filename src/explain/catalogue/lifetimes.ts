/** Iterators, dynptrs and kernel pointers in maps: in the right state, in the right order. */
import type { ErrorRow } from './row.ts';

export const lifetimeRows: readonly ErrorRow[] = [
  {
    id: 'BPF-E058',
    name: 'iterator is not in the right state',
    messages: ['expected an initialized {what} as arg #{n}', 'expected uninitialized {what} as arg #{n}'],
    category: 'Resource Lifetime Safety',
    class: 'bug',
    headline: (f) =>
      f.message.startsWith('expected uninit')
        ? 'The stack that {helper} is to make a {what} of already holds one.'
        : 'The stack that {helper} is given does not hold a {what}.',
    why: 'An iterator goes through new, next and destroy, in this order and in one place of the stack.',
    suggestion: 'Call new once, next until it gives NULL, destroy once on every path.',
    example: `.section license
.asciz "GPL"
.extern bpf_iter_num_next
.section "tc"
main:
    *(u64 *)(r10 - 8) = 0
    r1 = r10
    r1 += -8
    call bpf_iter_num_next
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E059',
    name: 'dynptr is not in the right state',
    messages: [
      'Expected an initialized dynptr as arg #{n}',
      'Dynptr has to be an uninitialized dynptr',
      'cannot overwrite referenced dynptr',
      'Expected a dynptr of type {type} as arg #{n}',
      'dynptr has to be at a constant offset',
      'cannot pass in dynptr at an offset',
      'potential write to dynptr at off={off} disallowed',
      'Unsupported reg type {type} for bpf_dynptr_from_mem data',
      'cannot pass in {what} at an offset={off}',
      '{what} has to be at a constant offset',
      'cannot pass pointer to const bpf_dynptr, the helper mutates it',
    ],
    category: 'Resource Lifetime Safety',
    class: 'bug',
    headline: 'The 16 bytes of stack are not a dynptr of the kind that {helper} needs.',
    why: 'A dynptr is made by a helper, read only through helpers, and, where it holds memory of a ring buffer, submitted or discarded.',
    suggestion: 'Initialise it on every path before use, and do not store into its 16 bytes.',
    example: `.section "tc"
main:
    *(u64 *)(r10 - 16) = 0
    *(u64 *)(r10 - 8) = 0
    r1 = r10
    r1 += -24
    r2 = 8
    r3 = r10
    r3 += -16
    r4 = 0
    r5 = 0
    call bpf_dynptr_read
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E060',
    name: 'kernel pointer in a map',
    messages: [
      'store to referenced kptr disallowed',
      'invalid kptr access, R{r} type={type} expected={expected}',
      'kptr access {what}',
      "off={off} kptr isn't referenced kptr",
      'kptr cannot be accessed indirectly by helper',
      'kptr in map can only be accessed using BPF_MEM instruction mode',
      'R{r} has no valid kptr',
      "off={off} doesn't point to kptr",
      'BPF_ST imm must be 0 when storing to kptr at off={off}',
    ],
    category: 'Resource Lifetime Safety',
    class: 'bug',
    headline: 'The kptr field of the map value is not accessed as such fields must be.',
    why: 'A referenced kptr changes hands by bpf_kptr_xchg only. Plain stores would lose the reference that it holds.',
    suggestion: "Use bpf_kptr_xchg, with the whole 8 bytes, at the field's offset; read with u64 loads.",
    register: () => undefined,
    example: `.struct cell {
    struct task_struct __kptr *task
}
.map cells, type=array, key=u32, value=cell, max_entries=1
.section "tc"
.func main(struct __sk_buff *skb) -> int
    *(u32 *)(r10 - 4) = 0
    r2 = r10
    r2 += -4
    r1 = cells ll
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    *(u64 *)(r0 + 0) = 0
out:
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E097',
    name: 'timers and callbacks',
    messages: [
      'cannot pass map pointer (map_uid={n}) to {what}',
      "timer pointer in R1 map_uid={n} doesn't match map pointer in R2 map_uid={id}",
      'workqueue pointer in R1 {what}',
    ],
    category: 'Call Type Safety',
    class: 'bug',
    headline: 'The timer and the map that are passed to {helper} do not belong together.',
    why: 'A timer keeps its map alive: it must be the map that the timer lies in.',
    suggestion: 'Pass the map whose value holds the timer.',
    example: `.struct cell {
    struct bpf_timer t
}
.map cells, type=array, key=u32, value=cell, max_entries=1
.map other, type=array, key=4, value=16, max_entries=1
.section license
.asciz "GPL"
.section "tc"
.func main(struct __sk_buff *skb) -> int
    *(u32 *)(r10 - 4) = 0
    r2 = r10
    r2 += -4
    r1 = cells ll
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r1 = r0
    r2 = other ll
    r3 = 1
    call bpf_timer_init
out:
    r0 = 0
    exit`,
  },
];
