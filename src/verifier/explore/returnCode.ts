/** What R0 must be when a program, a global function or an async callback ends. */
import { ERRNO } from '../../spec/errno.ts';
import { progTypeRow, retvalRule } from '../../spec/progTypes.ts';
import type { AttachTarget, Env, Err } from '../env.ts';
import { lifted, notCovered, reject, verbose } from '../env.ts';
import { regTypeStr } from '../log/print.ts';
import { verboseInvalidScalar } from '../log/scalar.ts';
import { curFrame } from '../state.ts';
import { readReg } from './liveness.ts';
import { isVoidHook, lsmRetvalRange } from './lsm.ts';
import { markChainPrecision } from './precision.ts';

type Range = readonly [min: number, max: number];

/** The range that R0 must be in, undefined for any value. */
function returnRange(env: Env): Range | 'any' | Err {
  const rule = retvalRule(progTypeRow(env.facts.progType)!, env.facts.attachType);
  if (rule === 'any') return 'any';
  if (rule === 'none') return -ERRNO.ENOTSUPP;
  if (rule === 'hook') return notCovered(env, 'return rule');
  return rule;
}

function inRange(env: Env, range: Range, where: string, in32 = false): Err {
  const { v: r } = curFrame(env.cur).regs[0]!;
  if (r.type !== 'SCALAR_VALUE') {
    return reject(env, 'r0-not-scalar', { where, r: 0, type: regTypeStr(r.type, r.flags) });
  }
  const err = markChainPrecision(env, 0);
  if (err) return err;
  const { v: now } = curFrame(env.cur).regs[0]!;
  if (in32 && now.s32_min_value >= range[0] && now.s32_max_value <= range[1]) return 0;
  if (!in32 && now.smin_value >= BigInt(range[0]) && now.smax_value <= BigInt(range[1])) return 0;
  if (lifted(env, 'return-value-range')) return 0;
  return verboseInvalidScalar(env, now, range, where, 'R0');
}

/** Hooks that return nothing leave programs on control groups nothing to decide. */
function lsmReturn(env: Env, hook: AttachTarget, cgroup: boolean): Err {
  if (!cgroup) return inRange(env, lsmRetvalRange(hook)!, 'At program exit', true);
  const isVoid = isVoidHook(hook);
  const err = inRange(env, isVoid ? [1, 1] : [0, 1], 'At program exit');
  const outside = err !== 0 && curFrame(env.cur).regs[0]!.v.type === 'SCALAR_VALUE';
  if (outside && isVoid)
    verbose(env, "Note, BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!\n");
  return err;
}

/** @kernel check_return_code */
export function checkReturnCode(env: Env): Err {
  const f = curFrame(env.cur);
  const main = f.subprogno === 0;
  const lsm = env.facts.progType === 'lsm' ? env.attach : undefined;
  const cgroup = env.facts.attachType === 'lsm_cgroup';
  if (main && lsm && !cgroup && isVoidHook(lsm)) return 0;
  const err = readReg(env, 0);
  if (err) return err;
  if (f.in_async_callback_fn) return inRange(env, [0, 0], 'At async callback return');
  if (!main) {
    const { v: r } = f.regs[0]!;
    if (r.type === 'SCALAR_VALUE') return 0;
    return reject(env, 'subprog-r0', { type: regTypeStr(r.type, r.flags) });
  }
  if (lsm) return lsmReturn(env, lsm, cgroup);
  const range = returnRange(env);
  if (typeof range === 'number') return range;
  return range === 'any' ? 0 : inRange(env, range, 'At program exit');
}
