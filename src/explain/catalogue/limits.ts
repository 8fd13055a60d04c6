/** What the verifier gives up on, and what programs may return. */
import { unless } from './edits.ts';
import { bestRange, rangeText } from './ranges.ts';
import type { ErrorRow } from './row.ts';

const none = (): undefined => undefined;

export const limitsRows: readonly ErrorRow[] = [
  {
    id: 'BPF-E090',
    name: 'infinite loop',
    messages: ['infinite loop detected at insn {insn}'],
    category: 'Program Structure',
    class: 'bug',
    headline: 'The loop comes back to insn {insn} with nothing changed: it would never end.',
    why: 'Each round must bring a loop nearer to its end in a way that the verifier sees: a counter it knows, compared with a limit.',
    suggestion:
      'Count in a register with a constant start and step, and compare it with a constant; or use bpf_loop or an open-coded iterator.',
    register: none,
    example: `.section "xdp"
main:
    r0 = 2
again:
    r1 = 0
    if r1 == 0 goto again
    exit`,
  },
  {
    id: 'BPF-E091',
    name: 'too complex',
    messages: [
      'BPF program is too large. Processed {n} insn',
      'BPF program is too complex',
      'The sequence of {n} jumps is too complex.',
      'The sequence of {n} jumps is too complex for {what}.',
    ],
    category: 'Program Structure',
    class: 'verifier limit',
    headline: 'The verifier gave up: too many insns on too many paths.',
    why: 'At most 1,000,000 insns (131,072 before 5.2) are walked, counted over all paths, and 8,192 branches put aside. Each branch can double the paths, each round of a loop is walked.',
    suggestion:
      'Verify parts by themselves: global functions, bpf_loop or iterators instead of long loops, tail calls. Fewer branches whose outcome lives on in a register help as well.',
    register: none,
    example: `.section "xdp"
main:
    r6 = 0
again:
    call bpf_get_prandom_u32
    if r0 == 7 goto out
    r6 += 1
    if r6 < 9000 goto again
out:
    r0 = 2
    exit`,
  },
  {
    id: 'BPF-E092',
    name: 'stack of all calls too large',
    messages: [
      'combined stack size of {frames} calls is {depth}. Too large',
      'tail_calls are not allowed when call stack of previous frames is {depth} bytes. Too large',
    ],
    category: 'Program Structure',
    class: 'bug',
    headline: 'The functions that call each other need {depth} bytes of stack together.',
    why: 'The limit of 512 bytes holds for the whole chain of calls (256 bytes above a tail call), each rounded up.',
    suggestion: 'Move large objects to a map, or split the chain by tail calls or callbacks.',
    register: none,
    example: `.section "xdp"
main:
    *(u64 *)(r10 - 400) = 0
    call inner
    r0 = 2
    exit
inner:
    *(u64 *)(r10 - 200) = 0
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E093',
    name: 'too many frames or functions',
    messages: [
      'the call stack of {n} frames is too deep',
      'too many subprogs',
      'too many subprograms',
      'too many different module BTFs',
    ],
    category: 'Program Structure',
    class: 'verifier limit',
    headline: 'Calls are nested too deeply, or there are too many functions.',
    why: 'At most 8 frames and 256 functions.',
    suggestion: 'Inline some of them, or make a loop of a recursion.',
    register: none,
    example: `.section "xdp"
main:
    call f1
    exit
f1:
    call f2
    exit
f2:
    call f3
    exit
f3:
    call f4
    exit
f4:
    call f5
    exit
f5:
    call f6
    exit
f6:
    call f7
    exit
f7:
    call f8
    exit
f8:
    r0 = 2
    exit`,
  },
  {
    id: 'BPF-E094',
    name: 'return value',
    messages: [
      'At program exit the register R0 has {value} should have been in [{min}, {max}]',
      'At callback return the register R0 has {value} should have been in [{min}, {max}]',
      'At program exit the register R0 has value {value} should have been in {what}',
      'At program exit the register R0 has {value}',
      'At callback return the register R{r} has {value}',
      'At {what} the register {name} has {value} should have been in [{min}, {max}]',
    ],
    category: 'Policy',
    class: 'bug',
    headline: (f) =>
      f.args.min === undefined
        ? 'What the program returns is not in the range that its type allows.'
        : /callback/.test(f.message)
          ? 'The callback may return something outside of [{min}, {max}], which is all that it may.'
          : 'The program may return something outside of [{min}, {max}], which its attach type allows.',
    why: 'What a return value means is fixed for some types: cgroup programs answer 0 or 1, callbacks 0 or 1, fmod_ret an errno.',
    proof: (f) => {
      const v = f.reg(0);
      if (!v || f.args.min === undefined) return undefined;
      const { min, max } = bestRange(v);
      return { needs: `R0 in [${f.args.min}, ${f.args.max}]`, proven: `R0 is ${rangeText(min, max)}` };
    },
    suggestion: 'Return one of the values allowed; bound the register where it is computed.',
    fix: (f) => (f.at && f.args.min === '0' ? unless(f, f.at.slot, `r0 <= ${f.args.max}`, 'allowed') : undefined),
    register: () => 0,
    example: `.section "cgroup_skb/ingress"
main:
    r0 = *(u32 *)(r1 + 0)
    exit`,
  },
  {
    id: 'BPF-E095',
    name: 'return value is not a number',
    messages: [
      'At program exit the register R0 is not a known value ({type})',
      'At {what} the register R{r} is not a known value ({type})',
      'At {what} the register R0 is not a scalar value ({type})',
      'R0 not a scalar value',
    ],
    category: 'Register Type Safety',
    class: 'bug',
    headline: (f) =>
      f.args.type === undefined ? 'What is returned is not a number.' : 'The program returns a {type}, not a number.',
    why: 'The kernel reads the return value as a number; a pointer there would make it an address.',
    suggestion: 'Return a number.',
    fix: (f) => f.at && { slot: f.at.slot, lines: [`r0 = ${f.harmless}`] },
    register: () => 0,
    example: `.section "cgroup_skb/ingress"
main:
    r0 = r10
    exit`,
  },
  {
    id: 'BPF-E096',
    name: 'atomic on this kind of memory',
    messages: ['BPF_ATOMIC stores into R{r} {type} is not allowed', 'BPF_XADD stores into R{r} {type} is not allowed'],
    category: 'Memory Safety',
    class: 'bug',
    headline: 'Atomic operations cannot be done on a {type}.',
    why: 'Contexts, packets, sockets and flow keys are views or are shared in other ways; atomics work on map values, memory and the stack.',
    suggestion: 'Load, compute, store; or keep the counter in a map.',
    example: `.section "tc"
main:
    r2 = 1
    lock *(u32 *)(r1 + 8) += r2
    r0 = 0
    exit`,
  },
  {
    id: 'BPF-E098',
    name: 'verifier bug',
    messages: [
      'verifier internal error: {what}',
      'verifier bug: {what}',
      'kernel subsystem misconfigured {what}',
      'bpf verifier is misconfigured',
      'direct value access on string failed',
      'REG INVARIANTS VIOLATION {what}',
    ],
    category: 'Program Structure',
    class: 'verifier limit',
    headline: 'The verifier ran into something that its authors thought impossible.',
    why: 'This is a fault of the verifier, brought out by an unusual program.',
    suggestion: 'Report it to bpf@vger.kernel.org with the program and the log.',
    example: '',
  },
];
