/** The arguments of a call against what the subprogram's BTF says that it takes. */
import { ERRNO } from '../../spec/errno.ts';
import type { Env, Err } from '../env.ts';
import { NOT_COVERED, verbose } from '../env.ts';
import type { Cell } from '../state.ts';
import { prepareFuncArgs } from '../structure/funcArgs.ts';

/** @kernel btf_check_func_arg_match */
function checkFuncArgMatch(env: Env, subprog: number, regs: readonly Cell[]): Err {
  const args = prepareFuncArgs(env, subprog);
  if (typeof args === 'number') return args;
  for (const [i, { kind }] of args.entries()) {
    const { type } = regs[i + 1]!.v;
    const bad =
      kind === 'anything' && type !== 'SCALAR_VALUE'
        ? `R${i + 1} is not a scalar`
        : kind === 'ctx' && type !== 'PTR_TO_CTX'
          ? `arg#${i} expects pointer to ctx`
          : undefined;
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
