/** Rules of the verifier that a what-if may lift, one check each; everything else is still checked. */

interface RuleRow {
  /** What the rule demands. */
  readonly text: string;
  /** The kernel's words when it is broken. */
  readonly says: string;
}

/** The rules by name. */
export const RULES = {
  'sk-storage-in-storage-free-probe': {
    text: 'fentry and fexit programs on functions whose names begin with bpf_sk_storage do not call bpf_sk_storage_get and bpf_sk_storage_delete',
    says: 'helper call is not allowed in probe',
  },
  'helper-for-prog-type': {
    text: 'a program calls only helpers that its prog type and attach type offer',
    says: 'program of this type cannot use helper',
  },
  'gpl-only-helpers': {
    text: 'GPL-only helpers are for programs with a GPL-compatible license',
    says: 'cannot call GPL-restricted function from non-GPL compatible program',
  },
  'sleeping-helpers': {
    text: 'helpers that may sleep are for sleepable programs',
    says: 'helper call might sleep in a non-sleepable prog',
  },
  'map-type-for-helper': {
    text: 'a helper takes only maps of the types made for it',
    says: 'cannot pass map_type',
  },
  'reference-leak': {
    text: 'every reference is released before the program ends or tail-calls',
    says: 'Unreleased reference',
  },
  'return-value-range': {
    text: 'R0 at exit is one of the values that the prog type allows',
    says: 'At program exit the register R0 has',
  },
  'stack-limit': {
    text: 'the stack of a chain of calls is 512 bytes at most',
    says: 'combined stack size of',
  },
  'jump-sequence-limit': {
    text: '8192 branches wait at most to be walked',
    says: 'jumps is too complex',
  },
  'insn-limit': {
    text: 'the verifier walks a million insns at most',
    says: 'BPF program is too large',
  },
} as const satisfies Readonly<Record<string, RuleRow>>;

/** Name of a rule, as `--allow` takes it. */
export type RuleName = keyof typeof RULES;
