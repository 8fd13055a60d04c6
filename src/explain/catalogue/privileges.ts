/** What only privileged loaders may do: addresses stay secret, speculation is kept in. */
import type { ErrorRow } from './row.ts';

const none = (): undefined => undefined;

export const privilegeRows: readonly ErrorRow[] = [
  {
    id: 'BPF-E014',
    name: 'a kernel address would leak',
    messages: [
      'R{r} leaks addr into {where}',
      'R{r} leaks addr as return value',
      'R{r} leaks addr into mem',
      'leaking pointer from stack off {off}',
    ],
    category: 'Policy',
    class: 'bug',
    headline: (f) =>
      f.message.startsWith('leaking')
        ? 'An atomic operation would read a kernel address back from the stack at fp{off} as a number.'
        : f.args.where === undefined
          ? 'The program would return a kernel address in R{r}.'
          : 'A kernel address in R{r} would be written to {where}, where others can read it.',
    why: 'Addresses tell an attacker where the kernel lies in memory. They may be kept in registers and on the stack, not given away.',
    suggestion: 'Store or return what the pointer points to, or a number computed without it.',
    fix: (f) => (f.at?.does.kind === 'exit' ? { slot: f.at.slot, lines: [`r0 = ${f.harmless}`] } : undefined),
    unpriv: true,
    example: `.section "socket"
main:
    r0 = r1
    exit`,
  },
  {
    id: 'BPF-E019',
    name: 'pointers are compared',
    messages: ['R{r} pointer comparison prohibited'],
    category: 'Policy',
    class: 'bug',
    headline: 'R{r} holds a pointer, and a comparison would tell something of its value.',
    why: 'Without privileges a program must not learn where the kernel keeps its memory. It may compare pointers with 0, and packet pointers with each other.',
    suggestion: 'Compare numbers, or load the program with CAP_PERFMON.',
    unpriv: true,
    example: `.section "socket"
main:
    r0 = 0
    if r1 > 5 goto out
    r0 = 1
out:
    exit`,
  },
  {
    id: 'BPF-E036',
    name: 'might be misused speculatively',
    messages: [
      'R{r} has unknown scalar with mixed signed bounds, {what}',
      'R{r} tried to {op} from different maps, paths or scalars, {what}',
      'R{r} has pointer with unsupported alu operation, {what}',
      'R{r} could not be pushed for speculative verification, {what}',
    ],
    category: 'Policy',
    class: 'verifier limit',
    headline: 'A program without privileges may not do this arithmetic on the pointer in R{r}.',
    why: 'Processors run ahead of branches. For loaders without CAP_PERFMON the kernel masks pointer arithmetic so that nothing outside is read even then, which it can do in simple cases only.',
    suggestion:
      'Bound the number without sign, do the arithmetic in one place for one kind of pointer, or load with CAP_PERFMON.',
    unpriv: true,
    example: `.map cells, type=array, key=4, value=16, max_entries=4
.section "socket"
main:
    r6 = r1
    *(u32 *)(r10 - 4) = 0
    r2 = r10
    r2 += -4
    r1 = cells ll
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r6 = *(u32 *)(r6 + 0)
    r7 = 1
    r7 -= r6
    if r7 s< -4 goto out
    r0 += r7
    r0 = *(u8 *)(r0 + 0)
out:
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E099',
    name: 'privileges are missing',
    messages: [
      'loading/calling other bpf or kernel functions are allowed for CAP_BPF and CAP_SYS_ADMIN',
      'function calls to other bpf functions are allowed for {what}',
      '{what} is allowed for root only',
    ],
    category: 'Policy',
    class: 'bug',
    headline: 'The program uses something that only a privileged loader may use.',
    why: 'Without CAP_BPF (before Linux 5.8: CAP_SYS_ADMIN) there are no functions, no loops, and few program types.',
    suggestion: 'Load with CAP_BPF, and with CAP_NET_ADMIN or CAP_PERFMON as the program type asks.',
    register: none,
    unpriv: true,
    example: `.section "socket"
main:
    call inner
    exit
inner:
    r0 = 0
    exit`,
  },
];
