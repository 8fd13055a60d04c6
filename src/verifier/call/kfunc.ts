/** Calls of kernel functions. */

import { resolveSize } from '../../btf/size.ts';
import type { Insn } from '../../isa/insn.ts';
import type { Env, Err } from '../env.ts';
import { notCovered, reject } from '../env.ts';
import { markRegRead } from '../explore/liveness.ts';
import { curFrame, eachCell, LIVE } from '../state.ts';
import { typeBehind } from '../structure/types.ts';
import type { Reg } from '../value/reg.ts';
import { FLAG, NOT_INIT } from '../value/reg.ts';
import { workqueueCallback } from './callback.ts';
import { processIterNext } from './iter.ts';
import { checkKfuncArgs } from './kfuncArgs.ts';
import type { KfuncMeta } from './kfuncMeta.ts';
import { fetchKfuncMeta } from './kfuncMeta.ts';
import { kfuncResult } from './kfuncResult.ts';
import { releaseReference } from './references.ts';

const CALLER_SAVED = 6;

/** Functions of exceptions, lists and trees, which end in ways of their own. */
const LATER: ReadonlySet<string> = new Set([
  'bpf_throw',
  'bpf_list_push_front_impl',
  'bpf_list_push_back_impl',
  'bpf_rbtree_add_impl',
]);

/** What was protected by the section may be freed from now on. */
function endRcuSection(env: Env): void {
  const { MEM_RCU, PTR_MAYBE_NULL, PTR_UNTRUSTED } = FLAG;
  const untrust = (r: Reg): Reg =>
    r.flags & MEM_RCU ? { ...r, flags: (r.flags & ~(MEM_RCU | PTR_MAYBE_NULL)) | PTR_UNTRUSTED } : r;
  eachCell(env.cur, (c) => {
    c.v = untrust(c.v);
  });
  for (const f of env.cur.frame) {
    for (const slot of f.stack) if (slot.types[0] === 'i') slot.cell.v = untrust(slot.cell.v);
  }
  env.cur.active_rcu_lock = false;
}

function rcuSection(env: Env, { name, flags }: KfuncMeta): Err {
  const [lock, unlock] = [name === 'bpf_rcu_read_lock', name === 'bpf_rcu_read_unlock'];
  if (!env.cur.active_rcu_lock) {
    if (unlock) return reject(env, 'kfunc-rcu-unmatched', { name });
    if (lock) env.cur.active_rcu_lock = true;
    return 0;
  }
  if (lock) return reject(env, 'kfunc-rcu-nested', { name });
  if (unlock) endRcuSection(env);
  else if (flags.has('KF_SLEEPABLE')) return reject(env, 'kfunc-rcu-sleep', { name });
  return 0;
}

function preemptSection(env: Env, { name, flags }: KfuncMeta): Err {
  const { cur } = env;
  if (name === 'bpf_preempt_disable') cur.active_preempt_lock++;
  else if (name === 'bpf_preempt_enable') {
    if (!cur.active_preempt_lock) return reject(env, 'kfunc-preempt-unmatched', { name });
    cur.active_preempt_lock--;
  } else if (cur.active_preempt_lock && flags.has('KF_SLEEPABLE')) {
    return reject(env, 'kfunc-preempt-sleep', { name });
  }
  return 0;
}

/** The arguments count as read, by their sizes. @kernel mark_btf_func_reg_size */
function markArgsRead(env: Env, { btf, params }: KfuncMeta): void {
  const { regs } = curFrame(env.cur);
  for (const [i, { type }] of params.entries()) {
    const c = regs[i + 1]!;
    const wide = typeBehind(btf, type)?.kind === 'ptr' || resolveSize(btf, type) === 8;
    markRegRead(env, c, c.parent, wide ? LIVE.READ64 : LIVE.READ32);
  }
}

function mayCall(env: Env): KfuncMeta | Err {
  const desc = env.kfuncs.get(env.insn_idx);
  const meta = fetchKfuncMeta(env, env.insn_idx);
  if (!meta) return reject(env, 'kfunc-not-allowed', { name: desc?.name ?? '' });
  const { name, flags } = meta;
  if (flags.has('KF_SLEEPABLE') && !env.facts.sleepable && !env.cur.in_sleepable) {
    return reject(env, 'kfunc-sleepable', { name });
  }
  return meta;
}

/** @kernel check_kfunc_call */
export function checkKfuncCall(env: Env, insn: Insn): Err {
  // A kfunc that was not resolved is refused only when it is still there after the walk.
  if (insn.imm === 0) return 0;
  const meta = mayCall(env);
  if (typeof meta === 'number') return meta;
  const { regs } = curFrame(env.cur);
  let err = checkKfuncArgs(env, meta);
  if (err) return err;
  if (LATER.has(meta.name)) return notCovered(env, `kernel function ${meta.name}`);
  if (meta.name === 'bpf_session_cookie') {
    meta.r0_size = 8;
    meta.r0_rdonly = false;
  }
  if (meta.name === 'bpf_wq_set_callback_impl') err = workqueueCallback(env, meta.subprogno);
  err ||= rcuSection(env, meta) || preemptSection(env, meta);
  if (err) return err;
  if (meta.release_regno && !releaseReference(env, regs[meta.release_regno]!.v.ref_obj_id)) {
    return reject(env, 'kfunc-not-acquired', { name: meta.name, id: meta.func_id });
  }
  for (let i = 0; i < CALLER_SAVED; i++) regs[i]!.v = NOT_INIT;
  err = kfuncResult(env, meta);
  if (err) return err;
  markArgsRead(env, meta);
  return meta.flags.has('KF_ITER_NEXT') && meta.iter ? processIterNext(env, meta.iter) : 0;
}
