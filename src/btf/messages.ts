import { reporter } from '../util/problem.ts';

const btfMessages = {
  'too-short': { text: 'BTF of {length} bytes: its header alone takes 24' },
  'bad-magic': { text: 'this is not BTF: it begins with {magic}' },
  'big-endian': { text: 'this BTF is big-endian; only little-endian BTF is read' },
  'bad-version': { text: 'BTF version {version}: only version 1 is known' },
  'bad-section': { text: 'BTF: section {name} ends at byte {end} of {length}' },
  'bad-kind': { text: 'BTF: type {id} has unknown kind {kind}' },
  'type-cut': { text: 'BTF: type {id} goes beyond the type section' },
  'too-many-types': { text: 'BTF: more than {limit} types' },
  'no-name': { text: 'no {kind} {name} in the BTF of {btf}' },
  'not-builtin': {
    text: '{kind} {name} is not in the built-in BTF',
    help: 'give --btf FILE, a copy of /sys/kernel/btf/vmlinux or of the module that has it',
  },
} as const;

export const btfProblem = reporter('btf', btfMessages);
