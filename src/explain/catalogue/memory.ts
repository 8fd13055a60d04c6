/** Accesses outside of what a pointer may reach. */

import type { LogValue } from '../log/value.ts';
import { baseOf, freeRegister, registerOf, unless } from './edits.ts';
import { bestRange, bytes, objectProof, rangeText } from './ranges.ts';
import type { Edit, ErrorRow, Finding, Proof } from './row.ts';

/** The step that added a register to the base, so that the register can be bounded before. */
function indexStep(f: Finding): { slot: number; reg: number } | undefined {
  const base = baseOf(f);
  if (base === undefined) return undefined;
  const steps = [...f.path.steps].reverse();
  let dst = base;
  for (const { does, slot } of steps) {
    if (does.kind === 'copy' && does.dst === dst) dst = does.src;
    else if (does.kind === 'alu' && does.dst === dst && does.src !== undefined) return { slot, reg: does.src };
  }
  return undefined;
}

/** Keeps an index so small that the access ends inside an object of `total` bytes. */
function boundIndex(f: Finding, total: number): Edit | undefined {
  const does = f.at?.does;
  const index = indexStep(f);
  if (!index || !f.at || (does?.kind !== 'load' && does?.kind !== 'store' && does?.kind !== 'atomic')) return undefined;
  const limit = total - does.size - does.off - (f.reg(does.base)?.off ?? 0);
  return limit < 0 ? undefined : unless(f, index.slot, `r${index.reg} <= ${limit}`, 'in_range');
}

function packetProof(f: Finding): Proof | undefined {
  const { off, size, range } = f.args;
  if (off === undefined || size === undefined) return undefined;
  const end = Number(off) + Number(size);
  const known = Number(range ?? 0);
  return {
    needs: `packet bytes up to ${end - 1}, counted from the base of the pointer (${bytes(Number(size))} at offset ${off})`,
    proven:
      known === 0
        ? 'nothing: no comparison with data_end covers this pointer'
        : `${bytes(known)}: so far the comparison with data_end reaches`,
  };
}

/** The variable part of a packet pointer may be larger than any packet. */
function isFar(v: LogValue | undefined): boolean {
  return v !== undefined && /(?:max|var_off)/.test(v.text) && bestRange(v).max > 0xffffn;
}

/** Compares the end of the access with data_end. */
function checkPacket(f: Finding): Edit | undefined {
  const does = f.at?.does;
  if (!f.at || (does?.kind !== 'load' && does?.kind !== 'store' && does?.kind !== 'atomic')) return undefined;
  const end = registerOf(f, 'pkt_end');
  const free = freeRegister(f);
  if (end === undefined || free === undefined) return undefined;
  const check = unless(f, f.at.slot, `r${free} <= r${end}`, 'in_packet');
  return { ...check, lines: [`r${free} = r${does.base}`, `r${free} += ${does.off + does.size}`, ...check.lines] };
}

function arraySize(f: Finding): { what: string; total: number } | undefined {
  for (const m of f.messages) {
    const value = /(value_size|mem_size|key_size)=(\d+)/.exec(m);
    if (value)
      return {
        what: { value_size: 'the map value', mem_size: 'the memory', key_size: 'the map key' }[value[1]!]!,
        total: Number(value[2]),
      };
  }
  const v = f.reg(baseOf(f) ?? -1);
  return v?.vs === undefined ? undefined : { what: 'the map value', total: v.vs };
}

const variableProof = (f: Finding): Proof | undefined => {
  const object = arraySize(f);
  return object && objectProof(f, object.what, object.total);
};
const variableFix = (f: Finding): Edit | undefined => {
  const object = arraySize(f);
  return object && boundIndex(f, object.total);
};

const LOOKUP = `    r6 = *(u32 *)(r1 + 8)
    *(u32 *)(r10 - 4) = 0
    r2 = r10
    r2 += -4
    r1 = cells ll
    call bpf_map_lookup_elem
    if r0 == 0 goto out`;

/** Whether the pointer was indexed by a number that is not known, as far as the log tells. */
function isVariable(f: Finding): boolean {
  const v = f.reg(baseOf(f) ?? -1);
  return v !== undefined && /(?:min|max|var_off)/.test(v.text);
}

export const memoryRows: readonly ErrorRow[] = [
  {
    id: 'BPF-E022',
    name: 'packet offset too large to follow',
    messages: [
      'invalid access to packet, off={off} size={size}, R{r}(id={id},off={off2},r={range})',
      'R{r} offset is outside of the packet',
    ],
    when: (f) => f.args.range === undefined || isFar(f.reg(Number(f.args.r))),
    category: 'Memory Safety',
    class: 'verifier limit',
    headline: 'The variable offset in R{r} may be so large that checks against data_end prove nothing.',
    why: 'Packets have at most 65,535 bytes. Where the variable part of a packet pointer may exceed that, a comparison with data_end gives it no range.',
    proof: (f) => {
      const v = f.reg(Number(f.args.r));
      if (!v) return undefined;
      const { min, max } = bestRange(v);
      return { needs: 'the variable part of the offset is at most 65535', proven: `it is ${rangeText(min, max)}` };
    },
    suggestion: 'Bound the number before it is added to the packet pointer (`r4 &= 0xffff` or a comparison).',
    example: `.section "xdp"
main:
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r5 = *(u32 *)(r1 + 12)
    r5 &= 0x1ffff
    r2 += r5
    r4 = r2
    r4 += 1
    if r4 > r3 goto out
    r0 = *(u8 *)(r2 + 0)
out:
    r0 = 2
    exit`,
  },
  {
    id: 'BPF-E020',
    name: 'packet access without a bounds check',
    messages: ['invalid access to packet, off={off} size={size}, R{r}(id={id},off={off2},r={range})'],
    when: (f) => Number(f.args.range) === 0,
    category: 'Memory Safety',
    class: 'bug',
    headline: 'Packet bytes are accessed before it is checked that the packet has them.',
    why: 'A packet may be shorter than the headers that are expected in it. Bytes count as there once a branch has compared a packet pointer with data_end. Checks are lost when a variable is added to the pointer, and when a helper changes the packet.',
    proof: packetProof,
    suggestion: 'Compare pointer + length with data_end, and leave when it is greater, before the access.',
    fix: checkPacket,
    example: `.section "xdp"
main:
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r0 = *(u8 *)(r2 + 14)
    r0 = 2
    exit`,
  },
  {
    id: 'BPF-E021',
    name: 'packet access beyond the bounds check',
    messages: [
      'invalid access to packet, off={off} size={size}, R{r}(id={id},off={off2},r={range})',
      'invalid access to packet, off={off} size={size}',
    ],
    category: 'Memory Safety',
    class: 'bug',
    headline: (f) =>
      f.args.range === undefined
        ? 'Packet bytes are accessed that no bounds check covers.'
        : `The bounds check covers ${bytes(Number(f.args.range))}, the access needs ${bytes(Number(f.args.off) + Number(f.args.size))}.`,
    why: 'The comparison with data_end on this path proves fewer bytes than the insn touches.',
    proof: packetProof,
    suggestion: 'Check the length up to the last byte that is used, for this pointer, on this path.',
    fix: checkPacket,
    example: `.section "xdp"
main:
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 14
    if r4 > r3 goto out
    r0 = *(u16 *)(r2 + 14)
out:
    r0 = 2
    exit`,
  },
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
    id: 'BPF-E029',
    name: 'read only for this program',
    messages: [
      'R{r} cannot write into {type}',
      'cannot write into {what}',
      'write to change key R{r} not allowed',
      '{func}() may write into memory pointed by R{r} type={type}',
      'only read is supported',
      'only read from {what} is supported',
      'R{r} leaks addr into ctx',
    ],
    category: 'Policy',
    class: 'bug',
    headline: (f) =>
      /packet/.test(f.args.what ?? '')
        ? 'Programs of this type may read the packet, not write it.'
        : 'The program may read through this pointer, not write.',
    why: 'Which objects a program may change depends on its type: packets are written by XDP and tc programs, sockets and kernel objects by nobody through plain stores.',
    suggestion: 'Write through a helper, where there is one, or from a program type that may.',
    register: baseOf,
    example: `.section "tc"
main:
    r1 = *(u64 *)(r1 + 168)
    if r1 == 0 goto out
    *(u32 *)(r1 + 8) = 1
out:
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E030',
    name: 'no such context field',
    messages: [
      'invalid bpf_context access off={off} size={size}',
      'invalid bpf_context access',
      'BPF_ST stores into R{r} ctx is not allowed',
    ],
    category: 'Memory Safety',
    class: 'bug',
    headline: (f) => {
      const does = f.at?.does;
      const off = f.args.off ?? (does?.kind === 'store' ? `${does.off}` : '?');
      const size = f.args.size ?? (does?.kind === 'store' ? `${does.size}` : '?');
      return `The context has no field at offset ${off} that a program of this type may ${does?.kind === 'store' ? 'write' : 'read'} with ${bytes(Number(size))}.`;
    },
    why: 'The context is a view: each field stands for a member of a kernel struct and may be read, written, or read in part only as its program type allows. Fields of the UAPI struct that other program types have are refused too.',
    suggestion:
      'Check the offset and the size against the struct of the program type (`__sk_buff`, `xdp_md` …), and whether the program has the type that its section says.',
    register: baseOf,
    example: `.section "tc"
main:
    *(u32 *)(r1 + 0) = 1
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E031',
    name: 'access is not aligned',
    messages: [
      'misaligned {what} access off {off} size {size}',
      'misaligned {what}access off {tnum} size {size}',
      'misaligned {what} access off {tnum} size {size}',
      'misaligned access off {tnum} size {size}',
    ],
    category: 'Memory Safety',
    class: 'bug',
    headline: 'An access of {size} bytes at an offset that is not a multiple of {size}.',
    why: 'The stack, contexts and, with BPF_F_STRICT_ALIGNMENT, everything is accessed at multiples of the size of the access.',
    proof: (f) => ({
      needs: `an offset that is a multiple of ${f.args.size}`,
      proven: `the offset is ${f.args.tnum ?? f.args.off}`,
    }),
    suggestion: 'Move the object to an aligned offset, or access it byte by byte.',
    register: baseOf,
    example: `.section "xdp"
main:
    *(u64 *)(r10 - 12) = 1
    r0 = 2
    exit`,
  },
  {
    id: 'BPF-E032',
    name: 'no such socket field',
    messages: ['R{r} invalid {type} access off={off} size={size}'],
    category: 'Memory Safety',
    class: 'bug',
    headline: 'A {type} has no field at offset {off} that can be read with {size} bytes.',
    why: 'Sockets are views like contexts: struct bpf_sock and struct bpf_tcp_sock say what there is. Of a sock_common only the first fields are there; bpf_sk_fullsock gives the whole.',
    suggestion: 'Use the offset of a field of struct bpf_sock or bpf_tcp_sock, with its size.',
    example: `.section "tc"
main:
    r1 = *(u64 *)(r1 + 168)
    if r1 == 0 goto out
    call bpf_sk_fullsock
    if r0 == 0 goto out
    r0 = *(u32 *)(r0 + 80)
out:
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E033',
    name: 'outside of the context buffer',
    messages: [
      'invalid access to flow keys off={off} size={size}',
      'R{r} invalid variable buffer offset: off={off}, var_off={tnum}',
      'R{r} invalid negative buffer offset: off={off}, var_off={tnum}',
      'R{r} invalid tracepoint buffer access: off={off}, size={size}',
      'R{r} invalid {what} buffer access: off={off}, size={size}',
    ],
    category: 'Memory Safety',
    class: 'bug',
    headline: (f) =>
      f.args.size === undefined
        ? 'The buffer is accessed at an offset that is not known, or negative.'
        : 'The access at offset {off} with {size} bytes lies outside of the buffer.',
    why: 'Flow keys and trace buffers have the size of their struct.',
    suggestion: 'Stay inside the struct.',
    register: baseOf,
    example: `.section "flow_dissector"
main:
    r1 = *(u64 *)(r1 + 144)
    r0 = *(u64 *)(r1 + 56)
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
    id: 'BPF-E035',
    name: 'outside of a kernel struct',
    messages: [
      'access beyond struct {type} at off {off} size {size}',
      'access beyond the end of member {what} (mend:{n}) in struct {type} with off {off} size {size}',
      'cannot access ptr member {what} with moff {n} in struct {type} with off {off} size {size}',
    ],
    category: 'Memory Safety',
    class: 'bug',
    headline: 'struct {type} has no field that a load of {size} bytes at offset {off} could mean.',
    why: 'Loads through pointers with BTF are checked against the struct as this kernel has it.',
    suggestion:
      'Use CO-RE relocations, so that the offset is the one of the running kernel, and the size of the member.',
    register: baseOf,
    example: `.section license
.asciz "GPL"
.section "fentry/tcp_close"
main:
    r1 = *(u64 *)(r1 + 0)
    r0 = *(u64 *)(r1 + 8000)
    r0 = 0
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
