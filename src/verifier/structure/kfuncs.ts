/** Kernel functions that a program calls: found by the names of the request, and by BTF id and fd_array index in the insns. */
import type { KernelBtf, KernelTypes } from '../../btf/kernelBtf.ts';
import { BTF_KINDS } from '../../btf/kinds.ts';
import { makeInsn } from '../../isa/codec.ts';
import type { Insn } from '../../isa/insn.ts';
import { kfuncRow } from '../../spec/kfuncs/index.ts';
import type { BtfReloc, ProgRequest } from '../../spec/request.ts';
import type { Env, Err } from '../env.ts';
import { notCovered, reject, verbose } from '../env.ts';
import { distillFuncProto } from './distill.ts';

const MAX_DESCS = 256;

/** Insns with the ids that user space puts in, and the fd_array that goes with them. */
export interface Linked {
  readonly insns: readonly Insn[];
  /** BTFs of modules by index, undefined for other descriptors. */
  readonly fd_array: readonly (KernelBtf | undefined)[] | undefined;
  /** A function that must be there and is not. */
  readonly missing: string | undefined;
}

/** Puts the ids of named functions into calls and of variables into 64-bit immediates, as a loader does before bpf(2). */
export function linkKfuncs(insns: readonly Insn[], request: ProgRequest, maps: number, types: KernelTypes): Linked {
  const out = [...insns];
  const fds: (KernelBtf | undefined)[] = Array.from({ length: Math.max(maps, 1) }, () => undefined);
  let used = request.use_fd_array === true || insns.some((insn) => insn.row?.kind === 'ld_imm64' && insn.src >= 5);
  let missing: string | undefined;
  for (const { insn: at, name, kind: given, module, optional, ld_imm64 } of request.btf_relocs ?? []) {
    const old = out[at];
    const kind = kindOf(given);
    if (!old || !kind) continue;
    const btf = findBtf(types, kind, name, module);
    const id = btf?.find(kind, name);
    if (!btf || id === undefined) {
      if (optional !== true) missing ??= name;
      continue;
    }
    let off = old.off;
    if (kind === 'var' || ld_imm64) {
      // Descriptors of modules would stand in the second half.
      if (btf.base) missing ??= name;
      out[at] = makeInsn({ code: old.code, dst: old.dst, src: old.src, off: old.off, imm: id }, old.next);
      continue;
    }
    if (btf.base) {
      off = fds.indexOf(btf);
      if (off < 0) off = fds.push(btf) - 1;
      used = true;
    }
    out[at] = makeInsn({ code: old.code, dst: old.dst, src: old.src, off, imm: id });
  }
  return { insns: out, fd_array: used ? fds : undefined, missing };
}

/** Load requests of objects have the numbers of BTF kinds. */
function kindOf(given: BtfReloc['kind']): 'func' | 'var' | undefined {
  if (given === BTF_KINDS.func) return 'func';
  if (given === BTF_KINDS.var) return 'var';
  return typeof given === 'string' ? given : undefined;
}

/** The BTF that has a function or variable: vmlinux first, then the module that the table of kfuncs names. */
function findBtf(
  types: KernelTypes,
  kind: 'func' | 'var',
  name: string,
  module: string | undefined,
): KernelBtf | undefined {
  if (module !== undefined && module !== 'vmlinux') return types.module(module);
  const vmlinux = types.vmlinux();
  if (module === 'vmlinux' || vmlinux.find(kind, name) !== undefined) return vmlinux;
  const own = kfuncRow(name)?.module;
  return own === undefined ? undefined : types.module(own);
}

/** @kernel find_kfunc_desc_btf */
function descBtf(env: Env, off: number): KernelBtf | Err {
  if (off === 0) return env.types.vmlinux();
  if (off < 0) return reject(env, 'kfunc-offset-negative');
  if (!env.fd_array) return reject(env, 'kfunc-no-fd-array');
  if (off >= env.fd_array.length) return notCovered(env, 'fd_array index of a kernel function');
  return env.fd_array[off] ?? reject(env, 'kfunc-btf-fd');
}

/** Name of the called function, as the log prints it; undefined where nobody knows it. */
export function kfuncName(env: Env, insn: Insn): string {
  const btf = insn.off === 0 ? env.types.vmlinux() : env.fd_array?.[insn.off];
  return btf?.type(insn.imm)?.name ?? '';
}

/** @kernel add_kfunc_call */
export function addKfuncCall(env: Env, at: number, insn: Insn): Err {
  if (!env.facts.gpl) return reject(env, 'kfunc-gpl');
  // A function that is nowhere is refused only where it is really called.
  if (insn.imm === 0 && insn.off === 0) return 0;
  const btf = descBtf(env, insn.off);
  if (typeof btf === 'number') {
    if (env.missing === undefined) verbose(env, 'failed to find BTF for kernel function\n');
    return btf;
  }
  const descs = [...env.kfuncs.values()];
  const known = descs.find((d) => d.btf === btf && d.func_id === insn.imm);
  if (known) {
    env.kfuncs.set(at, known);
    return 0;
  }
  if (new Set(descs).size === MAX_DESCS) return reject(env, 'kfunc-too-many');
  const func = btf.type(insn.imm);
  if (func?.kind !== 'func') return reject(env, 'kfunc-not-func', { id: insn.imm >>> 0 });
  const proto = btf.type(func.type);
  if (proto?.kind !== 'func_proto') return reject(env, 'kfunc-not-func', { id: insn.imm >>> 0 });
  const { name } = func;
  if (kfuncRow(name)?.deviceBound && !btf.base) return reject(env, 'kfunc-device');
  const err = distillFuncProto(env, btf, proto, name);
  if (err) return err;
  env.kfuncs.set(at, { name, btf, func_id: insn.imm });
  return 0;
}
