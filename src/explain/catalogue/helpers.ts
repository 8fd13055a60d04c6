/** Helpers: may they be called here, and on these maps? */
import { HELPERS } from '../../spec/helpers/index.ts';
import { helperName } from './callee.ts';
import type { ErrorClass, ErrorRow, Finding } from './row.ts';

/** A row of a helper by name, for its first kernel. */
function since(name: string | undefined): string | undefined {
  return Object.entries(HELPERS).find(([n]) => n === name)?.[1].since;
}

/** A helper that Linux 6.12 has and the log's kernel does not know is a matter of age. */
function ageOf(f: Finding): ErrorClass {
  return f.message.startsWith('unknown func') || f.message.startsWith('invalid func') ? 'kernel too old' : 'bug';
}

/** Whether the program runs inside of the storage code; where nobody says what it traces, that is the likely case. */
const storage = (f: Finding): boolean =>
  /^bpf_(?:sk|task|inode|cgrp)_storage_/.test(helperName(f) ?? '') &&
  f.attachType !== 'modify_return' &&
  (f.attachedTo === undefined || f.attachedTo.startsWith('bpf_sk_storage'));

const PROBE = `.map conntrack_map_keys, type=sk_storage, value=32
.section "fentry/bpf_sk_storage_free"
main:
    r2 = *(u64 *)(r1 + 0)
    r1 = conntrack_map_keys ll
    r3 = 0
    r4 = 0
    call bpf_sk_storage_get
    r0 = 0
    exit`;

export const helperRows: readonly ErrorRow[] = [
  {
    id: 'BPF-E061',
    name: 'helper is not for this program type',
    messages: [
      'program of this type cannot use helper {name}#{n}',
      'tracing progs cannot use {name} yet',
      'socket filter progs cannot use {name} yet',
    ],
    category: 'Policy',
    class: (f) => (since(helperName(f)) === undefined ? undefined : 'bug'),
    headline: '{name} is not there for programs of this type.',
    why: 'Each program type and, for some, each attach type has its own list of helpers. Some helpers came to a type only with a later kernel.',
    suggestion: (f) =>
      `Use a helper that this type has, or move the work to a program that may call ${helperName(f) ?? 'it'}. bpf-helpers(7) says which types have it.`,
    register: () => undefined,
    example: `.section "xdp"
main:
    r2 = 0
    call bpf_skb_pull_data
    r0 = 2
    exit`,
  },
  {
    id: 'BPF-E062',
    name: 'helper is not known',
    messages: ['invalid func {name}#{n}', 'unknown func {name}#{n}'],
    category: 'Policy',
    class: ageOf,
    headline: (f) => {
      const version = since(helperName(f));
      return version === undefined
        ? 'There is no helper #{n} in this kernel.'
        : `{name} came with Linux ${version}; this kernel does not have it for such programs.`;
    },
    why: 'Helpers are numbered, and each kernel knows the numbers up to its time. Before Linux 6.10 the same words were used for helpers that the program type does not have.',
    suggestion:
      'Probe for the helper (bpf_core_enum_value_exists, `bpftool feature probe`) and do without it on older kernels.',
    register: () => undefined,
    example: `.section "xdp"
main:
    call 9999
    r0 = 2
    exit`,
  },
  {
    id: 'BPF-E063',
    name: 'licence',
    messages: [
      'cannot call GPL-restricted function from non-GPL compatible program',
      'cannot call kernel function from non-GPL compatible program',
      'cannot call a GPL-only kernel function from non-GPL compatible program',
    ],
    category: 'Policy',
    class: 'bug',
    headline: (f) =>
      f.args.type === undefined
        ? '{helper} may only be called by programs with a GPL-compatible licence.'
        : 'Only programs with a GPL-compatible licence may look into struct {type}.',
    why: 'The licence is what the section `license` says; without one the program counts as proprietary.',
    suggestion:
      'Declare the licence, if the program has one: `.section license` with `.asciz "GPL"`, in C `char LICENSE[] SEC("license") = "GPL";`.',
    register: () => undefined,
    example: `.section license
.asciz "Proprietary"
.section "xdp"
main:
    r1 = r10
    r1 += -8
    r2 = 8
    r3 = 0
    call bpf_probe_read_kernel
    r0 = 2
    exit`,
  },
  {
    id: 'BPF-E064',
    name: 'helper call is not allowed in probe',
    messages: ['helper call is not allowed in probe'],
    category: 'Execution Context Safety',
    class: 'bug',
    headline: (f) =>
      storage(f)
        ? '{helper} cannot be called from a program that traces the storage code itself: it would call into the code that is running.'
        : `{helper} is not allowed in programs of this kind${f.attachedTo === undefined ? '' : ` (${f.attachType ?? 'tracing'} of ${f.attachedTo})`}.`,
    why: 'bpf_sk_storage_get and bpf_sk_storage_delete work on the lists and locks of the socket storage. A program attached to bpf_sk_storage_free, or to any function whose name begins with bpf_sk_storage, runs inside of just that code, possibly with its locks held: calling the helper there would recurse into the storage code, and could deadlock or touch a storage that is being freed. So Linux 6.12 allows these helpers in raw tracepoints and iterators always, in fentry and fexit programs unless the traced function is called bpf_sk_storage…, and in no other tracing program (fmod_ret, programs that trace BPF programs).',
    suggestion: (f) =>
      storage(f)
        ? 'Attach to a function around the storage code, for example fentry/inet_sock_destruct or fexit/sk_destruct for the end of a socket, or keep the keys in a hash map indexed by the socket cookie and delete them from there. `bpflab verify --allow sk-storage-in-storage-free-probe` shows what else the verifier would say of the program.'
        : 'Use fentry, fexit, a raw tracepoint or an iterator instead.',
    register: () => undefined,
    example: `.section license
.asciz "GPL"
${PROBE}`,
  },
  {
    id: 'BPF-E065',
    name: 'may sleep where it must not',
    messages: [
      'helper call might sleep in a non-sleepable prog',
      'kernel func {func} is sleepable within rcu_read_lock region',
      'sleepable helper {func} in rcu_read_lock region',
      'program must be sleepable to call sleepable kfunc {func}',
      'kernel func {func} is sleepable within non-preemptible region',
      'sleepable helper {name}#{n} in non-preemptible region',
    ],
    category: 'Execution Context Safety',
    class: 'bug',
    headline: '{helper} may sleep, and this program runs where nothing may sleep.',
    why: 'Most programs run with RCU held or preemption off. Only programs that are loaded as sleepable (fentry.s, lsm.s, uprobe.s …) may wait.',
    suggestion:
      'Use the helper that does not sleep (bpf_probe_read_user instead of bpf_copy_from_user), or a sleepable section.',
    register: () => undefined,
    example: `.section license
.asciz "GPL"
.section "fentry/tcp_close"
main:
    r1 = r10
    r1 += -8
    r2 = 8
    r3 = 0
    call bpf_copy_from_user
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E066',
    name: 'map type and helper do not fit',
    messages: ['cannot pass map_type {type} into func {name}#{n}', 'callback function not allowed for map'],
    category: 'Call Type Safety',
    class: 'bug',
    headline: (f) =>
      f.args.name === undefined
        ? '{helper} does not work on this map.'
        : '{name} does not work on maps of this type (number {type}).',
    why: 'Prog arrays are for tail calls, ring buffers for the ringbuf helpers, and so on; each helper knows its types.',
    suggestion: 'Pass a map of the type that the helper is for.',
    register: () => undefined,
    example: `.map jumps, type=prog_array, key=4, value=4, max_entries=4
.section "xdp"
main:
    *(u32 *)(r10 - 4) = 0
    r2 = r10
    r2 += -4
    r1 = jumps ll
    call bpf_map_lookup_elem
    r0 = 2
    exit`,
  },
];
