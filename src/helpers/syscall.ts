/** System calls of syscall programs, and what programs ask of the kernel's symbols (errors only) and types. */
import type { KernelBtf } from '../btf/kernelBtf.ts';
import { BTF_KINDS, type BtfKind } from '../btf/kinds.ts';
import { btfPrintf, kernelBtf } from './btfShow/printf.ts';
import type { HelperEnv } from './env.ts';
import { EINVAL, ENOENT, type ImplTable } from './impl.ts';

/** Is a name empty or without its NUL? */
function badName(env: HelperEnv, name: number, size: number): boolean {
  return size <= 1 || size > 0x7fff_ffff || env.arena.u8[name + size - 1] !== 0;
}

/** The first type of a kind by its name, that of anonymous types being empty. @kernel btf_find_by_name_kind */
function findType(btf: KernelBtf, kind: number, name: string): number | undefined {
  const word = (Object.keys(BTF_KINDS) as BtfKind[]).find((k) => BTF_KINDS[k] === kind);
  if (word === undefined || name !== '') return word && btf.find(word, name);
  for (let id = 1; id < btf.endId; id++) {
    const type = btf.type(id)!;
    if (type.kind === word && type.name === '') return id;
  }
  return undefined;
}

export const syscallImpls = {
  bpf_sys_bpf: (env, command, attr, size) => env.syscalls.bpf(command, attr, size),
  bpf_sys_close: (env, fd) => env.syscalls.close(fd >>> 0),

  bpf_btf_find_by_name_kind(env, name, size, kind, flags) {
    if (flags !== 0 || badName(env, name, size)) return env.ret64(-EINVAL, -1);
    const btf = kernelBtf(env, "a look-up in the kernel's types");
    if (!btf) return;
    const bytes = env.arena.bytes(name, size);
    const id = findType(btf, kind, String.fromCharCode(...bytes.subarray(0, bytes.indexOf(0))));
    env.ret64(id ?? -ENOENT, id === undefined ? -1 : 0);
  },
  bpf_kallsyms_lookup_name(env, name, size, flags, result) {
    env.arena.setU64(result, 0, 0);
    if (flags !== 0 || badName(env, name, size)) return -EINVAL;
    env.notSimulated('the address of a kernel symbol');
    return 0;
  },
  bpf_snprintf_btf(env, str, size, ...value) {
    const shown = btfPrintf(env, size, ...value);
    if (typeof shown === 'number') return shown;
    env.arena.put(
      str,
      Uint8Array.from(`${shown.text}\0`, (c) => c.charCodeAt(0)),
    );
    return shown.result;
  },
} satisfies ImplTable;
