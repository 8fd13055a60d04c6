/** Contexts, sockets and kernel structs: views with fields of their own. */
import { baseOf } from './edits.ts';
import { bytes } from './ranges.ts';
import type { ErrorRow } from './row.ts';

export const contextRows: readonly ErrorRow[] = [
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
      'no write support to nf_conn at off {off}',
      'the prog does not allow writes to packet data',
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
    id: 'BPF-E035',
    name: 'outside of a kernel struct',
    messages: [
      'access beyond struct {type} at off {off} size {size}',
      'access beyond the end of member {what} (mend:{n}) in struct {type} with off {off} size {size}',
      'cannot access ptr member {what} with moff {n} in struct {type} with off {off} size {size}',
      'R{r} is ptr_{type} access {what} memory: off={off}',
      "Type '{type}' is not a struct",
      "field {what} doesn't have size",
      "struct {type} doesn't have field at offset {off}",
    ],
    category: 'Memory Safety',
    class: 'bug',
    headline: (f) =>
      f.args.size === undefined
        ? 'The load through this pointer means no field of the kernel struct.'
        : 'struct {type} has no field that a load of {size} bytes at offset {off} could mean.',
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
];
