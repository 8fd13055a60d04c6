/** Values printed by their types, as bpf_snprintf_btf and bpf_seq_printf_btf are asked for it. */
import type { KernelBtf } from '../../btf/kernelBtf.ts';
import { UAPI } from '../../spec/constants.ts';
import type { HelperEnv } from '../env.ts';
import { EINVAL, ENOENT } from '../impl.ts';
import { btfTypeSnprintfShow } from './show.ts';

/** struct btf_ptr: the address of the value, the id of its type, flags. */
const BTF_PTR = { type: 8, size: 16 } as const;
const { BTF_F_COMPACT, BTF_F_NONAME, BTF_F_PTR_RAW, BTF_F_ZERO } = UAPI;
const BTF_F_ALL = BTF_F_COMPACT | BTF_F_NONAME | BTF_F_PTR_RAW | BTF_F_ZERO;

/** The kernel's types; without them the call is not simulated. */
export function kernelBtf(env: HelperEnv, what: string): KernelBtf | undefined {
  const btf = env.kernelBtf();
  if (!btf) env.notSimulated(`${what} in a kernel made without its BTF (option kernelBtf)`);
  return btf;
}

/**
 * The text of the value behind a struct btf_ptr, as far as `room` reaches, and what bpf_snprintf_btf answers then; or what it
 * answers without printing. @kernel bpf_btf_printf_prepare
 */
export function btfPrintf(
  env: HelperEnv,
  room: number,
  ptr: number,
  ptrSize: number,
  flags: number,
  flagsHi: number,
): { readonly result: number; readonly text: string } | number {
  if ((flags & ~BTF_F_ALL) !== 0 || flagsHi !== 0 || ptrSize !== BTF_PTR.size) return -EINVAL;
  const { arena } = env;
  const id = arena.getU32(ptr + BTF_PTR.type);
  if (id === 0) return -EINVAL;
  const btf = kernelBtf(env, 'a value printed by its type');
  if (!btf) return 0;
  if (!btf.type(id)) return -ENOENT;
  const object = { lo: arena.getU32(ptr), hi: arena.getU32(ptr + 4) };
  return btfTypeSnprintfShow(env, btf, id, object, room, flags);
}
