/** What R0 must be when a program, a global function or an async callback ends. */
import { progTypeRow, retvalRule } from '../../spec/progTypes.ts';
import type { Env, Err } from '../env.ts';
import { lifted, notCovered, reject } from '../env.ts';
import { regTypeStr } from '../log/print.ts';
import { verboseInvalidScalar } from '../log/scalar.ts';
import { curFrame } from '../state.ts';
import { readReg } from './liveness.ts';
import { markChainPrecision } from './precision.ts';

type Range = readonly [min: number, max: number];

/** The range that R0 must be in, undefined for any value. */
function returnRange(env: Env): Range | 'any' | Err {
  const rule = retvalRule(progTypeRow(env.facts.progType)!, env.facts.attachType);
  if (rule === 'any') return 'any';
  if (typeof rule === 'string') return notCovered(env, 'return rule');
  return rule;
}

function inRange(env: Env, range: Range, where: string): Err {
  const { v: r } = curFrame(env.cur).regs[0]!;
  if (r.type !== 'SCALAR_VALUE') {
    return reject(env, 'r0-not-scalar', { where, r: 0, type: regTypeStr(r.type, r.flags) });
  }
  const err = markChainPrecision(env, 0);
  if (err) return err;
  const { v: now } = curFrame(env.cur).regs[0]!;
  if (now.smin_value >= BigInt(range[0]) && now.smax_value <= BigInt(range[1])) return 0;
  if (lifted(env, 'return-value-range')) return 0;
  return verboseInvalidScalar(env, now, range, where, 'R0');
}

/** @kernel check_return_code */
export function checkReturnCode(env: Env): Err {
  const f = curFrame(env.cur);
  const main = f.subprogno === 0;
  const err = readReg(env, 0);
  if (err) return err;
  if (f.in_async_callback_fn) return inRange(env, [0, 0], 'At async callback return');
  if (!main) {
    const { v: r } = f.regs[0]!;
    if (r.type === 'SCALAR_VALUE') return 0;
    return reject(env, 'subprog-r0', { type: regTypeStr(r.type, r.flags) });
  }
  const range = returnRange(env);
  if (typeof range === 'number') return range;
  return range === 'any' ? 0 : inRange(env, range, 'At program exit');
}
