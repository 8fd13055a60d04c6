/** What is known of a call of a kernel function, and of its parameters by the ends of their names. */
import type { KernelBtf } from '../../btf/kernelBtf.ts';
import type { BtfType } from '../../btf/parse.ts';
import type { KfuncRow } from '../../spec/kfuncs/index.ts';
import { kfuncAllowed, kfuncRow } from '../../spec/kfuncs/index.ts';
import type { Env } from '../env.ts';
import type { MapInfo } from '../maps.ts';
import { typeBehind } from '../structure/types.ts';
import type { DynptrType, Reg } from '../value/reg.ts';

/** Where an iterator's main slot is. */
export interface IterPlace {
  readonly frameno: number;
  readonly spi: number;
}

export interface Param {
  readonly name: string;
  readonly type: number;
}

/** @kernel bpf_kfunc_call_arg_meta */
export interface KfuncMeta {
  readonly name: string;
  readonly func_id: number;
  readonly btf: KernelBtf;
  readonly ret: number;
  readonly params: readonly Param[];
  readonly flags: ReadonlySet<KfuncRow['flags'][number]>;
  ref_obj_id: number;
  release_regno: number;
  /** Value of the one argument that must be constant. */
  constant: bigint | undefined;
  /** Size of the memory that is returned, 0 when it follows from the type. */
  r0_size: number;
  r0_rdonly: boolean;
  subprogno: number;
  ret_btf_id: number;
  map: { readonly map: MapInfo; readonly uid: number } | undefined;
  dynptr: { readonly id: number; readonly type: DynptrType; readonly ref_obj_id: number } | undefined;
  iter: IterPlace | undefined;
}

/** Prog type whose rules hold: that of the target for freplace. @kernel resolve_prog_type */
export function resolvedProgType(env: Env): string {
  return env.attach?.prog?.progType ?? env.facts.progType;
}

/** The called function; undefined where the program may not call it. @kernel fetch_kfunc_meta */
export function fetchKfuncMeta(env: Env, at: number): KfuncMeta | undefined {
  const desc = env.kfuncs.get(at);
  const row = desc && kfuncRow(desc.name);
  const { loadAttachType } = env.facts;
  const caller = {
    progType: resolvedProgType(env),
    ...(loadAttachType !== undefined && { attachType: loadAttachType }),
  };
  if (!desc || !row || (desc.btf.base ? desc.btf.name : undefined) !== row.module || !kfuncAllowed(row, caller)) {
    return undefined;
  }
  const func = desc.btf.type(desc.func_id);
  const proto = func?.kind === 'func' ? desc.btf.type(func.type) : undefined;
  if (proto?.kind !== 'func_proto') return undefined;
  return {
    name: desc.name,
    func_id: desc.func_id,
    btf: desc.btf,
    ret: proto.ret,
    params: proto.params,
    flags: new Set(row.flags),
    ref_obj_id: 0,
    release_regno: 0,
    constant: undefined,
    r0_size: 0,
    r0_rdonly: false,
    subprogno: 0,
    ret_btf_id: 0,
    map: undefined,
    dynptr: undefined,
    iter: undefined,
  };
}

/** Arguments must be trusted; what is released always must. @kernel is_kfunc_trusted_args */
export function takesTrusted({ flags }: KfuncMeta): boolean {
  return flags.has('KF_TRUSTED_ARGS') || flags.has('KF_RELEASE');
}

/** What the end of a parameter's name says. @kernel btf_param_match_suffix */
export type Suffix =
  | 'sz'
  | 'szk'
  | 'k'
  | 'ign'
  | 'map'
  | 'alloc'
  | 'refcounted_kptr'
  | 'nullable'
  | 'opt'
  | 'str'
  | 'uninit'
  | 'iter';

export function hasSuffix(param: Param | undefined, suffix: Suffix): boolean {
  return param?.name.endsWith(`__${suffix}`) ?? false;
}

/** @kernel btf_type_is_scalar */
export function isScalarType(t: BtfType | undefined): boolean {
  return t?.kind === 'int' || t?.kind === 'enum' || t?.kind === 'enum64';
}

/** The size of the memory in the parameter before it. @kernel is_kfunc_arg_mem_size, @kernel is_kfunc_arg_const_mem_size */
export function isMemSize(btf: KernelBtf, param: Param | undefined, r: Reg, suffix: 'sz' | 'szk'): boolean {
  if (!param || r.type !== 'SCALAR_VALUE' || !isScalarType(typeBehind(btf, param.type))) return false;
  return hasSuffix(param, suffix);
}
