import { reporter } from '../util/problem.ts';

const vmMessages = {
  'bad-insn': { text: 'insn cannot be executed: {defect}' },
  'jump-range': { text: 'jump out of range to insn {target}', help: 'the program has {count} insns' },
  'no-insn': { text: 'execution left the program at insn {pc}', help: 'every path must end with exit' },
  budget: {
    text: 'stopped after {limit} insns without reaching exit',
    help: 'raise the limit if the program is meant to run that long',
  },
  'not-an-address': {
    text: '{size}-byte {access} through a register that holds {value}: not an address',
    help: 'the register holds a scalar, or a pointer whose upper bits were changed',
  },
  'call-depth': { text: 'the call stack of {limit} frames is full' },
  'unknown-helper': { text: 'call of unknown helper #{id}' },
  'not-simulated': {
    text: 'helper {name}#{id} is not simulated yet',
    help: 'the verifier knows it; `helpers/index.ts` lists what the simulator lacks',
  },
  'not-simulated-call': { text: 'helper {name}: {what} is not simulated' },
  'not-a-callback': { text: 'helper {name}: argument {arg} is not the address of a subprogram' },
  'helper-arg': { text: 'helper {name}: {reg} must point to {what}, it holds {value}' },
  kfunc: {
    text: 'call of kernel function #{id}: nothing says which one that is',
    help: 'name it with .extern, or with btf_relocs in a load request',
  },
  'not-a-prog': { text: 'call through a register that holds {value}: not the address of a subprogram' },
  'ctx-access': {
    text: 'invalid bpf_context access off={off} size={size} ({access})',
    help: 'struct {struct} has no such field for {access}s',
  },
  unresolved: { text: 'ld_imm64 ({pseudo}) was not resolved by the loader' },
} as const;

export const vmProblem = reporter('vm', vmMessages);
