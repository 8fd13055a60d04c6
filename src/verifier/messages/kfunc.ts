/** Kernel functions, iterators, dynptrs. */
import { m, type VerifierMessage } from './row.ts';

export const kfuncMessages = {
  'dynptr-expected': m('EINVAL', 'arg#{i} expected pointer to stack or const struct bpf_dynptr'),
  'dynptr-write': m('EACCES', 'potential write to dynptr at off={off} disallowed'),
  'kfunc-sleep-note': m('EINVAL', 'kernel func {name} is sleepable within rcu_read_lock region'),
} as const satisfies Readonly<Record<string, VerifierMessage>>;
