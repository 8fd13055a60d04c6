/** The registers that a program or a global function begins with. */
import type { Env, Err } from '../env.ts';
import { newId, notCovered, verbose } from '../env.ts';
import { prepareFuncArgs, prepareMainArgs } from '../structure/funcArgs.ts';
import type { SubprogArg } from '../structure/progInfo.ts';
import { subprogName } from '../structure/subprogs.ts';
import { pointer, type Reg, UNKNOWN } from '../value/reg.ts';

function initial(env: Env, arg: SubprogArg): Reg {
  const { flags, mem_size, btf_id } = arg;
  switch (arg.kind) {
    case 'CTX':
      return pointer('PTR_TO_CTX');
    case 'ANYTHING':
      return UNKNOWN;
    case 'DYNPTR':
      return pointer('CONST_PTR_TO_DYNPTR', { dynptr_type: 'LOCAL', first_slot: true, id: newId(env) });
    case 'MEM':
      return pointer('PTR_TO_MEM', { flags, mem_size, id: newId(env) });
    case 'ARENA':
      notCovered(env, 'arena');
      return UNKNOWN;
    case 'BTF_ID':
      return pointer('PTR_TO_BTF_ID', { flags, btf: env.types.vmlinux(), btf_id, id: newId(env) });
  }
}

/** R1 to R5 of the state that the walk of a subprogram begins with. */
export function setArguments(env: Env, subprog: number): Err {
  const { regs } = env.cur.frame[0]!;
  if (subprog === 0 && !env.facts.extends) {
    prepareMainArgs(env);
    regs[1]!.v = pointer('PTR_TO_CTX');
    return 0;
  }
  verbose(env, `Validating ${subprogName(env, subprog)}() func#${subprog}...\n`);
  const args = prepareFuncArgs(env, subprog);
  if (typeof args === 'number') return args;
  for (const [i, arg] of args.entries()) regs[i + 1]!.v = initial(env, arg);
  return 0;
}
