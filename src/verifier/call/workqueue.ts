/** Arguments that are a work queue in a map value. */
import type { Env, Err } from '../env.ts';
import { notCovered, reject } from '../env.ts';
import type { MapInfo } from '../maps.ts';
import type { Reg } from '../value/reg.ts';
import type { KfuncMeta } from './kfuncMeta.ts';

/** Where the work queue of a map's values is; undefined where they have none. */
export function workqueueOff(map: MapInfo): number | undefined {
  return map.record?.fields.find((f) => f.kind === 'wq')?.offset;
}

/** @kernel process_wq_func */
export function processWorkqueue(env: Env, r: Reg, meta: KfuncMeta): Err {
  const { map } = r;
  // Linux 6.12 looks at the record of fields of any map, and crashes where there is none.
  if (!map?.record) return notCovered(env, 'work queue in a map without special fields');
  const off = r.off + Number(BigInt.asIntN(32, r.var_off.value));
  const at = workqueueOff(map) ?? -22;
  if (off !== at) return reject(env, 'kfunc-wq-off', { off, at });
  meta.map = { map, uid: r.map_uid };
  return 0;
}
