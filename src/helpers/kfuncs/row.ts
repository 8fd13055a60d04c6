/** The shape of a simulated kfunc: what its arguments are, what it returns, what it does. */
import type { HelperEnv } from '../env.ts';

/**
 * An argument, and how many numbers the implementation gets for it:
 * - `u32`, `s32`: one, the low half of the register; `u64`: two; `ignored`: none;
 * - `ctx`: the program's context; `map`: a map; `callback`: a function of the program;
 * - `dynptr`: one that was made; `dynptr_uninit`: 16 bytes for one;
 * - `iter8`, `iter16`: an iterator of that size; `field16`: 16 bytes of a map value (timers, work queues);
 * - `size`: the bytes that the argument before it reaches over; `mem_opt`: these bytes or NULL;
 * - `cpumask`: a bpf_cpumask or cpumask; `object`: memory that the program allocated; `task`: a task;
 * - `local_type`: the id of a struct of the program's BTF; the implementation gets its size in bytes;
 * - `pointer`: anything, two numbers.
 */
export type KfuncArg =
  | 'u32'
  | 's32'
  | 'u64'
  | 'ignored'
  | 'ctx'
  | 'map'
  | 'callback'
  | 'dynptr'
  | 'dynptr_uninit'
  | 'iter8'
  | 'iter16'
  | 'field16'
  | 'size'
  | 'mem_opt'
  | 'cpumask'
  | 'object'
  | 'task'
  | 'local_type'
  | 'pointer';

/** What becomes of R0: `pointer`, `u32` and `int` are zero-extended 32 bits, `u64` is written through ret64. */
export type KfuncRet = 'void' | 'int' | 'u32' | 'pointer' | 'u64';

type Params<A extends readonly KfuncArg[]> = A extends readonly [infer H, ...infer T extends readonly KfuncArg[]]
  ? H extends 'u64' | 'pointer'
    ? [lo: number, hi: number, ...Params<T>]
    : H extends 'ignored'
      ? Params<T>
      : [arg: number, ...Params<T>]
  : [];

/** A kfunc that is simulated. */
export interface Kfunc {
  readonly args: readonly KfuncArg[];
  readonly ret: KfuncRet;
  /** Takes the arguments as numbers, pairs low half first. */
  readonly run: (env: HelperEnv, ...args: number[]) => number | undefined;
}

/** A row whose implementation fits its arguments. */
export function kfunc<const A extends readonly KfuncArg[]>(
  args: A,
  ret: KfuncRet,
  // biome-ignore lint/suspicious/noConfusingVoidType: it is the return type of the implementation
  run: (env: HelperEnv, ...args: Params<A>) => number | void,
): Kfunc {
  return { args, ret, run: run as Kfunc['run'] };
}
