/** System calls of syscall programs, and what programs ask of the kernel's symbols and types: errors only. */
import type { HelperEnv } from './env.ts';
import { EINVAL, type ImplTable } from './impl.ts';

/** struct btf_ptr: the address of the value, the id of its type, flags. */
const BTF_PTR = { type: 8, size: 16 } as const;
const BTF_F_ALL = 15;

/** Is a name empty or without its NUL? */
function badName(env: HelperEnv, name: number, size: number): boolean {
  return size <= 1 || size > 0x7fff_ffff || env.arena.u8[name + size - 1] !== 0;
}

export const syscallImpls = {
  bpf_sys_bpf: (env, command, attr, size) => env.syscalls.bpf(command, attr, size),
  bpf_sys_close: (env, fd) => env.syscalls.close(fd >>> 0),

  bpf_btf_find_by_name_kind(env, name, size, _kind, flags) {
    if (flags !== 0 || badName(env, name, size)) env.ret64(-EINVAL, -1);
    else env.notSimulated("a look-up in the kernel's BTF");
  },
  bpf_kallsyms_lookup_name(env, name, size, flags, result) {
    env.arena.setU64(result, 0, 0);
    if (flags !== 0 || badName(env, name, size)) return -EINVAL;
    env.notSimulated('the address of a kernel symbol');
    return 0;
  },
  bpf_snprintf_btf(env, _str, _size, ptr, ptrSize, flags, flagsHi) {
    if ((flags & ~BTF_F_ALL) !== 0 || flagsHi !== 0 || ptrSize !== BTF_PTR.size) return -EINVAL;
    if ((env.arena.getU32(ptr + BTF_PTR.type) | 0) <= 0) return -EINVAL;
    env.notSimulated("a value printed by the kernel's BTF");
    return 0;
  },
} satisfies ImplTable;
