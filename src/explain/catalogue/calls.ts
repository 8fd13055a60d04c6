/** Helpers, kfuncs and subprograms: may they be called here, and with these arguments? */
import { HELPERS } from '../../spec/helpers/index.ts';
import { nullCheck, unless } from './edits.ts';
import { knownRange } from './ranges.ts';
import type { Edit, ErrorClass, ErrorRow, Finding } from './row.ts';

/** Helpers count their arguments from 1, kfuncs theirs from 0. */
const argument = (f: Finding): number | undefined =>
  f.args.n === undefined ? undefined : Number(f.args.n) + (f.message.includes('helper arg') ? 0 : 1);

/** A row of a helper by name, for its first kernel. */
function since(name: string | undefined): string | undefined {
  return Object.entries(HELPERS).find(([n]) => n === name)?.[1].since;
}

const helperName = (f: Finding): string | undefined => f.args.name ?? f.helper;

/** A helper that Linux 6.12 has and the log's kernel does not know is a matter of age. */
function ageOf(f: Finding): ErrorClass {
  return f.message.startsWith('unknown func') || f.message.startsWith('invalid func') ? 'kernel too old' : 'bug';
}

/** The size register that goes with a pointer argument, bounded by what the pointer points to. */
function boundSize(f: Finding): Edit | undefined {
  const r = Number(f.args.r);
  const memory = f.reg(r - 1);
  if (!f.at || memory?.type !== 'fp' || memory.off >= 0) return undefined;
  return unless(f, f.at.slot, `r${r} <= ${-memory.off}`, 'fits');
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

export const callRows: readonly ErrorRow[] = [
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
        ? 'Attach to a function around the storage code, for example fentry/inet_sock_destruct or fexit/sk_destruct for the end of a socket, or keep the keys in a hash map indexed by the socket cookie and delete them from there. `bpflab verify --allow list` shows the rule, which can be lifted to see what the program would do.'
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
  {
    id: 'BPF-E069',
    name: 'map wanted',
    messages: [
      'R{r} type={type} expected=map_ptr',
      'invalid map_ptr to access map->key',
      'invalid map_ptr to access map->value',
      'invalid map_ptr to access map->type',
    ],
    category: 'Call Type Safety',
    class: 'bug',
    headline: 'R1 must be a map, one and the same on every path; how long key and value are depends on it.',
    why: 'The map must be one definite map, loaded by ld_imm64 or looked up from a map of maps.',
    suggestion: 'Load the map into R1 before the call, on every path.',
    register: () => 1,
    fix: (f) => (/_or_null/.test(f.args.type ?? '') ? nullCheck(f, Number(f.args.r)) : undefined),
    example: `.map a, type=hash, key=4, value=8, max_entries=8
.section "xdp"
main:
    r1 = r10
    r2 = r10
    r2 += -4
    call bpf_map_lookup_elem
    r0 = 2
    exit`,
  },
  {
    id: 'BPF-E067',
    name: 'argument is not of the type wanted',
    messages: ['R{r} type={type} expected={expected}'],
    category: 'Call Type Safety',
    class: 'bug',
    headline: (f) =>
      `Argument ${f.args.r} of {helper} must be ${(f.args.expected ?? '').split(', ').join(' or ')}; R{r} is ${f.args.type === 'scalar' || f.args.type === 'inv' ? 'a number' : '{type}'}.`,
    why: 'Helpers say of each argument what it must point to. R1 to R5 are the first to fifth argument.',
    proof: (f) => ({
      needs: `R${f.args.r}: ${f.args.expected}`,
      proven: `R${f.args.r}: ${f.reg(Number(f.args.r))?.text ?? f.args.type}`,
    }),
    suggestion: (f) =>
      /_or_null/.test(f.args.type ?? '')
        ? 'Check it for NULL before the call.'
        : 'Put a pointer of the wanted kind there; keys and values are passed by address, for example on the stack.',
    fix: (f) => (/_or_null/.test(f.args.type ?? '') ? nullCheck(f, Number(f.args.r)) : undefined),
    example: `.map counts, type=hash, key=4, value=8, max_entries=8
.section "xdp"
main:
    r1 = counts ll
    r2 = 1
    call bpf_map_lookup_elem
    r0 = 2
    exit`,
  },
  {
    id: 'BPF-E068',
    name: 'argument may be NULL',
    messages: [
      'Possibly NULL pointer passed to helper arg{n}',
      'Possibly NULL pointer passed to trusted arg{n}',
      'NULL pointer passed to trusted arg{n}',
    ],
    category: 'Call Type Safety',
    class: 'bug',
    headline: (f) => `Argument ${argument(f)} of {helper} may be NULL.`,
    why: 'The function would follow the pointer without looking.',
    suggestion: 'Check for NULL before the call.',
    fix: (f) => nullCheck(f, argument(f) ?? 1),
    register: argument,
    example: `.section license
.asciz "GPL"
.extern bpf_task_from_pid
.extern bpf_task_release
.section "tc"
main:
    r1 = 1
    call bpf_task_from_pid
    r1 = r0
    call bpf_task_release
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E070',
    name: 'size may be negative',
    messages: ["R{r} min value is negative, either use unsigned or 'var &= const'"],
    category: 'Memory Safety',
    class: 'bug',
    headline: 'The size in R{r} may be negative, which is huge where sizes are counted without sign.',
    why: 'The size of memory that a helper reads or writes must be known to be in bounds.',
    proof: (f) => ({
      needs: `R${f.args.r} is 0 or more, and not larger than the memory in R${Number(f.args.r) - 1}`,
      proven: knownRange(f, Number(f.args.r)) ?? 'nothing',
    }),
    suggestion: 'Compare the size without sign, or mask it (`r2 &= 0x3f`).',
    fix: boundSize,
    example: `.section license
.asciz "GPL"
.section "tc"
main:
    r2 = *(u32 *)(r1 + 8)
    r2 <<= 32
    r2 s>>= 32
    r1 = r10
    r1 += -64
    r3 = 0
    call bpf_probe_read_kernel
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E071',
    name: 'size is not bounded',
    messages: ["R{r} unbounded memory access, use 'var &= const' or 'if (var < const)'"],
    category: 'Memory Safety',
    class: 'bug',
    headline: 'The size in R{r} has no upper bound.',
    why: 'The memory that goes with it has a definite size.',
    proof: (f) => ({
      needs: `R${f.args.r} is not larger than the memory in R${Number(f.args.r) - 1}`,
      proven: knownRange(f, Number(f.args.r)) ?? 'nothing',
    }),
    suggestion:
      'Compare the size with the size of the buffer, or mask it; where the compiler moved the check to another register, `asm volatile` or `& (SIZE - 1)` right before the call helps.',
    fix: boundSize,
    example: `.section license
.asciz "GPL"
.section "tc"
main:
    r2 = *(u32 *)(r1 + 8)
    r1 = r10
    r1 += -64
    r3 = 0
    call bpf_probe_read_kernel
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E072',
    name: 'size may be zero',
    messages: [
      'R{r} invalid zero-sized read: u64=[{min},{max}]',
      'R{r} invalid zero-sized read',
      'invalid zero-sized read',
    ],
    category: 'Call Type Safety',
    class: 'bug',
    headline: (f) =>
      `The size${f.args.r === undefined ? '' : ` in R${f.args.r}`} may be 0, and {helper} needs at least one byte.`,
    why: 'Some helpers take a size of 0, others do not.',
    proof: (f) => {
      const known = f.args.r === undefined ? undefined : knownRange(f, Number(f.args.r));
      return known === undefined ? undefined : { needs: `R${f.args.r} is 1 or more`, proven: known };
    },
    suggestion: 'Leave the call out when there is nothing to do.',
    fix: (f) => (f.at && f.args.r !== undefined ? unless(f, f.at.slot, `r${f.args.r} != 0`, 'some') : undefined),
    example: `.section "tc"
main:
    r4 = *(u32 *)(r1 + 8)
    r4 &= 63
    r2 = 0
    r3 = r10
    r3 += -64
    call bpf_skb_load_bytes
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E073',
    name: 'constant wanted',
    messages: [
      "R{r} is not a known constant'",
      'R{r} must be a known constant',
      'R{r} is not a const',
      "R{r} doesn't point to a const string",
      "get_local_storage() doesn't support non-zero flags",
      'Invalid format string',
      'string is not zero-terminated',
      'R{r} does not point to a readonly map',
    ],
    category: 'Call Type Safety',
    class: 'bug',
    headline: (f) =>
      f.args.r === undefined || f.message.includes('readonly')
        ? f.message.startsWith('get_local')
          ? 'The flags of {helper} must be 0.'
          : '{helper} needs a format string that is there, whole and valid, when the program is loaded.'
        : 'Argument {r} of {helper} must be known when the program is loaded.',
    why: 'The size of what the function gives back becomes part of its type.',
    proof: (f) =>
      f.args.r === undefined || !/const/.test(f.message)
        ? undefined
        : { needs: `R${f.args.r} is one number`, proven: knownRange(f, Number(f.args.r)) ?? 'it is not' },
    suggestion: 'Ask for the largest size, or use bpf_ringbuf_output or a dynptr for sizes that vary.',
    example: `.map ring, type=ringbuf, max_entries=4096
.section "tc"
main:
    r2 = *(u32 *)(r1 + 8)
    r2 &= 63
    r1 = ring ll
    r3 = 0
    call bpf_ringbuf_reserve
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E074',
    name: 'packet pointer as argument',
    messages: ['helper access to the packet is not allowed', 'R{r} leaks addr into helper function'],
    category: 'Policy',
    class: 'bug',
    headline: '{helper} does not take pointers into the packet, or not in programs of this type.',
    why: 'Helpers that may change or outlive the packet get copies only.',
    suggestion: 'Copy the bytes to the stack first and pass their address there.',
    example: `.section license
.asciz "GPL"
.section "xdp"
main:
    r3 = *(u32 *)(r1 + 0)
    r2 = *(u32 *)(r1 + 4)
    r4 = r3
    r4 += 8
    if r4 > r2 goto out
    r1 = r3
    r2 = 8
    call bpf_trace_printk
out:
    r0 = 2
    exit`,
  },
  {
    id: 'BPF-E075',
    name: 'kernel function is not available',
    messages: [
      'calling kernel function {func} is not allowed',
      'invalid kernel function call not eliminated in verifier pass',
      'cannot find address for kernel function {func}',
      'calling invalid kernel function',
    ],
    category: 'Policy',
    class: (f) => (/address/.test(f.message) ? 'kernel too old' : undefined),
    headline: (f) =>
      f.args.func === undefined
        ? 'This call of a kernel function (kfunc) has no target.'
        : 'Programs of this type may not call the kernel function {func}.',
    why: 'kfuncs are registered for certain program types; a weak one that the kernel lacks must be guarded by a check.',
    suggestion:
      'Use a program type that the function is registered for; check weak kfuncs with bpf_ksym_exists before the call.',
    register: () => undefined,
    example: `.section license
.asciz "GPL"
.extern bpf_dynptr_from_xdp
.section "tc"
main:
    r2 = 0
    r3 = r10
    r3 += -16
    call bpf_dynptr_from_xdp
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E076',
    name: 'argument of a kernel function',
    messages: [
      'arg#{n} expected pointer to {what}',
      'arg#{n} pointer type {type} must point to {what}',
      'kernel function {func} args#{n} expected pointer to {what}',
      'R{r} must be a rcu pointer',
      'R{r} is not a scalar',
      'R{r} must be referenced or trusted',
      'arg#{n} arg#{what}',
      'arg#{n} is {what}',
      'arg#{n} {what}',
    ],
    when: (f) => !f.messages.some((m) => m.startsWith('Caller passes')),
    category: 'Call Type Safety',
    class: 'bug',
    headline: 'An argument of {helper} is not what its prototype asks for.',
    why: 'Arguments of kfuncs are checked against the BTF of their prototypes; many must be trusted: acquired, or given by the context, and not merely read from memory.',
    suggestion:
      'Pass a pointer of the right struct that is trusted or referenced. Arguments are counted from 0 here: arg#0 is R1.',
    register: (f) => (f.args.r === undefined ? argument(f) : Number(f.args.r)),
    example: `.section license
.asciz "GPL"
.extern bpf_dynptr_from_skb
.section "tc"
main:
    r1 = r10
    r1 += -8
    r2 = 0
    r3 = r10
    r3 += -24
    call bpf_dynptr_from_skb
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E077',
    name: 'what the program is attached to',
    messages: [
      'Tracing programs must provide btf_id',
      'Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs can be sleepable',
      'attach_btf_id {n} {what}',
      'FENTRY/FEXIT program can only be attached{what}',
      '{func} is not sleepable',
      '{func} is not modifiable',
      'bpf_lsm_{func} is {what}',
      "BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!",
    ],
    category: 'Policy',
    class: 'bug',
    headline: 'The program cannot be attached to what it names.',
    why: 'Tracing and LSM programs name the function that they attach to when they are loaded; it must exist, and suit the kind of program.',
    suggestion:
      'Name a function of this kernel in the section (`fentry/NAME`); sleepable programs need one that may sleep.',
    register: () => undefined,
    example: `.section "fentry"
main:
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E078',
    name: 'arguments of a subprogram',
    messages: [
      "Caller passes invalid args into func#{n} ('{func}')",
      'Caller passes invalid args into func#{n}',
      "Global function {func}() doesn't return scalar. Only those are supported.",
      'func#{n} {what}',
    ],
    category: 'Call Type Safety',
    class: 'bug',
    headline: 'The arguments do not match what the global function {func} declares, or its prototype cannot be used.',
    why: 'A global function is verified by itself, against its BTF: callers must pass just that.',
    suggestion: 'Make the function static, so that it is verified for each caller, or pass what its prototype says.',
    register: (f) => (f.args.n === undefined ? undefined : 1),
    example: `.section "tc"
.func main(struct __sk_buff *skb) -> int
    r2 = r10
    call length
    exit
.section ".text"
.func length(struct __sk_buff *skb, int x) -> int global
    r0 = *(u32 *)(r1 + 0)
    exit`,
  },
  {
    id: 'BPF-E079',
    name: 'classic packet loads',
    messages: [
      'BPF_LD_[ABS|IND] instructions not allowed for this program type',
      'at the time of BPF_LD_ABS|IND R6 != pointer to skb',
      'cannot use BPF_LD_[ABS|IND] from program with tail_call',
      'BPF_LD_[ABS|IND] {what}',
    ],
    category: 'Execution Context Safety',
    class: 'bug',
    headline: 'The classic packet load cannot be used here.',
    why: 'These insns come from classic BPF: they work on the skb in R6, in socket filters and tc programs.',
    suggestion: 'Move the context to R6 before (`r6 = r1`), or use bpf_skb_load_bytes or direct packet access.',
    register: () => 6,
    example: `.section "tc"
main:
    r6 = 0
    r0 = *(u8 *)skb[12]
    exit`,
  },
  {
    id: 'BPF-E038',
    name: 'function that may end the program',
    messages: [
      "LD_ABS is only allowed in functions that return 'int'.",
      "tail_call is only allowed in functions that return 'int'.",
      'LD_ABS is not allowed in subprogs without BTF',
      'tail_call is not allowed in subprogs without BTF',
    ],
    category: 'Call Type Safety',
    class: 'bug',
    headline:
      'A function other than the first that tail-calls, or loads in the classic way, must be known to return int.',
    why: 'Both may end the program from inside of the function; what the function then returns to its caller is a number.',
    suggestion: 'Compile with BTF (-g), and let the function return int.',
    register: () => undefined,
    example: `.map jumps, type=prog_array, key=4, value=4, max_entries=4
.section "tc"
main:
    call inner
    r0 = 0
    exit
inner:
    r2 = jumps ll
    r3 = 0
    call bpf_tail_call
    r0 = 0
    exit`,
  },
];
