/** Predicates over the program that helpers' rows name: where some helpers may be called at all. */
import { lsmHook } from '../../spec/attach/lsm.ts';
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

/** Functions that hold the path for as long as a program needs it: btf_allowlist_d_path. */
const D_PATH_FUNCTIONS: ReadonlySet<string> = new Set([
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

const onSleepableHook = (env: Env): boolean => env.attach !== undefined && lsmHook(env.attach.name)?.sleepable === true;

/** @kernel bpf_d_path_allowed */
function dPath(env: Env): boolean {
  const { progType, attachType } = env.facts;
  if (progType === 'tracing' && attachType === 'trace_iter') return true;
  if (progType === 'lsm') return onSleepableHook(env);
  return env.attach !== undefined && attachType !== 'trace_raw_tp' && D_PATH_FUNCTIONS.has(env.attach.name);
}

const PREDICATES: Readonly<Record<string, (env: Env) => boolean>> = {
  bpf_d_path_allowed: dPath,
  bpf_ima_inode_hash_allowed: onSleepableHook,
  bpf_sk_storage_tracing_allowed: skStorageTracing,
};

/** Whether the program may call a helper with that predicate; marks the program as not covered where there is no rule. */
export function predicateHolds(env: Env, name: string): boolean {
  const rule = PREDICATES[name];
  if (rule) return rule(env);
  notCovered(env, `predicate ${name}`);
  return false;
}
