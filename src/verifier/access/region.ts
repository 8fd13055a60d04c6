/** Accesses to memory of a known size: map values, helper memory, packets. */
import type { Env, Err } from '../env.ts';
import { reject } from '../env.ts';
import type { VerifierCode } from '../messages.ts';
import { curFrame } from '../state.ts';
import type { Reg } from '../value/reg.ts';
import { isPacketPointer } from '../value/reg.ts';

const MAX_VAR_OFF = 1n << 29n;

/** @kernel __check_mem_access */
function inside(env: Env, regno: number, off: bigint, size: number, mem: number, zeroOk: boolean): Err {
  if (off >= 0n && (size > 0 || (size === 0 && zeroOk)) && off + BigInt(size) <= BigInt(mem)) return 0;
  const r = curFrame(env.cur).regs[regno]!.v;
  if (isPacketPointer(r)) return reject(env, 'pkt-invalid', { off, size, r: regno, id: r.id, range: mem });
  let code: VerifierCode = 'mem-invalid';
  // One that may be NULL is no value yet.
  if (r.flags === 0 && r.type === 'PTR_TO_MAP_KEY') code = 'key-invalid';
  else if (r.flags === 0 && r.type === 'PTR_TO_MAP_VALUE') code = 'value-invalid';
  return reject(env, code, { mem, off, size });
}

/** @kernel check_mem_region_access */
export function checkRegion(env: Env, regno: number, off: number, size: number, mem: number, zeroOk: boolean): Err {
  const r = curFrame(env.cur).regs[regno]!.v;
  const first = r.smin_value + BigInt(off);
  if (r.smin_value < 0n && first < 0n) return reject(env, 'pkt-negative', { r: regno });
  const low = inside(env, regno, first, size, mem, zeroOk);
  if (low) {
    reject(env, 'mem-min', { r: regno });
    return low;
  }
  if (r.umax_value >= MAX_VAR_OFF) return reject(env, 'mem-unbounded', { r: regno });
  const high = inside(env, regno, r.umax_value + BigInt(off), size, mem, zeroOk);
  if (high) reject(env, 'mem-max', { r: regno });
  return high;
}

/** @kernel check_packet_access */
export function checkPacket(env: Env, regno: number, off: number, size: number, zeroOk: boolean): Err {
  const r: Reg = curFrame(env.cur).regs[regno]!.v;
  if (r.smin_value < 0n) return reject(env, 'pkt-negative', { r: regno });
  const err = r.range < 0 ? -22 : inside(env, regno, BigInt(off), size, r.range, zeroOk);
  if (err) reject(env, 'pkt-outside', { r: regno });
  return err;
}
