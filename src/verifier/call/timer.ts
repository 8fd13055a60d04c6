/** Arguments that are a timer in a map value. */
import type { Env, Err } from '../env.ts';
import { reject } from '../env.ts';
import { fieldsOf } from '../maps.ts';
import { curFrame } from '../state.ts';
import { tnumIsConst } from '../value/tnum.ts';
import type { CallMeta } from './meta.ts';

/** @kernel process_timer_func */
export function processTimer(env: Env, regno: number, meta: CallMeta): Err {
  const r = curFrame(env.cur).regs[regno]!.v;
  const map = r.map!;
  if (!tnumIsConst(r.var_off)) return reject(env, 'field-variable', { r: regno, what: 'bpf_timer' });
  if (!map.btf) return reject(env, 'field-no-btf', { map: map.name, what: 'bpf_timer' });
  const [field] = fieldsOf(map, 'timer');
  if (!field) return reject(env, 'field-missing', { kind: 'map', name: map.name, what: 'bpf_timer' });
  const off = r.var_off.value + BigInt(r.off);
  if (off !== BigInt(field.offset)) return reject(env, 'field-off', { off, what: 'bpf_timer', at: field.offset });
  meta.map = map;
  meta.map_uid = r.map_uid;
  return 0;
}
