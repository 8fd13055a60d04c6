/** Locks, RCU sections and other stretches in which little may be done. */
import { LOCKED } from './pieces.ts';
import type { ErrorRow } from './row.ts';

export const sectionRows: readonly ErrorRow[] = [
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
];
