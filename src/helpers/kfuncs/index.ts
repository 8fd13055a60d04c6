/** The kfuncs that are simulated, by name; a program that calls another does not load. */
import { KFUNCS } from '../../spec/kfuncs/index.ts';
import { commonKfuncs } from './common.ts';
import { cpumaskKfuncs } from './cpumask.ts';
import { dynptrKfuncs } from './dynptr.ts';
import { iterKfuncs } from './iter.ts';
import { objectKfuncs } from './object.ts';
import type { Kfunc } from './row.ts';
import { taskKfuncs } from './task.ts';
import { wqKfuncs } from './wq.ts';
import { xfrmKfuncs } from './xfrm.ts';

export type { Kfunc, KfuncArg } from './row.ts';

const IMPLS = {
  ...commonKfuncs,
  ...dynptrKfuncs,
  ...iterKfuncs,
  ...wqKfuncs,
  ...objectKfuncs,
  ...cpumaskKfuncs,
  ...xfrmKfuncs,
  ...taskKfuncs,
} satisfies {
  readonly [N in keyof typeof KFUNCS]?: Kfunc;
};

export const KFUNC_IMPLS: Readonly<Record<string, Kfunc>> = IMPLS;

/** Kfuncs of the profile that nothing here simulates. */
export const KFUNCS_NOT_SIMULATED: readonly string[] = Object.keys(KFUNCS).filter((name) => !(name in IMPLS));
