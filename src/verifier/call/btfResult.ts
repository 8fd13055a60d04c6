/** Pointers to kernel objects that helpers return. */
import { btfTypeSkipModifiers } from '../../btf/kernelBtf.ts';
import { resolveSize } from '../../btf/size.ts';
import type { HelperRow, RetBase } from '../../spec/helpers/row.ts';
import { isComposite } from '../access/btfWalk.ts';
import type { Env, Err } from '../env.ts';
import { notCovered, reject } from '../env.ts';
import type { Reg } from '../value/reg.ts';
import { FLAG } from '../value/reg.ts';
import type { CallMeta } from './meta.ts';

/** A CPU's copy of what the argument points to. */
function ofCpu(env: Env, flags: number, meta: CallMeta): Partial<Reg> | Err {
  const btf = meta.ret_btf!;
  const found = btfTypeSkipModifiers(btf, meta.ret_btf_id);
  if (found && isComposite(found.type)) {
    if (meta.percpu_alloc) return notCovered(env, 'per-CPU object that the program allocated');
    return { btf, btf_id: meta.ret_btf_id, flags: flags & ~FLAG.MEM_RDONLY };
  }
  const size = found && resolveSize(btf, found.id);
  if (size === undefined) return reject(env, 'result-size', { name: found?.type.name ?? '' });
  return { type: 'PTR_TO_MEM', mem_size: size, flags };
}

/** Kind and BTF of what R0 holds; `flags` are the modifiers of the helper's return kind. */
export function btfResult(env: Env, row: HelperRow, base: RetBase, flags: number, meta: CallMeta): Partial<Reg> | Err {
  if (base === 'RET_PTR_TO_MEM_OR_BTF_ID') return ofCpu(env, flags, meta);
  const kptr = meta.kptr_field;
  if (kptr) return { btf: kptr.btf, btf_id: kptr.btf_id, flags };
  const btf = env.types.vmlinux();
  const btf_id = row.retBtf === undefined ? undefined : btf.find('struct', row.retBtf);
  if (btf_id === undefined) return notCovered(env, `result of ${meta.name}`);
  return { btf, btf_id, flags };
}
