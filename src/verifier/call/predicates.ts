/** Predicates over the program that helpers' rows name: where some helpers may be called at all. */
import type { Env } from '../env.ts';
import { lifted, notCovered } from '../env.ts';

/**
 * Socket storage of tracing programs: iterators and raw tracepoints always, fentry and fexit unless the storage code itself is
 * traced, which would call itself.
 * @kernel bpf_sk_storage_tracing_allowed
 */
function skStorageTracing(env: Env): boolean {
  if (env.facts.progType !== 'tracing') return true;
  switch (env.facts.attachType) {
    case 'trace_iter':
    case 'trace_raw_tp':
      return true;
    case 'trace_fentry':
    case 'trace_fexit':
      if (env.attach === undefined || env.attach.prog !== undefined) return false;
      return !env.attach.name.startsWith('bpf_sk_storage') || lifted(env, 'sk-storage-in-storage-free-probe');
    default:
      return false;
  }
}

const PREDICATES: Readonly<Record<string, (env: Env) => boolean>> = {
  bpf_sk_storage_tracing_allowed: skStorageTracing,
};

/** Whether the program may call a helper with that predicate; marks the program as not covered where there is no rule. */
export function predicateHolds(env: Env, name: string): boolean {
  const rule = PREDICATES[name];
  if (rule) return rule(env);
  notCovered(env, `predicate ${name}`);
  return false;
}
