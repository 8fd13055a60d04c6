/** Kernel functions, subprograms and what programs are attached to. */
import { argument } from './callee.ts';
import type { ErrorRow } from './row.ts';

export const kfuncRows: readonly ErrorRow[] = [
  {
    id: 'BPF-E075',
    name: 'kernel function is not available',
    messages: [
      'calling kernel function {func} is not allowed',
      'invalid kernel function call not eliminated in verifier pass',
      'cannot find address for kernel function {func}',
      'calling invalid kernel function',
      'negative offset disallowed for kernel module function call',
      'kfunc offset > 0 without fd_array is invalid',
      'invalid module BTF fd specified',
      'failed to find BTF for kernel function',
      'kernel btf_id {n} is not a function',
      'metadata kfuncs require device-bound program',
      'too many different kernel function calls',
      'destructive kfunc calls require CAP_SYS_BOOT capability',
      'css_task_iter is only allowed in {what}',
      'expected an RCU CS when using {func}',
    ],
    category: 'Policy',
    class: (f) => (/address/.test(f.message) ? 'kernel too old' : undefined),
    headline: (f) =>
      f.args.func === undefined
        ? 'The kernel function (kfunc) that {helper} means cannot be called from this program.'
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
      'kernel function {func} args#{n} pointer type {type} {what} is not supported',
      'kernel function {func} returns pointer type {type} {what} is not supported',
      'kfunc bpf_rdonly_cast type ID argument must be of a struct',
      'bpf_obj_new/bpf_percpu_obj_new type ID argument must be of a struct',
      'local type ID argument must be in range [0, U32_MAX]',
      'rbtree_remove node input must be non-owning ref',
      'R{r} is not a scalar',
      'R{r} must be referenced or trusted',
      'arg#{n} arg#{what}',
      'arg#{n} is {what}',
      'arg#{n} {what}',
      'R{r} is of type {type} but {expected} is expected',
      'Helper has invalid btf_id in R{r}',
      'Unrecognized arg#{n} type {type}',
      'max struct nesting depth exceeded',
      "pointer in R{r} isn't map pointer",
      'kern ctx type id {id} is not a struct',
      'arg{n} expected pointer to func',
      'release kernel function {func} expects {what}',
      'The function {func} {what}',
      'Function {func} has {n} > {max} args',
      'expected valid iter pointer as arg #{n}',
      'kernel function {func} args#{n} pointer type {type} is not supported',
      'local type ID argument must be in range [0, U32_MAX]',
      'bpf_obj_new/bpf_percpu_obj_new type ID argument must be of a struct',
      'kfunc bpf_rdonly_cast type ID argument must be of a struct',
      'rbtree_remove node input must be non-owning ref',
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
      'Syscall programs can only be sleepable',
      'Cannot replace kernel functions',
      'Cannot replace static functions',
      'Cannot recursively attach',
      'Cannot extend fentry/fexit',
      'Program extension requires BTF',
      'Extension program changes packet data, while original does not',
      'Only FENTRY/FEXIT progs are attachable to another BPF prog',
      "can't modify return codes of BPF programs",
      "Subprog {func} doesn't exist",
      '{func}() is not a global function',
      '{func}() has {n} args while {what}() has {size} args',
      "Return type {type} of {func}() doesn't match type {expected} of {what}()",
      'LSM programs must have a GPL compatible license',
      'func bpf_get_func_ip#{n} {what}',
      'Sleepable programs can only use {what}',
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
      'cannot use BPF_LD_[ABS|IND] within callback',
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
