/** Map values and memory of a known size. */
import { baseOf } from './edits.ts';
import { isVariable, variableFix, variableProof } from './indexing.ts';
import { LOOKUP } from './pieces.ts';
import { objectProof } from './ranges.ts';
import type { ErrorRow } from './row.ts';

export const valueRows: readonly ErrorRow[] = [
  {
    id: 'BPF-E023',
    name: 'index may be negative',
    messages: [
      'R{r} min value is negative, either use unsigned index or do a if (index >=0) check.',
      'R{r} min value is negative, either use unsigned index',
    ],
    category: 'Memory Safety',
    class: 'bug',
    headline: 'The offset in R{r} may be negative: the access may lie before the object.',
    why: 'A signed comparison with an upper limit, or none at all, leaves negative numbers possible.',
    proof: variableProof,
    suggestion: 'Make the index unsigned: compare it without sign (`if r6 > 8`), or mask it.',
    fix: variableFix,
    example: `.map cells, type=array, key=4, value=16, max_entries=4
.section "tc"
main:
${LOOKUP}
    r6 -= 4
    if r6 s> 8 goto out
    if r6 s< -4 goto out
    r0 += r6
    r0 = *(u64 *)(r0 + 0)
out:
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E024',
    name: 'index may be too large',
    messages: [
      'R{r} max value is outside of the allowed memory range',
      'R{r} max value is outside of the array range',
      'R{r} unbounded memory access, make sure to bounds check any such access',
      'R{r} unbounded memory access, make sure to bounds check any array access into a map',
    ],
    category: 'Memory Safety',
    class: 'bug',
    headline: 'The offset in R{r} may be so large that the access lies behind the end of the object.',
    why: 'A variable that is added to a pointer must be known to be small enough for the whole access to stay inside.',
    proof: variableProof,
    suggestion:
      'Compare the index with the number of bytes less the size of the access, unsigned, or mask it, before it is added.',
    fix: variableFix,
    example: `.map cells, type=array, key=4, value=16, max_entries=4
.section "tc"
main:
${LOOKUP}
    if r6 > 12 goto out
    r0 += r6
    r0 = *(u64 *)(r0 + 0)
out:
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E025',
    name: 'index may be too small',
    messages: ['R{r} min value is outside of the allowed memory range', 'R{r} min value is outside of the array range'],
    category: 'Memory Safety',
    class: 'bug',
    headline: 'Even the smallest possible offset in R{r} puts the access outside of the object.',
    why: 'The access starts before the first byte, or so late that its end lies behind the last one.',
    proof: variableProof,
    suggestion: 'Correct the offset, or the branch that lets such indices through.',
    example: `.map cells, type=array, key=4, value=16, max_entries=4
.section "tc"
main:
${LOOKUP}
    r6 &= 1
    r6 += 12
    r0 += r6
    r0 = *(u64 *)(r0 + 0)
out:
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E026',
    name: 'outside of the map value',
    messages: ['invalid access to map value, value_size={mem} off={off} size={size}'],
    when: (f) => !isVariable(f),
    category: 'Memory Safety',
    class: 'bug',
    headline: 'The access at offset {off} needs {size} bytes; the map value has only {mem}.',
    why: "A map's value_size is what the map was made with. Often the map and the struct that is read from it have drifted apart.",
    proof: (f) =>
      objectProof(f, 'the map value', Number(f.args.mem)) ?? {
        needs: `[${f.args.off}, ${Number(f.args.off) + Number(f.args.size) - 1}]`,
        proven: `the value has [0, ${Number(f.args.mem) - 1}]`,
      },
    suggestion: "Correct the offset, or the map's value size.",
    register: baseOf,
    example: `.map cells, type=array, key=4, value=16, max_entries=4
.section "tc"
main:
${LOOKUP}
    r0 = *(u64 *)(r0 + 12)
out:
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E027',
    name: 'outside of the memory',
    messages: [
      'invalid access to memory, mem_size={mem} off={off} size={size}',
      'invalid access to map key, key_size={mem} off={off} size={size}',
    ],
    when: (f) => !isVariable(f),
    category: 'Memory Safety',
    class: 'bug',
    headline: 'The access at offset {off} needs {size} bytes; there are only {mem}.',
    why: 'Memory of the ring buffer, of a dynptr slice or of a global function argument has the size that was asked for.',
    proof: (f) => objectProof(f, 'the memory', Number(f.args.mem)),
    suggestion: 'Ask for more memory, or stay inside.',
    register: baseOf,
    example: `.map ring, type=ringbuf, max_entries=4096
.section "tc"
main:
    r1 = ring ll
    r2 = 16
    r3 = 0
    call bpf_ringbuf_reserve
    if r0 == 0 goto out
    *(u64 *)(r0 + 12) = 1
    r1 = r0
    r2 = 0
    call bpf_ringbuf_submit
out:
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E028',
    name: 'the map may not be written or read',
    messages: [
      'write into map forbidden, value_size={mem} off={off} size={size}',
      'read from map forbidden, value_size={mem} off={off} size={size}',
      'write into map forbidden',
    ],
    category: 'Policy',
    class: 'bug',
    headline: (f) =>
      f.message.startsWith('read')
        ? 'Programs may not read this map: it has BPF_F_WRONLY_PROG.'
        : 'Programs may not write this map: it has BPF_F_RDONLY_PROG, or it is .rodata.',
    why: 'The flags with which the map was made keep programs out. Constant data (`const` globals, .rodata) is frozen once it is loaded.',
    suggestion:
      'Use another map, or make this one without the flag; in C, a variable that is written must not be `const`.',
    register: baseOf,
    example: `.map cells, type=array, key=4, value=16, max_entries=4, map_flags=BPF_F_RDONLY_PROG
.section "tc"
main:
${LOOKUP}
    *(u64 *)(r0 + 0) = 1
out:
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E034',
    name: 'direct map value access',
    messages: [
      'invalid access to map value pointer, value_size={mem} off={off}',
      'direct value offset of {off} is not allowed',
      'no direct value access support for this map type',
    ],
    category: 'Memory Safety',
    class: 'bug',
    headline: 'The address of a map value that the program names directly does not exist.',
    why: 'Only arrays with one element can be addressed by `ld_imm64`, at offsets below value_size. Global variables are made that way.',
    suggestion: 'Look the element up, or correct the offset.',
    example: `.section .data
cell:
    .quad 1
.section "xdp"
main:
    r1 = cell + 100 ll
    r0 = 2
    exit`,
  },
  {
    id: 'BPF-E037',
    name: 'special field is accessed like memory',
    messages: [
      'bpf_spin_lock cannot be accessed directly by load/store',
      '{what} cannot be accessed directly by load/store',
    ],
    category: 'Memory Safety',
    class: 'bug',
    headline: 'The access touches a field of the map value that only helpers may touch.',
    why: 'Locks, timers, lists and trees in map values belong to the kernel. Plain loads and stores, and helpers that read or write the whole value, must leave them out.',
    suggestion: 'Access the fields beside it, and the special one through its helpers.',
    register: baseOf,
    example: `.struct cell {
    struct bpf_spin_lock lock
    u32 count
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
