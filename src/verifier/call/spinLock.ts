/** Arguments that are a spin lock in a map value. */
import type { Env, Err } from '../env.ts';
import { notCovered, reject } from '../env.ts';
import { fieldsOf } from '../maps.ts';
import { curFrame } from '../state.ts';
import { tnumIsConst } from '../value/tnum.ts';

/** @kernel process_spin_lock */
export function processSpinLock(env: Env, regno: number, lock: boolean): Err {
  const r = curFrame(env.cur).regs[regno]!.v;
  if (!tnumIsConst(r.var_off)) return reject(env, 'field-variable', { r: regno, what: 'bpf_spin_lock' });
  const { map } = r;
  if (!map) return notCovered(env, 'spin lock in an allocated object');
  if (!map.btf) return reject(env, 'field-no-btf', { map: map.name, what: 'bpf_spin_lock' });
  const [field] = fieldsOf(map, 'spin_lock');
  if (!field) return reject(env, 'field-missing', { kind: 'map', name: map.name, what: 'bpf_spin_lock' });
  const off = r.var_off.value + BigInt(r.off);
  if (off !== BigInt(field.offset)) {
    return reject(env, 'field-off', { off, what: 'bpf_spin_lock', at: field.offset });
  }
  const { cur } = env;
  const held = cur.active_lock;
  if (lock) {
    if (held) return reject(env, 'lock-two');
    cur.active_lock = { ptr: map, id: r.id };
    return 0;
  }
  if (!held) return reject(env, 'unlock-none');
  if (held.ptr !== map || held.id !== r.id) return reject(env, 'unlock-other');
  cur.active_lock = undefined;
  return 0;
}
