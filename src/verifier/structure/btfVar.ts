/** 64-bit immediates that stand for functions and variables of the kernel. */
import type { KernelBtf } from '../../btf/kernelBtf.ts';
import { btfTypeSkipModifiers } from '../../btf/kernelBtf.ts';
import { resolveSize } from '../../btf/size.ts';
import type { Insn } from '../../isa/insn.ts';
import type { Env, Err } from '../env.ts';
import { notCovered, reject } from '../env.ts';
import { FLAG } from '../value/reg.ts';
import { typesOf } from './types.ts';

/** Some address of kernel code: which one changes from boot to boot. */
const TEXT = 0xffffffff81000000n;
const PERCPU = '.data..percpu';

/** Offset of a variable in the area that each CPU has of its own, which is its address; undefined for other variables. */
function percpuOffset(btf: KernelBtf, id: number): number | undefined {
  for (const t of typesOf(btf)) {
    if (t.kind === 'datasec' && t.name === PERCPU) return t.vars.find((v) => v.type === id)?.offset;
  }
  return undefined;
}

/** @kernel check_pseudo_btf_id */
export function checkPseudoBtfId(env: Env, i: number, insn: Insn): Err {
  if (insn.next?.imm !== 0) return notCovered(env, 'variable of a module');
  const btf = env.types.vmlinux();
  const id = insn.imm;
  const symbol = btf.type(id);
  if (!symbol && id !== 0) return reject(env, 'var-id', { id });
  if (symbol?.kind === 'func') {
    env.aux[i]!.btf_var = { type: 'PTR_TO_MEM', flags: FLAG.MEM_RDONLY, btf, btf_id: 0, mem_size: 0, address: TEXT };
    return 0;
  }
  if (symbol?.kind !== 'var') return reject(env, 'var-kind', { id });
  const offset = percpuOffset(btf, id);
  const address = offset === undefined ? TEXT : BigInt(offset);
  const found = btfTypeSkipModifiers(btf, symbol.type);
  const struct = found?.type.kind === 'struct' || found?.type.kind === 'union';
  if (offset !== undefined || struct) {
    const flags = offset === undefined ? 0 : FLAG.MEM_PERCPU;
    env.aux[i]!.btf_var = { type: 'PTR_TO_BTF_ID', flags, btf, btf_id: symbol.type, mem_size: 0, address };
    return 0;
  }
  const mem_size = resolveSize(btf, symbol.type);
  if (mem_size === undefined) return reject(env, 'var-size', { name: found?.type.name ?? '' });
  env.aux[i]!.btf_var = { type: 'PTR_TO_MEM', flags: FLAG.MEM_RDONLY, btf, btf_id: 0, mem_size, address };
  return 0;
}
