/** References that a program holds: acquired, released, leaked. */
import type { Env, Err } from '../env.ts';
import { lifted, newId, reject } from '../env.ts';
import { dropReference } from '../insn/nullness.ts';
import { curFrame, eachCell } from '../state.ts';
import { UNKNOWN } from '../value/reg.ts';

/** A new reference; its id. @kernel acquire_reference_state */
export function acquireReference(env: Env): number {
  const id = newId(env);
  const f = curFrame(env.cur);
  f.refs = [...f.refs, { id, insn_idx: env.insn_idx, callback_ref: f.in_callback_fn ? f.frameno : 0 }];
  return id;
}

/** Every copy of the pointer is gone; false when nobody held the reference. @kernel release_reference */
export function releaseReference(env: Env, id: number): boolean {
  if (!dropReference(env.cur, id)) return false;
  eachCell(env.cur, (c) => {
    if (c.v.ref_obj_id === id) c.v = UNKNOWN;
  });
  return true;
}

/** References that nobody can release any more. @kernel check_reference_leak */
export function checkReferenceLeak(env: Env, exceptionExit: boolean): Err {
  const f = curFrame(env.cur);
  if (!exceptionExit && f.frameno > 0 && !f.in_callback_fn) return 0;
  let err: Err = 0;
  for (const r of f.refs) {
    // A callback answers only for what it acquired itself.
    if (!exceptionExit && f.in_callback_fn && r.callback_ref !== f.frameno) continue;
    if (lifted(env, 'reference-leak')) return 0;
    err = reject(env, 'unreleased', { id: r.id, insn: r.insn_idx });
  }
  return err;
}

/** What leaves the program must not leave a lock or section behind. */
export function insideSection(env: Env, what: string): Err {
  const { active_lock, active_rcu_lock, active_preempt_lock } = env.cur;
  const section = active_lock
    ? 'bpf_spin_lock'
    : active_rcu_lock
      ? 'bpf_rcu_read_lock'
      : active_preempt_lock
        ? 'bpf_preempt_disable'
        : undefined;
  return section === undefined ? 0 : reject(env, 'inside-section', { what, section });
}

/** @kernel in_rcu_cs */
export function inRcuSection(env: Env): boolean {
  const { active_rcu_lock, active_lock, in_sleepable } = env.cur;
  return active_rcu_lock || active_lock !== undefined || !in_sleepable;
}
