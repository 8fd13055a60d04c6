/** Arguments of helpers. */
import { argument } from './callee.ts';
import { nullCheck, unless } from './edits.ts';
import { knownRange } from './ranges.ts';
import type { Edit, ErrorRow, Finding } from './row.ts';

/** The size register that goes with a pointer argument, bounded by what the pointer points to. */
function boundSize(f: Finding): Edit | undefined {
  const r = Number(f.args.r);
  const memory = f.reg(r - 1);
  if (!f.at || memory?.type !== 'fp' || memory.off >= 0) return undefined;
  return unless(f, f.at.slot, `r${r} <= ${-memory.off}`, 'fits');
}

export const argumentRows: readonly ErrorRow[] = [
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
];
