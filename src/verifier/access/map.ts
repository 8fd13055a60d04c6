/** Values of maps, and the fields in them that have rules of their own. */
import { FIELD_KINDS } from '../../btf/fields.ts';
import type { BtfField } from '../../btf/record.ts';
import type { Env, Err } from '../env.ts';
import { reject } from '../env.ts';
import { KPTRS } from '../maps.ts';
import { curFrame } from '../state.ts';
import type { Reg } from '../value/reg.ts';
import { tnumIsConst } from '../value/tnum.ts';
import { checkRegion } from './region.ts';

/** Who accesses: an insn or a helper. */
export type AccessSource = 'DIRECT' | 'HELPER';

const KPTR_SIZE = 8;

function kptrAccess(env: Env, r: Reg, field: BtfField, off: number, size: number, source: AccessSource): Err {
  if (source !== 'DIRECT') return reject(env, 'kptr-helper');
  if (!tnumIsConst(r.var_off)) return reject(env, 'kptr-variable');
  const at = BigInt(off) + r.var_off.value;
  if (BigInt(field.offset) !== at) return reject(env, 'kptr-misaligned', { expected: field.offset, off: at });
  return size === KPTR_SIZE ? 0 : reject(env, 'kptr-size');
}

/** Whether any of the bytes that may be accessed belong to the field. */
function touches(r: Reg, field: BtfField, off: number, size: number): boolean {
  const [from, end] = [BigInt(field.offset), BigInt(field.offset + field.size)];
  return r.smin_value + BigInt(off) < end && from < r.umax_value + BigInt(off + size);
}

/** @kernel check_map_access */
export function checkMapAccess(
  env: Env,
  regno: number,
  off: number,
  size: number,
  zeroOk: boolean,
  source: AccessSource,
): Err {
  const r = curFrame(env.cur).regs[regno]!.v;
  const map = r.map!;
  const err = checkRegion(env, regno, off, size, map.value_size, zeroOk);
  if (err || !map.record) return err;
  for (const field of map.record.fields) {
    if (!touches(r, field, off, size)) continue;
    if (!KPTRS.includes(field.kind)) return reject(env, 'field-direct', { type: FIELD_KINDS[field.kind].struct ?? '' });
    const bad = kptrAccess(env, r, field, off, size, source);
    if (bad) return bad;
  }
  return 0;
}
