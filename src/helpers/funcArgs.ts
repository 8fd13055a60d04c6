/** Arguments and return value of the function that a tracing program is attached to. */
import type { HelperEnv } from './env.ts';
import { EINVAL, EOPNOTSUPP, type ImplTable } from './impl.ts';

/** Set in what `funcArgs` makes where the context ends with a return value. */
const HAS_RET = 0x100;
const COUNT = 0xff;

/** What the context's region remembers of its function: how many arguments, and whether a return value follows them. */
export function funcArgs(count: number, hasRet: boolean): number {
  return count | (hasRet ? HAS_RET : 0);
}

function copyWord({ arena }: HelperEnv, to: number, from: number): void {
  arena.copy(to, from, 8);
}

export const funcArgsImpls = {
  bpf_get_func_arg(env, ctx, n, value) {
    if (n >>> 0 >= (env.object(ctx) & COUNT)) return -EINVAL;
    copyWord(env, value, ctx + 8 * n);
    return 0;
  },

  bpf_get_func_ret(env, ctx, value) {
    const known = env.object(ctx);
    if ((known & HAS_RET) === 0) return -EOPNOTSUPP;
    copyWord(env, value, ctx + 8 * (known & COUNT));
    return 0;
  },

  bpf_get_func_arg_cnt: (env, ctx) => env.object(ctx) & COUNT,
} satisfies ImplTable;
