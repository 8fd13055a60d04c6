/** Arguments that are a work queue in a map value. */
import type { Env, Err } from '../env.ts';
import { notCovered, reject } from '../env.ts';
import { fieldsOf } from '../maps.ts';
import type { Reg } from '../value/reg.ts';
import type { KfuncMeta } from './kfuncMeta.ts';

/** @kernel process_wq_func */
export function processWorkqueue(env: Env, r: Reg, meta: KfuncMeta): Err {
  const { map } = r;
  // Linux 6.12 looks at the record of fields of any map, and crashes where there is none.
  if (!map?.record) return notCovered(env, 'work queue in a map without special fields');
  const off = r.off + Number(BigInt.asIntN(32, r.var_off.value));
  const at = fieldsOf(map, 'wq')[0]?.offset ?? -22;
  if (off !== at) return reject(env, 'kfunc-wq-off', { off, at });
  meta.map = { map, uid: r.map_uid };
  return 0;
}
