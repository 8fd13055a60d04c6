/** What an abstract number stands for. */
import type { Reg } from './reg.ts';

/** Whether an unsigned 64-bit number is one of the abstract value, in all five views. */
export function holdsNumber(r: Reg, v: bigint): boolean {
  const s = BigInt.asIntN(64, v);
  const u32 = Number(BigInt.asUintN(32, v));
  const s32 = u32 | 0;
  return (
    (v & ~r.var_off.mask) === r.var_off.value &&
    v >= r.umin_value &&
    v <= r.umax_value &&
    s >= r.smin_value &&
    s <= r.smax_value &&
    u32 >= r.u32_min_value &&
    u32 <= r.u32_max_value &&
    s32 >= r.s32_min_value &&
    s32 <= r.s32_max_value
  );
}
