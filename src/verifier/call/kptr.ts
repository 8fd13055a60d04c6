/** Arguments that are a kptr in a map value. */
import { kptrTarget } from '../access/kptr.ts';
import type { Env, Err } from '../env.ts';
import { notCovered, reject } from '../env.ts';
import { fieldsOf, KPTRS } from '../maps.ts';
import { curFrame } from '../state.ts';
import { tnumIsConst } from '../value/tnum.ts';
import type { CallMeta } from './meta.ts';

/** @kernel process_kptr_func */
export function processKptr(env: Env, regno: number, meta: CallMeta): Err {
  const r = curFrame(env.cur).regs[regno]!.v;
  const { map } = r;
  if (r.type !== 'PTR_TO_MAP_VALUE' || !map) return notCovered(env, 'kptr in an allocated object');
  if (!map.btf) return reject(env, 'field-no-btf', { map: map.name, what: 'bpf_kptr_xchg' });
  meta.map = map;
  if (!tnumIsConst(r.var_off)) return reject(env, 'kptr-arg-variable', { r: regno });
  const fields = fieldsOf(map, ...KPTRS);
  if (fields.length === 0) return reject(env, 'kptr-arg-none', { r: regno });
  const off = r.off + Number(r.var_off.value);
  const field = fields.find((f) => f.offset === off);
  if (!field) return reject(env, 'kptr-arg-off', { off });
  if (field.kind === 'kptr_untrusted') return reject(env, 'kptr-arg-unreferenced', { off });
  const target = kptrTarget(env, field);
  if (!target) return notCovered(env, 'kptr to a type of the program');
  meta.kptr_field = target;
  return 0;
}
