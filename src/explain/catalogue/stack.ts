/** The stack of 512 bytes. */
import { baseOf } from './edits.ts';
import type { Edit, ErrorRow, Finding } from './row.ts';

/** Writes zeros to what is read, where the function begins. */
function zeroSlots(f: Finding): Edit | undefined {
  const off = f.args.off === undefined ? undefined : Number(f.args.off);
  const size = f.args.size === undefined ? 8 : Number(f.args.size);
  if (off === undefined || off >= 0 || size > 64) return undefined;
  const depth = f.at?.depth ?? 0;
  const start = f.path.steps.findLastIndex((s) => s.depth < depth);
  const first = f.path.steps[start + 1];
  if (!first) return undefined;
  const from = Math.floor(off / 8) * 8;
  const lines: string[] = [];
  for (let at = from; at < off + size; at += 8) lines.push(`*(u64 *)(r10 - ${-at}) = 0`);
  return { slot: first.slot, lines };
}

export const stackRows: readonly ErrorRow[] = [
  {
    id: 'BPF-E040',
    name: 'stack is read before it is written',
    messages: [
      'invalid read from stack off {off}+{i} size {size}',
      'invalid read from stack R{r} off {off}+{i} size {size}',
      'invalid indirect read from stack R{r} off {off}+{i} size {size}',
      'invalid indirect read from stack off {off}+{i} size {size}',
      'invalid {what}read from stack R{r} off {off}+{i} size {size}',
      'invalid read from stack var_off {tnum}+{i} size {size}',
      'invalid {what}read from stack R{r} var_off {tnum}+{i} size {size}',
      'invalid indirect read from stack var_off {tnum}+{i} size {size}',
    ],
    category: 'Memory Safety',
    class: 'bug',
    headline: (f) =>
      f.at?.does.kind === 'helper'
        ? `${f.helper ?? 'The call'} reads ${f.args.size} bytes of stack at fp${f.args.off ?? ''}; byte ${f.args.i} of them was never written.`
        : 'The insn reads {size} bytes of stack of which byte {i} was never written.',
    why: 'What was on the stack before belongs to somebody else. Every byte that is read, also by a helper, must have been written on this path; the padding of structs is forgotten most often. (Since Linux 6.3 programs loaded with CAP_PERFMON may read such bytes.)',
    proof: (f) => ({ needs: `bytes 0 to ${Number(f.args.size) - 1} were written`, proven: `byte ${f.args.i} was not` }),
    suggestion:
      'Clear the whole object first, padding included (`= {}` does not always do so in C: use __builtin_memset).',
    fix: zeroSlots,
    register: baseOf,
    unpriv: true,
    example: `.map counts, type=hash, key=8, value=8, max_entries=8
.section "socket"
main:
    *(u32 *)(r10 - 8) = 1
    r2 = r10
    r2 += -8
    r1 = counts ll
    call bpf_map_lookup_elem
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E041',
    name: 'outside of the stack',
    messages: [
      'invalid {what} stack R{r} off={off} size={size}',
      'invalid stack type R{r} off={off} access_size={size}',
      'invalid stack off={off} size={size}',
    ],
    category: 'Memory Safety',
    class: 'bug',
    headline: (f) =>
      f.at?.does.kind === 'helper'
        ? '{helper} accesses {size} bytes from fp{off} on, and the stack ends at fp-1: the buffer in R{r} is too small.'
        : 'The access at fp{off} with {size} bytes lies outside of the stack: fp-512 to fp-1.',
    why: 'Each function has 512 bytes of stack below R10. Nothing above R10 belongs to it.',
    proof: (f) => {
      const off = Number(f.args.off);
      const size = Number(f.args.size ?? 1);
      return {
        needs: 'all bytes in [fp-512, fp-1]',
        proven: `the access is [fp${off < 0 ? off : `+${off}`}, fp${off + size - 1 < 0 ? off + size - 1 : `+${off + size - 1}`}]`,
      };
    },
    suggestion: 'Keep large objects in a map (a per-CPU array with one element is the usual scratch space).',
    example: `.section "xdp"
main:
    *(u64 *)(r10 - 520) = 1
    r0 = 2
    exit`,
  },
  {
    id: 'BPF-E042',
    name: 'variable offset into the stack',
    messages: [
      'invalid variable-offset {what} stack R{r} var_off={tnum} off={off} size={size}',
      'invalid variable-offset {what} stack R{r} var_off={tnum} size={size}',
      'invalid unbounded variable-offset {what} stack R{r}',
      'R{r} variable offset stack access prohibited for !root, var_off={tnum}',
      'R{r} unbounded indirect variable offset stack access',
      'R{r} min value is outside of stack bound',
      'R{r} max value is outside of stack bound',
    ],
    category: 'Memory Safety',
    class: 'bug',
    headline: 'The stack is indexed by a number that may lead outside of it.',
    why: 'A variable offset is allowed, when the whole range of it stays inside the stack.',
    suggestion: 'Bound the index, without sign, before it is added to the stack pointer.',
    example: `.section "tc"
main:
    r2 = *(u32 *)(r1 + 8)
    r2 &= 0x1ff
    r3 = r10
    r3 += -16
    r3 += r2
    *(u8 *)(r3 + 0) = 1
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E043',
    name: 'a spilled pointer is not treated as a whole',
    messages: [
      'attempt to corrupt spilled pointer on stack',
      'invalid size of register spill',
      'invalid size of register fill',
      'corrupted spill memory',
    ],
    category: 'Memory Safety',
    class: 'bug',
    headline: 'A pointer on the stack is written or read in part.',
    why: 'Pointers are saved and restored with 8 bytes at aligned offsets; anything else would take them apart.',
    suggestion: 'Use u64 stores and loads for pointers, and slots of their own.',
    register: baseOf,
    example: `.section "xdp"
main:
    *(u64 *)(r10 - 8) = r1
    r0 = *(u32 *)(r10 - 8)
    exit`,
  },
  {
    id: 'BPF-E044',
    name: 'pointers between stack frames',
    messages: [
      'cannot spill pointers to stack into stack frame of the caller',
      'cannot return stack pointer to the caller',
      'cannot store referenced {what}',
    ],
    category: 'Memory Safety',
    class: 'bug',
    headline: "A pointer to this function's stack would outlive the function.",
    why: 'A stack frame ends with its function. Pointers into it can be passed down, never up.',
    suggestion: 'Let the caller provide the memory and pass a pointer to it.',
    example: `.section "xdp"
main:
    call inner
    r0 = 2
    exit
inner:
    r0 = r10
    exit`,
  },
];
