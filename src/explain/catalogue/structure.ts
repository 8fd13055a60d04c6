/** The shape of the program: what is refused before any path is walked. */
import type { ErrorRow } from './row.ts';

const none = (): undefined => undefined;

export const structureRows: readonly ErrorRow[] = [
  {
    id: 'BPF-E080',
    name: 'unreachable insn',
    messages: ['unreachable insn {insn}'],
    category: 'Program Structure',
    class: 'bug',
    headline: 'No path leads to insn {insn}.',
    why: 'Code that cannot be reached cannot be checked; the kernel does not load it.',
    suggestion: 'Remove it, or jump to it.',
    register: none,
    example: `.section "xdp"
main:
    r0 = 2
    exit
    r0 = 1
    exit`,
  },
  {
    id: 'BPF-E081',
    name: 'backward jump',
    messages: ['back-edge from insn {from} to {to}'],
    category: 'Program Structure',
    class: 'kernel too old',
    headline: 'Insn {from} jumps back to {to}: a loop, which this kernel does not load for this user.',
    why: 'Before Linux 5.3 there were no loops at all; later they need CAP_BPF, and even then not everywhere.',
    suggestion: 'Unroll the loop (`#pragma unroll`), use bpf_loop (since 5.17) or load with CAP_BPF.',
    register: none,
    unpriv: true,
    example: `.section "socket"
main:
    r0 = 0
    goto main`,
  },
  {
    id: 'BPF-E082',
    name: 'jump out of the program',
    messages: ['jump out of range from insn {from} to {to}', 'jump out of range'],
    category: 'Program Structure',
    class: 'bug',
    headline: 'Insn {from} jumps to {to}, outside of its function.',
    why: 'Jumps stay inside of their function; other functions are reached by call.',
    suggestion: 'Correct the distance: it counts from the insn behind the jump, and 16-byte insns count twice.',
    register: none,
    example: `.section "xdp"
main:
    r0 = 2
    goto +7
    exit`,
  },
  {
    id: 'BPF-E083',
    name: 'the program does not end',
    messages: ['last insn is not an exit or jmp', 'not an exit'],
    category: 'Program Structure',
    class: 'bug',
    headline: 'The function ends with an insn that goes on to the next one, and there is none.',
    why: 'Every function ends with exit or a jump.',
    suggestion: 'Put an exit at the end.',
    register: none,
    example: `.section "xdp"
main:
    r0 = 2`,
  },
  {
    id: 'BPF-E084',
    name: 'jump into a 16-byte insn',
    messages: ['jump into the middle of ldimm64 insn {insn}'],
    category: 'Program Structure',
    class: 'bug',
    headline: 'A jump leads to the second half of the 16-byte insn at {insn}.',
    why: 'ld_imm64 takes two slots, of which only the first is an insn.',
    suggestion: 'Count it twice in jump distances.',
    register: none,
    example: `.section "xdp"
main:
    if r1 == 0 goto +1
    r0 = 1 ll
    exit`,
  },
  {
    id: 'BPF-E085',
    name: 'reserved fields',
    messages: [
      '{what} uses reserved fields',
      'invalid bpf_ld_imm64 insn',
      'invalid BPF_LD_IMM insn',
      'unrecognized bpf_ld_imm64 insn',
      'BPF_ATOMIC uses invalid atomic opcode {op}',
      'invalid atomic operand size',
      'invalid may_goto imm {n}',
    ],
    category: 'Program Structure',
    class: (f) =>
      f.message.startsWith('BPF_ATOMIC') || f.message.startsWith('unrecognized') ? 'kernel too old' : 'bug',
    headline: 'The insn has a field set that must be 0, or a variant that this kernel does not know.',
    why: 'Fields that an insn does not use must be 0: later kernels give them a meaning (signed division, atomics with fetch, 32-bit jumps).',
    suggestion: 'Compile for the kernel (`-mcpu=v1` … `v4`), or correct the encoding.',
    register: none,
    example: `.section "xdp"
main:
    .8byte 0x00000001000010bf
    exit`,
  },
  {
    id: 'BPF-E086',
    name: 'unknown opcode',
    messages: ['unknown opcode {code}', 'unknown insn class {n}', 'BPF_{what} uses unknown opcode'],
    category: 'Program Structure',
    class: 'kernel too old',
    headline: 'The kernel does not know the opcode 0x{code}.',
    why: 'It is no insn at all, or one that came with a later kernel.',
    suggestion: 'Compile with a lower `-mcpu`, or look whether bytes of data got between the insns.',
    register: none,
    example: `.section "xdp"
main:
    .8byte 0x00000000000000ff
    r0 = 2
    exit`,
  },
  {
    id: 'BPF-E087',
    name: 'call destination',
    messages: [
      'call to invalid destination',
      'invalid destination',
      'the func address {what}',
      'callback function not static',
    ],
    category: 'Program Structure',
    class: 'bug',
    headline: (f) =>
      f.message.startsWith('callback')
        ? 'A callback must be a static function of the program.'
        : 'The call leads outside of the program.',
    why: 'A local call names another function of the same program by distance.',
    suggestion: 'Correct the distance, or link the function into the program.',
    register: none,
    example: `.section "xdp"
main:
    .8byte 0x0000006400001085
    exit`,
  },
  {
    id: 'BPF-E088',
    name: 'impossible constant',
    messages: ['div by zero', 'invalid shift {n}'],
    category: 'Program Structure',
    class: 'bug',
    headline: (f) =>
      f.message.startsWith('div')
        ? 'Division by the constant 0.'
        : 'A shift by {n}, which is as many bits as the register has, or more.',
    why: 'Constants are checked when the program is loaded. (A register that holds 0 divides to 0, and shifts are masked.)',
    suggestion: 'Correct the constant.',
    register: none,
    example: `.section "xdp"
main:
    r0 = 2
    r0 /= 0
    exit`,
  },
  {
    id: 'BPF-E089',
    name: 'file descriptor is not a map',
    messages: ['fd {n} is not pointing to valid bpf_map', 'fd_idx without fd_array is invalid'],
    category: 'Program Structure',
    class: 'bug',
    headline: 'The program refers to a map by a file descriptor that is not one.',
    why: 'The loader puts the descriptors of maps into the insns; this one was not filled in, or has been closed.',
    suggestion: 'Create the map before the program and relocate the insn.',
    register: none,
    example: `.section "xdp"
main:
    r1 = map_by_fd(77) ll
    r0 = 2
    exit`,
  },
  {
    id: 'BPF-E039',
    name: 'type information does not fit',
    messages: [
      'invalid func info rec size {n}',
      'nonzero tailing record in {what}',
      'nonzero insn_off {off} for the first func info record',
      'same or smaller insn offset ({off}) than previous func info record ({n})',
      'invalid type id {id} in func info',
      "number of funcs in func_info doesn't match number of subprogs",
      "func_info BTF section doesn't match subprog layout in BPF program",
      'Invalid line_info[{i}]{what}',
      'Invalid insn code at line_info[{i}].insn_off',
      'missing bpf_line_info for {what}',
      'missing btf func_info',
      'Invalid core_relo[{i}]{what}',
      'relo #{i}: {what}',
      "unable to resolve the size of type '{type}': {what}",
      'ldimm64 {what}',
      "pseudo btf_id {id} in ldimm64 isn't {what}",
    ],
    category: 'Program Structure',
    class: 'bug',
    headline:
      'The type information that came with the program (func_info, line_info, relocations) does not describe it.',
    why: 'They say where functions and lines begin, in ascending order, one record for each function. Tools that move insns must move these records too.',
    suggestion: 'Make the records again from the insns that are loaded, or load without them.',
    register: none,
    example: '',
  },
];
