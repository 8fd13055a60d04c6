/** What BTF says of a subprogram's arguments, and whether a caller's registers go with it. */
import type { Env, Err } from '../env.ts';
import { notCovered, reject } from '../env.ts';
import { markNotNull } from '../insn/nullness.ts';
import type { FuncState } from '../state.ts';
import { prepareFuncArgs } from '../structure/funcArgs.ts';
import type { SubprogArg } from '../structure/progInfo.ts';
import { constValue, FLAG, mayBeNull } from '../value/reg.ts';
import { checkFuncArgRegOff } from './args.ts';
import { checkBtfArgOfSubprog } from './btfArg.ts';
import { processDynptr } from './dynptr.ts';
import { checkHelperMem } from './memArg.ts';

const [EFAULT, EINVAL] = [-14, -22];

/** Memory that a function may read and write. @kernel check_mem_reg */
export function checkMemReg(env: Env, caller: FuncState, regno: number, size: number): Err {
  const c = caller.regs[regno]!;
  if (constValue(c.v) === 0n) return 0;
  const saved = c.v;
  if (mayBeNull(saved)) markNotNull(c);
  const err =
    checkHelperMem(env, regno, size, false, true, undefined) || checkHelperMem(env, regno, size, true, true, undefined);
  c.v = saved;
  return err;
}

function checkArg(env: Env, caller: FuncState, i: number, arg: SubprogArg): Err {
  const regno = i + 1;
  const r = caller.regs[regno]!.v;
  const offset = (): Err => checkFuncArgRegOff(env, regno, r, { release: false, dynptr: false });
  switch (arg.kind) {
    case 'ANYTHING':
      return r.type === 'SCALAR_VALUE' ? 0 : reject(env, 'arg-not-scalar', { r: regno });
    case 'CTX': {
      const err = offset();
      if (err) return err;
      return r.type === 'PTR_TO_CTX' ? 0 : reject(env, 'arg-not-ctx', { i });
    }
    case 'MEM': {
      const err = offset();
      if (err) return err;
      const bad = checkMemReg(env, caller, regno, arg.mem_size);
      if (bad) return env.missing === undefined ? EINVAL : bad;
      return !(arg.flags & FLAG.PTR_MAYBE_NULL) && mayBeNull(r) ? reject(env, 'arg-non-null', { i }) : 0;
    }
    case 'DYNPTR':
      return offset() || processDynptr(env, regno, new Set(['MEM_RDONLY']), 0);
    case 'ARENA':
      return notCovered(env, 'arena');
    case 'BTF_ID':
      if (constValue(r) === 0n && arg.flags & FLAG.PTR_MAYBE_NULL) return 0;
      return checkBtfArgOfSubprog(env, regno, r, arg) || offset();
  }
}

/**
 * Whether the registers go with the BTF of a subprogram; -EINVAL too where there is no BTF to say so.
 * @kernel btf_check_subprog_call
 */
export function checkSubprogCall(env: Env, subprog: number, caller: FuncState): Err {
  if (env.func_info.length === 0) return EINVAL;
  const aux = env.func_info_aux[subprog];
  if (!aux) return EFAULT;
  if (aux.unreliable) return EINVAL;
  const args = prepareFuncArgs(env, subprog);
  let err: Err = typeof args === 'number' ? args : 0;
  if (typeof args !== 'number') {
    for (const [i, arg] of args.entries()) {
      err = checkArg(env, caller, i, arg);
      if (err) break;
    }
  }
  if (err) aux.unreliable = true;
  return err;
}
