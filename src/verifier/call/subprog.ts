/** Calls of static subprograms and returns from them. */
import type { Insn } from '../../isa/insn.ts';
import type { Env, Err } from '../env.ts';
import { markAllScratched, reject, verbose } from '../env.ts';
import { printFrame } from '../log/events.ts';
import { copyCell, curFrame, newFrame } from '../state.ts';
import { findSubprog } from '../structure/subprogs.ts';
import { clearCallerSaved } from './caller.ts';
import { btfCheckSubprogCall } from './subprogArgs.ts';

const MAX_CALL_FRAMES = 8;

/** @kernel check_func_call */
export function checkFuncCall(env: Env, insn: Insn): Err {
  const target = env.insn_idx + insn.imm + 1;
  const subprog = findSubprog(env, target);
  const { frame } = env.cur;
  const caller = curFrame(env.cur);
  const err = btfCheckSubprogCall(env, subprog, caller.regs);
  if (err) return err;
  if (frame.length + 1 > MAX_CALL_FRAMES) return reject(env, 'frames-too-deep', { n: frame.length + 1 });
  const callee = newFrame(frame.length, subprog, env.insn_idx);
  for (let i = 1; i <= 5; i++) callee.regs[i] = copyCell(caller.regs[i]!);
  callee.refs = caller.refs;
  frame.push(callee);
  markAllScratched(env);
  clearCallerSaved(env, caller.regs);
  env.insn_idx = target - 1;
  if (env.log.level & 3) {
    verbose(env, 'caller:\n');
    printFrame(env, caller);
    verbose(env, 'callee:\n');
    printFrame(env, callee);
  }
  return 0;
}

/** @kernel prepare_func_exit */
export function prepareFuncExit(env: Env): Err {
  const { frame } = env.cur;
  const callee = curFrame(env.cur);
  const caller = frame[frame.length - 2]!;
  if (callee.regs[0]!.v.type === 'PTR_TO_STACK') return reject(env, 'return-stack');
  caller.regs[0] = copyCell(callee.regs[0]!);
  caller.refs = callee.refs;
  env.insn_idx = callee.callsite + 1;
  if (env.log.level & 3) {
    verbose(env, 'returning from callee:\n');
    printFrame(env, callee);
    verbose(env, `to caller at ${env.insn_idx}:\n`);
    printFrame(env, caller);
  }
  frame.pop();
  return 0;
}
