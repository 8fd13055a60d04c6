/** Format strings: constant text in read-only maps. */
import { fromHex } from '../../util/hex.ts';
import { checkMapAccess } from '../access/map.ts';
import type { Env, Err } from '../env.ts';
import { reject } from '../env.ts';
import type { MapInfo } from '../maps.ts';
import { isMapType } from '../maps.ts';
import { curFrame } from '../state.ts';
import { mapAccess } from '../structure/pseudo.ts';
import type { Reg } from '../value/reg.ts';
import { tnumIsConst } from '../value/tnum.ts';
import { formatTakes } from './format.ts';

const EINVAL = -22;

/** Nobody can change the map's values any more. @kernel bpf_map_is_rdonly */
function mapIsReadOnly(map: MapInfo): boolean {
  return map.frozen && !mapAccess(map).write;
}

/** The bytes of the only value, from an offset on. */
function bytesFrom(map: MapInfo, off: number): Uint8Array {
  const value = new Uint8Array(map.value_size);
  value.set((fromHex(map.value0 ?? '') ?? new Uint8Array(0)).subarray(0, map.value_size));
  return value.subarray(off);
}

/** @kernel check_reg_const_str */
export function checkRegConstStr(env: Env, r: Reg, regno: number): Err {
  const { map } = r;
  if (r.type !== 'PTR_TO_MAP_VALUE' || !map) return EINVAL;
  if (!mapIsReadOnly(map)) return reject(env, 'str-writable', { r: regno });
  if (!tnumIsConst(r.var_off)) return reject(env, 'str-variable', { r: regno });
  if (!isMapType(map, 'array')) return reject(env, 'str-direct');
  const err = checkMapAccess(env, regno, r.off, map.value_size - r.off, false, 'HELPER');
  if (err) return err;
  const off = r.off + Number(r.var_off.value);
  if (map.max_entries !== 1) return reject(env, 'str-address');
  return bytesFrom(map, off).includes(0) ? 0 : reject(env, 'str-end');
}

/** The format of bpf_snprintf goes with its arguments. @kernel check_bpf_snprintf_call */
export function checkSnprintf(env: Env): Err {
  const { regs } = curFrame(env.cur);
  const [format, { var_off: length }] = [regs[3]!.v, regs[5]!.v];
  // The data is an array of 64-bit values.
  if (length.value % 8n !== 0n) return EINVAL;
  const bytes = bytesFrom(format.map!, format.off + Number(format.var_off.value));
  const text = bytes.subarray(0, bytes.indexOf(0));
  return formatTakes(text, Number(length.value / 8n)) ? 0 : reject(env, 'str-format');
}
