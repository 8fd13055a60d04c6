/** What was acquired must be released, once, and unchanged. */
import { TUPLE } from './pieces.ts';
import type { Edit, ErrorRow, Finding } from './row.ts';

const RELEASED_BY: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^(?:sock|sock_common|tcp_sock)$/, ['call bpf_sk_release']],
  [/^ringbuf_mem$/, ['r2 = 0', 'call bpf_ringbuf_discard']],
];

/** Gives a reference back before the program ends, where a register still holds it. */
function release(f: Finding): Edit | undefined {
  const id = Number(f.args.id);
  if (!f.at) return undefined;
  for (let r = 0; r < 10; r++) {
    const v = f.reg(r);
    if (!v || v.refObjId !== id) continue;
    const row = RELEASED_BY.find(([type]) => type.test(v.type));
    if (!row) return undefined;
    const call = [...(r === 1 ? [] : [`r1 = r${r}`]), ...row[1], `r0 = ${f.harmless}`];
    const lines = v.orNull ? [`if r${r} == 0 goto nothing_${f.at.slot}`, ...call, `nothing_${f.at.slot}:`] : call;
    return { slot: f.at.slot, lines: v.orNull ? [...lines, `r0 = ${f.harmless}`] : lines };
  }
  return undefined;
}

export const referenceRows: readonly ErrorRow[] = [
  {
    id: 'BPF-E050',
    name: 'reference is not released',
    messages: [
      'Unreleased reference id={id} alloc_insn={alloc}',
      'BPF_EXIT instruction in main prog would lead to reference leak',
    ],
    when: (f) => !f.messages.some((m) => /^(?:tail_call|BPF_LD)/.test(m)),
    category: 'Resource Lifetime Safety',
    class: 'bug',
    headline: 'The program ends on this path while it still holds what insn {alloc} acquired.',
    why: 'A socket, a ring buffer record or a kernel object that was acquired must be released on every path, also on those that leave early. A path on which the pointer is NULL holds nothing.',
    proof: (f) => ({
      needs: 'no reference is held at exit',
      proven: `reference ${f.args.id ?? ''} of insn ${f.args.alloc ?? '?'} is held`,
    }),
    suggestion:
      'Release it before every exit: bpf_sk_release, bpf_ringbuf_submit or bpf_ringbuf_discard, the release function of a kfunc.',
    fix: release,
    register: (f) => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].find((r) => f.reg(r)?.refObjId === Number(f.args.id)),
    example: `.section "tc"
main:
${TUPLE}
    r6 = r0
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E051',
    name: 'released without being held',
    messages: [
      'release helper {func} expects referenced PTR_TO_BTF_ID passed to R{r}',
      'R{r} must be referenced when passed to release function',
      'func {func} reference has not been acquired before',
      'reference has not been acquired before',
      'R{r} must be referenced',
      'arg {n} is an unacquired reference',
      'cannot release unowned const bpf_dynptr',
    ],
    category: 'Resource Lifetime Safety',
    class: 'bug',
    headline: (f) =>
      f.args.r === undefined
        ? 'Something is released that the program holds no reference to.'
        : 'R{r} is released, but the program holds no reference to it.',
    why: 'Only what an acquiring call returned can be given back, and only once. Sockets that the context provides are not acquired.',
    suggestion: 'Release only what was acquired on this path. After a release all copies of the pointer are unusable.',
    register: (f) => (f.args.r === undefined ? 1 : Number(f.args.r)),
    example: `.section "tc"
main:
    r1 = *(u64 *)(r1 + 168)
    if r1 == 0 goto out
    call bpf_sk_release
out:
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E052',
    name: 'released at another address',
    messages: [
      'R{r} must have zero offset when passed to release func or trusted arg to kfunc',
      'R{r} must have zero offset when passed to release func',
    ],
    category: 'Resource Lifetime Safety',
    class: 'bug',
    headline: 'R{r} was moved: a release needs the pointer just as it was acquired.',
    why: 'The kernel frees what the pointer points to. An offset would free something else.',
    suggestion: 'Keep the acquired pointer in a register of its own for the release.',
    example: `.map ring, type=ringbuf, max_entries=4096
.section "tc"
main:
    r1 = ring ll
    r2 = 16
    r3 = 0
    call bpf_ringbuf_reserve
    if r0 == 0 goto out
    r1 = r0
    r1 += 8
    r2 = 0
    call bpf_ringbuf_submit
out:
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E053',
    name: 'program is left while a reference is held',
    messages: [
      'tail_call would lead to reference leak',
      'BPF_LD_[ABS|IND] would lead to reference leak',
      'BPF_LD_[ABS|IND] cannot be mixed with socket references',
      'cannot use BPF_LD_[ABS|IND] within callback',
      'tail_call {what} lead to reference leak',
      'cannot tail call within callback',
    ],
    category: 'Resource Lifetime Safety',
    class: 'bug',
    headline: 'This insn may leave the program for good, and a reference is still held.',
    why: 'A successful tail call does not come back, and a classic packet load ends the program when the packet is too short.',
    suggestion: 'Release before the tail call or the load.',
    register: () => 0,
    example: `.map jumps, type=prog_array, key=4, value=4, max_entries=4
.section "tc"
main:
    r6 = r1
${TUPLE}
    r1 = r6
    r2 = jumps ll
    r3 = 0
    call bpf_tail_call
    r0 = 0
    exit`,
  },
];
