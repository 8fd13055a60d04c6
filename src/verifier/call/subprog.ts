/** Calls of subprograms and returns from them. */
import type { Insn } from '../../isa/insn.ts';
import type { Env, Err } from '../env.ts';
import { reject, verbose } from '../env.ts';
import { markRegRead } from '../explore/liveness.ts';
import { markChainPrecision } from '../explore/precision.ts';
import { findPrevEntry, widenImpreciseScalars } from '../explore/widen.ts';
import { printFrame } from '../log/events.ts';
import { verboseInvalidScalar } from '../log/scalar.ts';
import { copyCell, curFrame, LIVE } from '../state.ts';
import { findSubprog, subprogIsGlobal, subprogName } from '../structure/subprogs.ts';
import { UNKNOWN } from '../value/reg.ts';
import type { CalleeSetup } from './callback.ts';
import { setupFuncEntry } from './callback.ts';
import { clearCallerSaved } from './caller.ts';
import { clearPacketPointers } from './clearPackets.ts';
import { checkSubprogCall } from './subprogArgs.ts';

/** R1 to R5 are handed over as they are. @kernel set_callee_state */
const setCalleeState: CalleeSetup = (_env, caller, callee) => {
  for (let i = 1; i <= 5; i++) callee.regs[i] = copyCell(caller.regs[i]!);
  return 0;
};

/** Global functions are verified on their own; here only the arguments count. */
function globalCall(env: Env, subprog: number, mismatch: Err): Err {
  const caller = curFrame(env.cur);
  const name = subprogName(env, subprog);
  if (env.cur.active_lock) return reject(env, 'global-call-lock');
  if (env.cur.active_preempt_lock) return reject(env, 'global-call-preempt');
  if (mismatch) {
    reject(env, 'global-call-args', { n: subprog, name });
    return mismatch;
  }
  verbose(env, `Func#${subprog} ('${name}') is global and assumed valid.\n`);
  const sub = env.subprogs[subprog]!;
  if (sub.changes_pkt_data) clearPacketPointers(env);
  sub.called = true;
  clearCallerSaved(env, caller.regs);
  caller.regs[0]!.v = UNKNOWN;
  return 0;
}

/** @kernel check_func_call */
export function checkFuncCall(env: Env, insn: Insn): Err {
  const target = env.insn_idx + insn.imm + 1;
  const subprog = findSubprog(env, target);
  const caller = curFrame(env.cur);
  const mismatch = checkSubprogCall(env, subprog, caller);
  if (mismatch === -14 || env.missing !== undefined) return mismatch;
  if (subprogIsGlobal(env, subprog)) return globalCall(env, subprog, mismatch);
  const err = setupFuncEntry(env, env.cur, subprog, env.insn_idx, setCalleeState);
  if (err) return err;
  clearCallerSaved(env, caller.regs);
  env.insn_idx = target - 1;
  if (env.log.level & 3) {
    verbose(env, 'caller:\n');
    printFrame(env, caller);
    verbose(env, 'callee:\n');
    printFrame(env, curFrame(env.cur));
  }
  return 0;
}

/** @kernel prepare_func_exit */
export function prepareFuncExit(env: Env): Err {
  const { frame } = env.cur;
  const callee = curFrame(env.cur);
  const caller = frame[frame.length - 2]!;
  const r0 = callee.regs[0]!;
  if (r0.v.type === 'PTR_TO_STACK') return reject(env, 'return-stack');
  if (callee.in_callback_fn) {
    if (r0.v.type !== 'SCALAR_VALUE') return reject(env, 'callback-r0');
    markRegRead(env, r0, r0.parent, LIVE.READ64);
    const err = markChainPrecision(env, 0);
    if (err) return err;
    const [min, max] = callee.callback_ret_range;
    const { v } = callee.regs[0]!;
    if (v.smin_value < BigInt(min) || v.smax_value > BigInt(max)) {
      return verboseInvalidScalar(env, v, [min, max], 'At callback return', 'R0');
    }
  } else {
    caller.regs[0] = copyCell(r0);
    caller.refs = callee.refs;
  }
  const again = callee.in_callback_fn;
  env.insn_idx = again ? callee.callsite : callee.callsite + 1;
  if (env.log.level & 3) {
    verbose(env, 'returning from callee:\n');
    printFrame(env, callee);
    verbose(env, `to caller at ${env.insn_idx}:\n`);
    printFrame(env, caller);
  }
  frame.pop();
  const prev = again ? findPrevEntry(env, env.cur, env.insn_idx) : undefined;
  return prev ? widenImpreciseScalars(env, prev, env.cur) : 0;
}
