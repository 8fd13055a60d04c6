/** Casts, RCU and preemption: one program runs at a time, so the sections have no effect. */
import { MAP } from '../../maps/object.ts';
import { kfunc } from './row.ts';

const nothing = kfunc([], 'void', () => undefined);

export const commonKfuncs = {
  bpf_rcu_read_lock: nothing,
  bpf_rcu_read_unlock: nothing,
  bpf_preempt_disable: nothing,
  bpf_preempt_enable: nothing,
  bpf_cast_to_kern_ctx: kfunc(['ctx'], 'pointer', (env, ctx) => env.object(ctx)),
  bpf_rdonly_cast: kfunc(['pointer', 'ignored'], 'u64', (env, lo, hi) => env.ret64(lo, hi)),
  bpf_map_sum_elem_count: kfunc(['map'], 'u64', (env, map) => env.ret64(env.arena.getU32(map + MAP.count), 0)),
};
