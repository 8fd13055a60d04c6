/** Registers that do not hold what the insn needs. */
import { baseOf, nullCheck, unless } from './edits.ts';
import { knownRange } from './ranges.ts';
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
    id: 'BPF-E008',
    name: 'arithmetic on this kind of pointer',
    messages: ['R{r} pointer arithmetic on {type} prohibited'],
    category: 'Register Type Safety',
    class: 'bug',
    headline: 'Nothing can be added to R{r}: it is a {type}.',
    why: 'Offsets make sense inside of objects that the program may look into. The end of the packet, maps, sockets and the like are not such objects.',
    suggestion:
      'Change a copy of a pointer into the object instead; bounds are compared as `pointer + length > end`, not as `end - length < pointer`.',
    example: `.section "xdp"
main:
    r2 = *(u32 *)(r1 + 4)
    r2 += -14
    r0 = 2
    exit`,
  },
  {
    id: 'BPF-E009',
    name: 'a pointer and a pointer are combined',
    messages: ['R{r} pointer {op} pointer prohibited'],
    category: 'Register Type Safety',
    class: 'bug',
    headline: 'Two pointers are combined by {op}, which has no meaning the verifier could keep track of.',
    why: 'A sum of two addresses points nowhere. Packet pointers may be subtracted from each other; that gives a number.',
    suggestion:
      'Subtract pointers into the same packet to get a distance, or keep the offset as a number beside the pointer.',
    example: `.section "xdp"
main:
    r2 = r10
    r2 += r1
    r0 = 2
    exit`,
  },
  {
    id: 'BPF-E010',
    name: 'bit operation on a pointer',
    messages: [
      'R{r} bitwise operator {op} on pointer prohibited',
      'R{r} pointer arithmetic with {op} operator prohibited',
    ],
    category: 'Register Type Safety',
    class: (f) => (f.at?.source ? 'compiler artefact' : undefined),
    headline: 'The operator {op} cannot be applied to R{r}: it holds a pointer.',
    why: 'Only adding and subtracting keep track of where a pointer points. Shifts, masks and multiplications would make a number of an address, and give away where the kernel keeps its memory.',
    suggestion:
      'Mask or shift the offset before it is added. Where a compiler made this of correct C, `asm volatile("" : "+r"(offset))` keeps the computation on the number.',
    example: `.section "xdp"
main:
    r2 = r10
    r2 &= -8
    r0 = 2
    exit`,
  },
  {
    id: 'BPF-E011',
    name: '32-bit operation on a pointer',
    messages: [
      'R{r} 32-bit pointer arithmetic prohibited',
      'R{r} partial copy of pointer',
      'R{r} sign-extension part of pointer',
    ],
    category: 'Register Type Safety',
    class: (f) => (f.at?.source ? 'compiler artefact' : undefined),
    headline: 'A 32-bit operation would cut the pointer in R{r} in half.',
    why: 'Pointers have 64 bits. In 32-bit moves and sums (w registers, (s8) and the like) the upper half is lost.',
    suggestion: 'Use the 64-bit form of the insn (r registers).',
    fix: (f) => {
      const does = f.at?.does;
      return does?.kind === 'copy' && f.at
        ? { slot: f.at.slot, lines: [`r${does.dst} = r${does.src}`], replace: true }
        : undefined;
    },
    example: `.section "xdp"
main:
    w1 += 4
    r0 = 2
    exit`,
  },
  {
    id: 'BPF-E012',
    name: 'a pointer is subtracted from a number',
    messages: ['R{r} tried to subtract pointer from scalar', 'R{r} subtraction from stack pointer prohibited'],
    category: 'Register Type Safety',
    class: 'bug',
    headline: 'This subtraction takes a pointer where a number belongs, or a number where only a constant may stand.',
    why: 'A number minus an address is an address in disguise. From a stack pointer only constants may be subtracted.',
    suggestion: 'Subtract numbers from pointers, not the other way round; on the stack add a negative offset.',
    example: `.section "xdp"
main:
    r2 = 8
    r2 -= r10
    r0 = 2
    exit`,
  },
  {
    id: 'BPF-E013',
    name: 'pointer arithmetic out of all bounds',
    messages: [
      'math between {type} pointer and {value} is not allowed',
      '{type} pointer offset {off} is not allowed',
      'math between {type} pointer and register with unbounded min value is not allowed',
      'value {value} makes {type} pointer be out of bounds',
    ],
    category: 'Memory Safety',
    class: 'bug',
    headline: 'What is added to the {type} pointer is not known to be small enough.',
    why: 'Offsets are only followed between -2^29 and 2^29. A number that may be negative without limit, or larger than that, must be bounded before it is added.',
    proof: (f) => {
      const does = f.at?.does;
      const src = does?.kind === 'alu' ? does.src : undefined;
      const known = src === undefined ? undefined : knownRange(f, src);
      return known === undefined ? undefined : { needs: 'the number lies in (-2^29, 2^29)', proven: known };
    },
    suggestion:
      'Compare the number with a limit, unsigned (`if r6 > 100 goto out`), or mask it (`r6 &= 0xff`), before the addition.',
    fix: (f) => {
      const does = f.at?.does;
      return f.at && does?.kind === 'alu' && does.src !== undefined
        ? unless(f, f.at.slot, `r${does.src} <= 7`, 'bounded')
        : undefined;
    },
    register: (f) => (f.at?.does.kind === 'alu' ? f.at.does.src : undefined),
    example: `.map counts, type=array, key=4, value=8, max_entries=8
.section "tc"
main:
    r6 = *(u32 *)(r1 + 8)
    r6 <<= 40
    *(u32 *)(r10 - 4) = 0
    r2 = r10
    r2 += -4
    r1 = counts ll
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r0 += r6
    r0 = *(u8 *)(r0 + 0)
out:
    r0 = 0
    exit`,
  },
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
    id: 'BPF-E015',
    name: 'one insn, different pointers',
    messages: ['same insn cannot be used with different pointers'],
    category: 'Register Type Safety',
    class: (f) => (f.at?.source ? 'compiler artefact' : undefined),
    headline: 'On one path this insn goes through one kind of pointer, on another path through another kind.',
    why: 'Loads from contexts and sockets are rewritten when the program is loaded, for each insn in one way. Compilers that merge the tails of two branches make such insns.',
    suggestion: 'Load in each branch by an insn of its own, before the branches meet.',
    register: baseOf,
    example: `.section "tc"
main:
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u64 *)(r1 + 168)
    if r3 == 0 goto ctx
    if r2 == 7 goto ctx
    r1 = r3
ctx:
    r0 = *(u32 *)(r1 + 4)
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
  {
    id: 'BPF-E017',
    name: 'pointer was moved',
    messages: [
      'dereference of modified {type} ptr R{r} off={off} disallowed',
      'negative offset {type} ptr R{r} off={off} disallowed',
      'R{r} is {type} invalid negative access: off={off}',
      'dereference of modified {type} ptr R{r} off={off}',
    ],
    category: 'Register Type Safety',
    class: (f) => (f.at?.source ? 'compiler artefact' : undefined),
    headline: 'The {type} pointer in R{r} was moved by {off}, and must be used as it was given.',
    why: 'Accesses to contexts and kernel objects are rewritten, which needs the offset in the insn itself. The same holds for such pointers as arguments.',
    suggestion:
      'Put the offset into the load or store, and leave the pointer alone. Where a compiler moved it, keep the base in a variable of its own with `asm volatile("" : "+r"(p))`.',
    example: `.section "tc"
main:
    r1 += 8
    r2 = r1
    r1 = r2
    r2 = 0
    call bpf_skb_pull_data
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E018',
    name: 'variable offset where none may be',
    messages: [
      'variable {type} access var_off={tnum} disallowed',
      'R{r} is {type} invalid variable offset: off={off}, var_off={tnum}',
      "R{r} doesn't have constant offset. {what}",
    ],
    category: 'Register Type Safety',
    class: (f) => (f.at?.source ? 'compiler artefact' : undefined),
    headline: (f) =>
      f.args.type === undefined
        ? 'A number that is not known in advance was added to the pointer.'
        : 'A number that is not known in advance was added to the {type} pointer.',
    why: 'Which field is meant must be known when the program is loaded: contexts and kernel objects cannot be indexed by a variable.',
    suggestion: 'Branch on the index and load each field by an insn of its own.',
    register: baseOf,
    example: `.section "tc"
main:
    r2 = *(u32 *)(r1 + 8)
    r2 &= 4
    r1 += r2
    r0 = *(u32 *)(r1 + 0)
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
];
