/** What kind of pointer a kernel function's parameter takes, by its BTF and by what stands in the register. */
import type { KernelBtf } from '../../btf/kernelBtf.ts';
import { btfTypeSkipModifiers } from '../../btf/kernelBtf.ts';
import type { BtfType } from '../../btf/parse.ts';
import type { Env, Err } from '../env.ts';
import { reject, verbose } from '../env.ts';
import { curFrame } from '../state.ts';
import { isProgCtxType } from '../structure/progCtx.ts';
import type { PtrType } from '../structure/types.ts';
import { btfTypeStr, typeBehind } from '../structure/types.ts';
import { constValue } from '../value/reg.ts';
import { REG2BTF } from '../value/trusted.ts';
import type { KfuncMeta, Param } from './kfuncMeta.ts';
import { hasSuffix, isMemSize, isScalarType, resolvedProgType } from './kfuncMeta.ts';

/** @kernel kfunc_ptr_arg_type */
export type KfuncArgKind =
  | 'CTX'
  | 'NULL'
  | 'ALLOC_BTF_ID'
  | 'REFCOUNTED_KPTR'
  | 'DYNPTR'
  | 'ITER'
  | 'LIST_HEAD'
  | 'LIST_NODE'
  | 'RB_ROOT'
  | 'RB_NODE'
  | 'CONST_STR'
  | 'MAP'
  | 'WORKQUEUE'
  | 'BTF_ID'
  | 'CALLBACK'
  | 'MEM'
  | 'MEM_SIZE';

/** Parameters that are known by the struct that they point to. @kernel kf_arg_btf_ids */
const BY_STRUCT: Readonly<Record<string, KfuncArgKind>> = {
  bpf_dynptr: 'DYNPTR',
  bpf_list_head: 'LIST_HEAD',
  bpf_list_node: 'LIST_NODE',
  bpf_rb_root: 'RB_ROOT',
  bpf_rb_node: 'RB_NODE',
};

const MAX_NESTING = 4;
const ITER_FLAGS = ['KF_ITER_NEW', 'KF_ITER_NEXT', 'KF_ITER_DESTROY'] as const;

/** The struct of vmlinux that a parameter points to. */
function structName(btf: KernelBtf, to: { readonly id: number; readonly type: BtfType } | undefined): string {
  return to?.type.kind === 'struct' && (!btf.base || to.id < btf.firstId) ? to.type.name : '';
}

/** Numbers all the way down. @kernel __btf_type_is_scalar_struct */
function scalarStruct(env: Env, btf: KernelBtf, t: BtfType | undefined, depth: number): boolean {
  if (depth >= MAX_NESTING) {
    verbose(env, 'max struct nesting depth exceeded\n');
    return false;
  }
  if (t?.kind !== 'struct' && t?.kind !== 'union') return false;
  return t.members.every((member) => {
    const m = typeBehind(btf, member.type);
    if (m?.kind === 'struct' || m?.kind === 'union') return scalarStruct(env, btf, m, depth + 1);
    if (m?.kind === 'array') return m.count > 0 && isScalarType(typeBehind(btf, m.type));
    return isScalarType(m);
  });
}

function byParam(
  meta: KfuncMeta,
  i: number,
  param: Param,
  to: ReturnType<typeof btfTypeSkipModifiers>,
): KfuncArgKind | undefined {
  if (hasSuffix(param, 'alloc')) return 'ALLOC_BTF_ID';
  if (hasSuffix(param, 'refcounted_kptr')) return 'REFCOUNTED_KPTR';
  const struct = structName(meta.btf, to);
  if (struct === 'bpf_dynptr') return 'DYNPTR';
  if (ITER_FLAGS.some((flag) => meta.flags.has(flag)) ? i === 0 : hasSuffix(param, 'iter')) return 'ITER';
  if (Object.hasOwn(BY_STRUCT, struct)) return BY_STRUCT[struct];
  if (hasSuffix(param, 'str')) return 'CONST_STR';
  if (hasSuffix(param, 'map')) return 'MAP';
  return struct === 'bpf_wq' ? 'WORKQUEUE' : undefined;
}

/** `ptr` is the parameter's own type, `to` what is behind it. @kernel get_kfunc_ptr_arg_type */
export function kfuncArgKind(env: Env, meta: KfuncMeta, i: number, ptr: PtrType): KfuncArgKind | Err {
  const { btf, params } = meta;
  const { regs } = curFrame(env.cur);
  const param = params[i]!;
  const r = regs[i + 1]!.v;
  if (meta.name === 'bpf_cast_to_kern_ctx' || isProgCtxType(btf, ptr, resolvedProgType(env))) return 'CTX';
  if (hasSuffix(param, 'nullable') && constValue(r) === 0n) return 'NULL';
  const to = btfTypeSkipModifiers(btf, ptr.type);
  const known = byParam(meta, i, param, to);
  if (known) return known;
  const [type, struct] = [btfTypeStr(to?.type), to ? to.type.name : ''];
  if (r.type === 'PTR_TO_BTF_ID' || REG2BTF[r.type]) {
    if (to?.type.kind === 'struct' || to?.type.kind === 'union') return 'BTF_ID';
    return reject(env, 'kfunc-pointer-type', { name: meta.name, i, type, struct });
  }
  if (to?.type.kind === 'func_proto') return 'CALLBACK';
  const next = regs[i + 2]?.v;
  const sized =
    next !== undefined && (isMemSize(btf, params[i + 1], next, 'sz') || isMemSize(btf, params[i + 1], next, 'szk'));
  if (!isScalarType(to?.type) && !scalarStruct(env, btf, to?.type, 0) && !(sized && !to)) {
    return reject(env, 'kfunc-mem-type', { i, type, struct, extra: sized ? 'void, ' : '' });
  }
  return sized ? 'MEM_SIZE' : 'MEM';
}
