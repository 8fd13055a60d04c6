/**
 * Arithmetic on values below 2^31 whose five views say the same, in plain numbers. The results are those of `insn/scalar.ts` and
 * `regBoundsSync`; whatever could leave the range is left to them.
 */
import type { Draft, Reg } from './reg.ts';
import { S32_MAX } from './reg.ts';
import { settleSmall } from './small.ts';

/** All views of the value are one range below 2^31. */
function isSmall(r: Reg): boolean {
  const min = r.u32_min_value;
  const max = r.u32_max_value;
  return (
    max <= S32_MAX &&
    r.s32_min_value === min &&
    r.s32_max_value === max &&
    r.umax_value <= 0x7fff_ffffn &&
    r.smin_value === r.umin_value &&
    r.smax_value === r.umax_value &&
    Number(r.umin_value) === min &&
    Number(r.umax_value) === max &&
    r.var_off.value <= 0x7fff_ffffn &&
    r.var_off.mask <= 0x7fff_ffffn
  );
}

/** `d OP s`; false where the result may be another kind of value, and nothing has changed then. */
export function smallAlu(op: string, d: Draft, s: Reg): boolean {
  if (!isSmall(d) || !isSmall(s)) return false;
  const [va, ma, vb, mb] = [
    Number(d.var_off.value),
    Number(d.var_off.mask),
    Number(s.var_off.value),
    Number(s.var_off.mask),
  ];
  const [min, max, smin, smax] = [d.u32_min_value, d.u32_max_value, s.u32_min_value, s.u32_max_value];
  switch (op) {
    case 'and': {
      const value = va & vb;
      return settleSmall(d, value, Math.min(max, smax), value, (va | ma) & (vb | mb) & ~value);
    }
    case 'or': {
      const value = va | vb;
      const mask = (ma | mb) & ~value;
      return settleSmall(d, Math.max(min, smin), value | mask, value, mask);
    }
    case 'xor': {
      const mask = ma | mb;
      const value = (va ^ vb) & ~mask;
      return settleSmall(d, value, value | mask, value, mask);
    }
    case 'add': {
      if (max + smax > S32_MAX) return false;
      const sum = va + vb;
      // Below 2^32, as both are below 2^31.
      const mask = (((sum + ma + mb) ^ sum) | ma | mb) >>> 0;
      if (mask > S32_MAX || sum > S32_MAX) return false;
      return settleSmall(d, min + smin, max + smax, sum & ~mask, mask);
    }
    case 'sub': {
      const difference = va - vb;
      const least = difference - mb;
      if (min < smax || least < 0 || difference + ma > S32_MAX) return false;
      const mask = ((difference + ma) ^ least) | ma | mb;
      return settleSmall(d, min - smax, max - smin, difference & ~mask, mask);
    }
    default:
      return false;
  }
}
