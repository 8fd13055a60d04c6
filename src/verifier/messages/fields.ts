/** Fields of map values with rules of their own: locks, timers, kptrs. */
import { m, type VerifierMessage } from './row.ts';

export const fieldMessages = {
  'lock-call': m('EINVAL', 'function calls are not allowed while holding a lock'),
  'lock-missing-unlock': m('EINVAL', 'bpf_spin_unlock is missing'),
  'rcu-missing-unlock': m('EINVAL', 'bpf_rcu_read_unlock is missing'),
  'preempt-missing': m('EINVAL', '{n} bpf_preempt_enable{are} missing'),
} as const satisfies Readonly<Record<string, VerifierMessage>>;
