/** Arithmetic on pointers, and pointers that are not used as they were given. */
import { baseOf, unless } from './edits.ts';
import { knownRange } from './ranges.ts';
import type { ErrorRow } from './row.ts';

export const pointerRows: readonly ErrorRow[] = [
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
];
