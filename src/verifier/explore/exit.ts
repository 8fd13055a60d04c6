/** What a program may not hold when a path ends, or when it calls. */
import type { Insn } from '../../isa/insn.ts';
import { HELPERS } from '../../spec/helpers/index.ts';
import { checkReferenceLeak } from '../call/references.ts';
import type { Env, Err } from '../env.ts';
import { reject } from '../env.ts';

/** @kernel is_bpf_graph_api_kfunc */
const GRAPH_KFUNCS: ReadonlySet<string> = new Set([
  'bpf_list_push_front_impl',
  'bpf_list_push_back_impl',
  'bpf_list_pop_front',
  'bpf_list_pop_back',
  'bpf_rbtree_add_impl',
  'bpf_rbtree_remove',
  'bpf_rbtree_first',
  'bpf_refcount_acquire_impl',
]);

/** With a spin lock held only unlocking is allowed. */
export function callWithLock(env: Env, insn: Insn): Err {
  if (!env.cur.active_lock) return 0;
  const { row } = insn;
  if (row?.kind !== 'call') return 0;
  if (row.target === 'local') return 0;
  const graph = row.target === 'kfunc' && GRAPH_KFUNCS.has(env.kfuncs.get(env.insn_idx)?.name ?? '');
  if (graph || (row.target === 'helper' && insn.imm === HELPERS.bpf_spin_unlock.id)) return 0;
  return reject(env, 'lock-call');
}

/** The end of a frame: locks, sections and references. */
export function checkExit(env: Env): Err {
  const { cur } = env;
  const main = cur.frame.length === 1;
  if (cur.active_lock && main) return reject(env, 'lock-missing-unlock');
  if (cur.active_rcu_lock && main) return reject(env, 'rcu-missing-unlock');
  if (cur.active_preempt_lock && main)
    return reject(env, 'preempt-missing', {
      n: cur.active_preempt_lock,
      are: cur.active_preempt_lock === 1 ? ' is' : '(s) are',
    });
  return checkReferenceLeak(env, false);
}
