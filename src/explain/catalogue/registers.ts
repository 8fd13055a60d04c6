/** Registers that do not hold what the insn needs. */
import { baseOf, nullCheck } from './edits.ts';
import type { ErrorRow, Finding } from './row.ts';

/** R0 was the NULL that a lookup gave, or a pointer that a helper made useless. */
function lostPointer(f: Finding): boolean {
  const base = baseOf(f);
  const v = base === undefined ? undefined : f.reg(base);
  return v?.known === 0n;
}

const REG = (n: string): number => Number(n);

export const registerRows: readonly ErrorRow[] = [
  {
    id: 'BPF-E001',
    name: 'pointer may be NULL',
    messages: ["R{r} invalid mem access '{type}'"],
    when: (f) => /_or_null/.test(f.args.type ?? ''),
    category: 'Register Type Safety',
    class: 'bug',
    headline: 'R{r} may be NULL here: what a lookup or an acquiring call returned has not been checked yet.',
    why: 'A helper that may fail answers with NULL, and reading or writing at NULL would fault in the kernel. The type keeps its `_or_null` until a branch compares the register with 0.',
    proof: (f) => ({
      needs: `R${f.args.r} points to something`,
      proven: `R${f.args.r} is ${f.args.type}: a pointer or NULL`,
    }),
    suggestion:
      'Compare the register with 0 on every path between the call and this insn, and do without the object where it is NULL.',
    fix: (f) => nullCheck(f, Number(f.args.r)),
    example: `.map counts, type=hash, key=4, value=8, max_entries=8
.section "xdp"
main:
    *(u32 *)(r10 - 4) = 0
    r2 = r10
    r2 += -4
    r1 = counts ll
    call bpf_map_lookup_elem
    r0 = *(u64 *)(r0 + 0)
    exit`,
  },
  {
    id: 'BPF-E002',
    name: 'NULL is dereferenced',
    messages: ["R{r} invalid mem access '{type}'"],
    when: (f) => /^(?:scalar|inv|imm)$/.test(f.args.type ?? '') && lostPointer(f),
    category: 'Register Type Safety',
    class: 'bug',
    headline: 'R{r} is 0 on this path: the insn would read or write at NULL.',
    why: 'On the way here the register was found to be 0, often by the very NULL check that was meant to guard the access: its branches are the wrong way round.',
    proof: (f) => ({ needs: `R${f.args.r} is a pointer`, proven: `R${f.args.r} is 0` }),
    suggestion: 'Look at the branch that led here: the access belongs on its other side.',
    example: `.map counts, type=hash, key=4, value=8, max_entries=8
.section "xdp"
main:
    *(u32 *)(r10 - 4) = 0
    r2 = r10
    r2 += -4
    r1 = counts ll
    call bpf_map_lookup_elem
    if r0 != 0 goto out
    r0 = *(u64 *)(r0 + 0)
out:
    r0 = 2
    exit`,
  },
  {
    id: 'BPF-E003',
    name: 'a number is used as a pointer',
    messages: ["R{r} invalid mem access '{type}'"],
    when: (f) => /^(?:scalar|inv|imm|unknown_value)$/.test(f.args.type ?? ''),
    category: 'Register Type Safety',
    class: 'bug',
    headline: 'R{r} holds a number, not a pointer, and the insn uses it as an address.',
    why: 'Only pointers whose origin the verifier knows may be used as addresses: the context, the stack, map values, checked packet pointers, objects of helpers. Pointer arithmetic beyond adding and subtracting, an incomplete spill, a kernel address that was read from memory, and a helper that changes the packet all leave a plain number.',
    proof: (f) => ({
      needs: `R${f.args.r} is a pointer`,
      proven: `R${f.args.r} is a number${f.reg(REG(f.args.r!))?.known === undefined ? '' : ` (${f.reg(REG(f.args.r!))!.known})`}`,
    }),
    suggestion:
      'Follow the register back to where it stopped being a pointer. Kernel memory is read with bpf_probe_read_kernel or through a pointer with BTF; after bpf_skb_pull_data, bpf_xdp_adjust_head and their like packet pointers are loaded from the context again and checked again.',
    example: `.section "xdp"
main:
    r1 = *(u32 *)(r1 + 12)
    r0 = *(u8 *)(r1 + 0)
    exit`,
  },
  {
    id: 'BPF-E004',
    name: 'this kind of pointer cannot be dereferenced',
    messages: ["R{r} invalid mem access '{type}'"],
    category: 'Register Type Safety',
    class: 'bug',
    headline: 'R{r} is a {type}, which the program may not read or write through.',
    why: 'Some pointers are only there to be compared or passed on: the end of the packet, a function, a map where its fields may not be seen.',
    suggestion: 'Use the pointer for what it is for: compare with the end of the packet, pass a map to a helper.',
    example: `.section "xdp"
main:
    r1 = *(u32 *)(r1 + 4)
    r0 = *(u8 *)(r1 + 0)
    exit`,
  },
  {
    id: 'BPF-E005',
    name: 'register is not initialised',
    messages: ['R{r} !read_ok'],
    category: 'Register Type Safety',
    class: (f) => (f.at?.does.kind === 'exit' ? 'bug' : undefined),
    headline: (f) =>
      f.at?.does.kind === 'exit'
        ? 'The program ends without a return value: nothing was written to R0 on this path.'
        : 'R{r} is read, but on this path nothing was written to it, or a call has made it unusable.',
    why: 'At the start only R1 (the context) and R10 (the stack) can be read. Every call leaves R0 with the answer and R1 to R5 unreadable.',
    proof: (f) => ({ needs: `R${f.args.r} was written before`, proven: `R${f.args.r} holds nothing on this path` }),
    suggestion: (f) =>
      f.at?.does.kind === 'exit'
        ? 'Give R0 a value on every path that reaches exit.'
        : 'Give the register a value on every path; what must survive a call belongs in R6 to R9 or on the stack.',
    fix: (f) =>
      f.at && f.args.r !== undefined
        ? { slot: f.at.slot, lines: [`r${f.args.r} = ${f.args.r === '0' ? f.harmless : 0}`] }
        : undefined,
    example: `.section "xdp"
main:
    exit`,
  },
  {
    id: 'BPF-E006',
    name: 'frame pointer is written',
    messages: ['frame pointer is read only'],
    category: 'Register Type Safety',
    class: 'bug',
    headline: 'R10, the frame pointer, cannot be written.',
    why: 'R10 always points to the end of the 512 bytes of stack of the current function.',
    suggestion: 'Copy R10 to another register and change the copy.',
    example: `.section "xdp"
main:
    r10 += -8
    r0 = 2
    exit`,
  },
  {
    id: 'BPF-E007',
    name: 'arithmetic on a pointer that may be NULL',
    messages: ['R{r} pointer arithmetic on {type} prohibited, null-check it first'],
    category: 'Register Type Safety',
    class: 'bug',
    headline: 'R{r} may be NULL, and something is added to it before that is checked.',
    why: 'NULL plus an offset is not NULL any more: a check behind the addition would let it pass.',
    proof: (f) => ({ needs: `R${f.args.r} is not NULL`, proven: `R${f.args.r} is ${f.args.type}` }),
    suggestion: 'Check for NULL first, then add.',
    fix: (f) => nullCheck(f, Number(f.args.r)),
    example: `.map counts, type=hash, key=4, value=8, max_entries=8
.section "xdp"
main:
    *(u32 *)(r10 - 4) = 0
    r2 = r10
    r2 += -4
    r1 = counts ll
    call bpf_map_lookup_elem
    r0 += 4
    if r0 == 0 goto out
    r0 = *(u32 *)(r0 + 0)
out:
    r0 = 2
    exit`,
  },
  {
    id: 'BPF-E016',
    name: 'register number',
    messages: ['R{r} is invalid'],
    category: 'Program Structure',
    class: 'bug',
    headline: 'R{r} does not exist: registers are R0 to R10.',
    why: 'Four bits could name 16 registers; BPF has eleven.',
    suggestion: 'Look at the encoding: bits 8 to 11 name the destination, bits 12 to 15 the source.',
    example: `.section "xdp"
main:
    .8byte 0x0000000200000fb7
    r0 = 2
    exit`,
  },
];
