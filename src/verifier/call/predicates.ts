/** Predicates over the program that helpers' rows name: where some helpers may be called at all. */
import type { Env } from '../env.ts';
import { lifted, notCovered } from '../env.ts';

/**
 * Socket storage of tracing programs: iterators and raw tracepoints always, fentry and fexit unless the storage code itself is
 * traced, which would call itself.
 * @kernel bpf_sk_storage_tracing_allowed
 */
function skStorageTracing(env: Env): boolean {
  if (env.facts.progType !== 'tracing') return false;
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

/** Functions that have the path at hand. @kernel btf_allowlist_d_path */
const D_PATH: ReadonlySet<string> = new Set([
  'security_file_permission',
  'security_inode_getattr',
  'security_file_open',
  'security_path_truncate',
  'vfs_truncate',
  'vfs_fallocate',
  'dentry_open',
  'vfs_getattr',
  'filp_close',
]);

/** Paths: iterators, hooks that may sleep, and the functions that have one at hand. @kernel bpf_d_path_allowed */
function dPathAllowed(env: Env): boolean {
  const { progType, attachType } = env.facts;
  if (progType === 'tracing' && attachType === 'trace_iter') return true;
  if (progType === 'lsm') {
    notCovered(env, 'hooks that may sleep');
    return false;
  }
  return env.attach !== undefined && D_PATH.has(env.attach.name);
}

const PREDICATES: Readonly<Record<string, (env: Env) => boolean>> = {
  bpf_sk_storage_tracing_allowed: skStorageTracing,
  bpf_d_path_allowed: dPathAllowed,
};

/** Whether the program may call a helper with that predicate; marks the program as not covered where there is no rule. */
export function predicateHolds(env: Env, name: string): boolean {
  const rule = PREDICATES[name];
  if (rule) return rule(env);
  notCovered(env, `predicate ${name}`);
  return false;
}
