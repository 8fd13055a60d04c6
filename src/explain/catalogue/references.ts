/** What was acquired must be released, once, and unchanged. */
import type { Edit, ErrorRow, Finding } from './row.ts';

const RELEASED_BY: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^(?:sock|sock_common|tcp_sock)$/, ['call bpf_sk_release']],
  [/^ringbuf_mem$/, ['r2 = 0', 'call bpf_ringbuf_discard']],
];

/** Gives a reference back before the program ends, where a register still holds it. */
function release(f: Finding): Edit | undefined {
  const id = Number(f.args.id);
  if (!f.at) return undefined;
  for (let r = 0; r < 10; r++) {
    const v = f.reg(r);
    if (!v || v.refObjId !== id) continue;
    const row = RELEASED_BY.find(([type]) => type.test(v.type));
    if (!row) return undefined;
    const call = [...(r === 1 ? [] : [`r1 = r${r}`]), ...row[1], `r0 = ${f.harmless}`];
    const lines = v.orNull ? [`if r${r} == 0 goto nothing_${f.at.slot}`, ...call, `nothing_${f.at.slot}:`] : call;
    return { slot: f.at.slot, lines: v.orNull ? [...lines, `r0 = ${f.harmless}`] : lines };
  }
  return undefined;
}

const TUPLE = `    *(u64 *)(r10 - 8) = 0
    *(u32 *)(r10 - 12) = 0
    r2 = r10
    r2 += -12
    r3 = 12
    r4 = 0
    r5 = 0
    call bpf_sk_lookup_tcp`;

const LOCKED = `.struct cell {
    struct bpf_spin_lock lock
    u32 count
}
.map cells, type=array, key=u32, value=cell, max_entries=1
.section "tc"
.func main(struct __sk_buff *skb) -> int
    r6 = r1
    *(u32 *)(r10 - 4) = 0
    r2 = r10
    r2 += -4
    r1 = cells ll
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r7 = r0
    r1 = r0
    call bpf_spin_lock`;

export const referenceRows: readonly ErrorRow[] = [
  {
    id: 'BPF-E050',
    name: 'reference is not released',
    messages: [
      'Unreleased reference id={id} alloc_insn={alloc}',
      'BPF_EXIT instruction in main prog would lead to reference leak',
    ],
    when: (f) => !f.messages.some((m) => /^(?:tail_call|BPF_LD)/.test(m)),
    category: 'Resource Lifetime Safety',
    class: 'bug',
    headline: 'The program ends on this path while it still holds what insn {alloc} acquired.',
    why: 'A socket, a ring buffer record or a kernel object that was acquired must be released on every path, also on those that leave early. A path on which the pointer is NULL holds nothing.',
    proof: (f) => ({
      needs: 'no reference is held at exit',
      proven: `reference ${f.args.id ?? ''} of insn ${f.args.alloc ?? '?'} is held`,
    }),
    suggestion:
      'Release it before every exit: bpf_sk_release, bpf_ringbuf_submit or bpf_ringbuf_discard, the release function of a kfunc.',
    fix: release,
    register: (f) => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].find((r) => f.reg(r)?.refObjId === Number(f.args.id)),
    example: `.section "tc"
main:
${TUPLE}
    r6 = r0
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E051',
    name: 'released without being held',
    messages: [
      'release helper {func} expects referenced PTR_TO_BTF_ID passed to R{r}',
      'R{r} must be referenced when passed to release function',
      'func {func} reference has not been acquired before',
      'reference has not been acquired before',
      'R{r} must be referenced',
      'arg {n} is an unacquired reference',
      'cannot release unowned const bpf_dynptr',
    ],
    category: 'Resource Lifetime Safety',
    class: 'bug',
    headline: (f) =>
      f.args.r === undefined
        ? 'Something is released that the program holds no reference to.'
        : 'R{r} is released, but the program holds no reference to it.',
    why: 'Only what an acquiring call returned can be given back, and only once. Sockets that the context provides are not acquired.',
    suggestion: 'Release only what was acquired on this path. After a release all copies of the pointer are unusable.',
    register: (f) => (f.args.r === undefined ? 1 : Number(f.args.r)),
    example: `.section "tc"
main:
    r1 = *(u64 *)(r1 + 168)
    if r1 == 0 goto out
    call bpf_sk_release
out:
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E052',
    name: 'released at another address',
    messages: [
      'R{r} must have zero offset when passed to release func or trusted arg to kfunc',
      'R{r} must have zero offset when passed to release func',
    ],
    category: 'Resource Lifetime Safety',
    class: 'bug',
    headline: 'R{r} was moved: a release needs the pointer just as it was acquired.',
    why: 'The kernel frees what the pointer points to. An offset would free something else.',
    suggestion: 'Keep the acquired pointer in a register of its own for the release.',
    example: `.map ring, type=ringbuf, max_entries=4096
.section "tc"
main:
    r1 = ring ll
    r2 = 16
    r3 = 0
    call bpf_ringbuf_reserve
    if r0 == 0 goto out
    r1 = r0
    r1 += 8
    r2 = 0
    call bpf_ringbuf_submit
out:
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E053',
    name: 'program is left while a reference is held',
    messages: [
      'tail_call would lead to reference leak',
      'BPF_LD_[ABS|IND] would lead to reference leak',
      'BPF_LD_[ABS|IND] cannot be mixed with socket references',
      'tail_call {what} lead to reference leak',
      'cannot tail call within callback',
    ],
    category: 'Resource Lifetime Safety',
    class: 'bug',
    headline: 'This insn may leave the program for good, and a reference is still held.',
    why: 'A successful tail call does not come back, and a classic packet load ends the program when the packet is too short.',
    suggestion: 'Release before the tail call or the load.',
    register: () => 0,
    example: `.map jumps, type=prog_array, key=4, value=4, max_entries=4
.section "tc"
main:
    r6 = r1
${TUPLE}
    r1 = r6
    r2 = jumps ll
    r3 = 0
    call bpf_tail_call
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E054',
    name: 'not while a lock is held',
    messages: [
      'bpf_spin_unlock is missing',
      'function calls are not allowed while holding a lock',
      'BPF_LD_[ABS|IND] cannot be used inside bpf_spin_lock-ed region',
      'BPF_LD_[ABS|IND] would lead to locked region',
      'BPF_EXIT instruction in main prog cannot be used inside bpf_spin_lock-ed region',
      'BPF_EXIT instruction cannot be used inside bpf_spin_lock-ed region',
      'tail_call cannot be used inside bpf_spin_lock-ed region',
      'global function calls are not allowed while holding a lock',
      'calling kernel function {func} is not allowed inside bpf_spin_lock-ed region',
    ],
    category: 'Execution Context Safety',
    class: 'bug',
    headline: 'A spin lock is held here: the program must neither end nor call anything but bpf_spin_unlock.',
    why: 'While one CPU holds the lock others spin. Sections under a lock are short, straight and call nothing.',
    suggestion: 'Unlock on every path before exit and before calls; do the calls before or behind the section.',
    register: () => undefined,
    example: `${LOCKED}
out:
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E055',
    name: 'locks out of order',
    messages: [
      'Locking two bpf_spin_locks are not allowed',
      'bpf_spin_unlock without taking a lock',
      'bpf_spin_unlock of different lock',
      'bpf_spin_{what} without',
    ],
    category: 'Execution Context Safety',
    class: 'bug',
    headline: 'Spin locks are taken and released one at a time, the same one.',
    why: 'Two locks at once may lock each other out for ever; unlocking what is not locked breaks the lock.',
    suggestion: 'Take one lock, release it, take the next.',
    example: `${LOCKED.slice(0, LOCKED.lastIndexOf('call'))}call bpf_spin_unlock
out:
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E056',
    name: 'the map value has no such lock or timer',
    messages: [
      "map '{map}' has no valid {what}",
      "off {off} doesn't point to 'struct {what}' that is at {n}",
      "map '{map}' has to have BTF in order to use {what}",
      "R{r} doesn't have constant offset. {what} has to be at the constant offset",
    ],
    category: 'Call Type Safety',
    class: 'bug',
    headline: 'The pointer does not point to a field of the kind that {helper} needs.',
    why: "Locks, timers and kptrs are found by the BTF of the map's value type. Without it, or at another offset, there is none.",
    suggestion:
      'Declare the field in the value type (struct bpf_spin_lock, struct bpf_timer …), give the map its type, and pass the address of the field.',
    example: `.map cells, type=array, key=4, value=8, max_entries=1
.section "tc"
main:
    *(u32 *)(r10 - 4) = 0
    r2 = r10
    r2 += -4
    r1 = cells ll
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r1 = r0
    call bpf_spin_lock
out:
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E057',
    name: 'section is not closed',
    messages: [
      'bpf_rcu_read_unlock is missing',
      'nested rcu read lock (kernel function {func})',
      'unmatched rcu read unlock (kernel function {func})',
      'BPF_EXIT instruction in main prog cannot be used inside bpf_rcu_read_lock-ed region',
      'BPF_EXIT instruction cannot be used inside bpf_rcu_read_lock-ed region',
      'BPF_EXIT instruction in main prog cannot be used inside bpf_preempt_disable-ed region',
      'BPF_EXIT instruction cannot be used inside bpf_preempt_disable-ed region',
      '{n} bpf_preempt_enable{what} missing',
      'global function calls are not allowed with preemption disabled',
    ],
    category: 'Execution Context Safety',
    class: 'bug',
    headline: 'An RCU or no-preemption section is open here, or was never opened.',
    why: 'bpf_rcu_read_lock and bpf_preempt_disable hold up the rest of the kernel until they are undone: exactly once, on every path.',
    suggestion: 'Pair every lock with its unlock on every path to exit.',
    register: () => undefined,
    example: `.section license
.asciz "GPL"
.extern bpf_rcu_read_lock
.section "tc"
main:
    call bpf_rcu_read_lock
    r0 = 0
    exit`,
  },
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
];
