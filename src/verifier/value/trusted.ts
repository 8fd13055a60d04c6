/** Pointers whose objects surely live. */
import type { Reg, RegType } from './reg.ts';
import { FLAG } from './reg.ts';

/** Kernel structs that pointers of these kinds point to. @kernel reg2btf_ids */
export const REG2BTF: Readonly<Partial<Record<RegType, string>>> = {
  PTR_TO_SOCKET: 'sock',
  PTR_TO_SOCK_COMMON: 'sock_common',
  PTR_TO_TCP_SOCK: 'tcp_sock',
  CONST_PTR_TO_MAP: 'bpf_map',
};

/** @kernel BPF_REG_TRUSTED_MODIFIERS */
export const TRUSTED_MODIFIERS = FLAG.MEM_ALLOC | FLAG.PTR_TRUSTED | FLAG.NON_OWN_REF;

/** @kernel bpf_type_has_unsafe_modifiers */
export function hasUnsafeModifiers(r: Reg): boolean {
  return (r.flags & ~TRUSTED_MODIFIERS) !== 0;
}

/** @kernel is_trusted_reg */
export function isTrusted(r: Reg): boolean {
  if (r.ref_obj_id !== 0) return true;
  if (hasUnsafeModifiers(r)) return false;
  return REG2BTF[r.type] !== undefined || (r.flags & TRUSTED_MODIFIERS) !== 0;
}
