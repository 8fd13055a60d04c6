/** The arguments of a call against what the subprogram's BTF says that it takes. */
import { ERRNO } from '../../spec/errno.ts';
import type { Env, Err } from '../env.ts';
import { NOT_COVERED, verbose } from '../env.ts';
import type { Cell } from '../state.ts';
import { prepareFuncArgs } from '../structure/funcArgs.ts';
import type { FuncArg } from '../structure/progInfo.ts';
import type { RegType } from '../value/reg.ts';

/** What the log says of an argument that is not what the function takes. */
function mismatch(kind: FuncArg['kind'], i: number, type: RegType): string | undefined {
  if (kind === 'anything') return type === 'SCALAR_VALUE' ? undefined : `R${i + 1} is not a scalar`;
  if (kind === 'ctx') return type === 'PTR_TO_CTX' ? undefined : `arg#${i} expects pointer to ctx`;
  // What a stack slot holds is not looked at.
  if (kind !== 'dynptr' || type === 'PTR_TO_STACK') return undefined;
  return `arg#${i} expected pointer to stack or const struct bpf_dynptr`;
}

/** @kernel btf_check_func_arg_match */
function checkFuncArgMatch(env: Env, subprog: number, regs: readonly Cell[]): Err {
  const args = prepareFuncArgs(env, subprog);
  if (typeof args === 'number') return args;
  for (const [i, { kind }] of args.entries()) {
    const { type } = regs[i + 1]!.v;
    const bad = mismatch(kind, i, type);
    if (bad === undefined) continue;
    verbose(env, `${bad}\n`);
    return -ERRNO.EINVAL;
  }
  return 0;
}

/**
 * Static subprograms may be called with anything: then what their BTF says is not believed any more.
 * @kernel btf_check_subprog_call
 */
export function btfCheckSubprogCall(env: Env, subprog: number, regs: readonly Cell[]): Err {
  const aux = env.func_info_aux[subprog];
  if (!aux || aux.unreliable) return 0;
  const err = checkFuncArgMatch(env, subprog, regs);
  if (err) aux.unreliable = true;
  return err === NOT_COVERED ? err : 0;
}
