/** Pointers to kernel objects that helpers return. */
import type { HelperRow, RetBase } from '../../spec/helpers/row.ts';
import type { Env, Err } from '../env.ts';
import { notCovered } from '../env.ts';
import type { Reg } from '../value/reg.ts';
import type { CallMeta } from './meta.ts';

/** Kind and BTF of what R0 holds; `flags` are the modifiers of the helper's return kind. */
export function btfResult(env: Env, row: HelperRow, base: RetBase, flags: number, meta: CallMeta): Partial<Reg> | Err {
  void [row, base, flags];
  return notCovered(env, `result of ${meta.name}`);
}
