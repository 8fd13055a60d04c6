/** Arguments of kernel functions, one by one. */
import { btfTypeSkipModifiers } from '../../btf/kernelBtf.ts';
import { resolveSize } from '../../btf/size.ts';
import type { Env, Err } from '../env.ts';
import { notCovered, reject, verbose } from '../env.ts';
import { markChainPrecision } from '../explore/precision.ts';
import { markNotNull } from '../insn/nullness.ts';
import { regTypeStr } from '../log/print.ts';
import { hasField } from '../maps.ts';
import { curFrame } from '../state.ts';
import { btfTypeStr, typeBehind } from '../structure/types.ts';
import { constValue, mayBeNull, type Reg } from '../value/reg.ts';
import { tnumIsConst } from '../value/tnum.ts';
import { checkFuncArgRegOff } from './args.ts';
import { checkRegConstStr } from './constStr.ts';
import { dynptrOf, processDynptr } from './dynptr.ts';
import { processIterArg } from './iter.ts';
import { type KfuncArgKind, kfuncArgKind } from './kfuncArgKind.ts';
import { checkKfuncBtfArg, checkTrusted } from './kfuncBtfArg.ts';
import type { KfuncMeta } from './kfuncMeta.ts';
import { hasSuffix, isMemSize, isScalarType, resolvedProgType, takesTrusted } from './kfuncMeta.ts';
import { objectArg } from './kfuncObject.ts';
import { checkMemSize, type MemMeta } from './memArg.ts';
import { checkMemReg } from './subprogArgs.ts';
import { processWorkqueue } from './workqueue.ts';

const MAX_ARGS = 5;
const EINVAL = -22;

/** The value of the argument that must be constant. */
function takeConstant(env: Env, regno: number, r: Reg, meta: KfuncMeta): Err {
  if (!tnumIsConst(r.var_off)) return reject(env, 'kfunc-constant', { r: regno });
  meta.constant = r.var_off.value;
  return 0;
}

function scalarArg(env: Env, i: number, r: Reg, meta: KfuncMeta): Err {
  const regno = i + 1;
  const param = meta.params[i]!;
  if (r.type !== 'SCALAR_VALUE') return reject(env, 'kfunc-scalar', { r: regno });
  if (hasSuffix(param, 'k')) return takeConstant(env, regno, r, meta) || markChainPrecision(env, regno);
  if (param.name !== 'rdonly_buf_size' && param.name !== 'rdwr_buf_size') return 0;
  if (!tnumIsConst(r.var_off)) return reject(env, 'kfunc-const', { r: regno });
  meta.r0_rdonly = param.name === 'rdonly_buf_size';
  meta.r0_size = Number(r.var_off.value);
  return markChainPrecision(env, regno);
}

/** @kernel get_kern_ctx_btf_id */
function kernCtx(env: Env, meta: KfuncMeta): Err {
  const btf = env.types.vmlinux();
  const convert = btf.type(btf.find('struct', 'bpf_ctx_convert') ?? 0);
  const name = `BPF_PROG_TYPE_${resolvedProgType(env).toUpperCase()}_kern`;
  const id = convert?.kind === 'struct' ? convert.members.find((m) => m.name === name)?.type : undefined;
  if (id === undefined) return notCovered(env, 'kernel context of this prog type');
  if (btf.type(id)?.kind !== 'struct') return reject(env, 'kfunc-ctx-type', { id });
  meta.ret_btf_id = id;
  return 0;
}

function ctxArg(env: Env, i: number, r: Reg, meta: KfuncMeta): Err {
  if (r.type !== 'PTR_TO_CTX') return reject(env, 'kfunc-ctx', { i, type: regTypeStr(r.type, r.flags) });
  return meta.name === 'bpf_cast_to_kern_ctx' ? kernCtx(env, meta) : 0;
}

function dynptrArg(env: Env, i: number, r: Reg, meta: KfuncMeta): Err {
  const flags = new Set<string>();
  if (r.type === 'CONST_PTR_TO_DYNPTR') flags.add('MEM_RDONLY');
  const uninit = hasSuffix(meta.params[i], 'uninit');
  if (uninit) flags.add('MEM_UNINIT');
  let clone = 0;
  if (meta.name === 'bpf_dynptr_from_skb') flags.add('DYNPTR_TYPE_SKB');
  else if (meta.name === 'bpf_dynptr_from_xdp') flags.add('DYNPTR_TYPE_XDP');
  else if (meta.name === 'bpf_dynptr_clone' && uninit && meta.dynptr) {
    flags.add(`DYNPTR_TYPE_${meta.dynptr.type}`);
    clone = meta.dynptr.ref_obj_id;
  }
  const err = processDynptr(env, i + 1, flags, clone);
  if (err || uninit) return err;
  const d = dynptrOf(env, r)!;
  meta.dynptr = { id: d.id, type: d.dynptr_type, ref_obj_id: d.ref_obj_id };
  return 0;
}

/** @kernel check_css_task_iter_allowlist */
function cssTaskAllowed(env: Env): boolean {
  const type = resolvedProgType(env);
  if (type === 'lsm' || (type === 'tracing' && env.facts.loadAttachType === 'trace_iter')) return true;
  return env.facts.sleepable || env.cur.in_sleepable;
}

function iterArg(env: Env, i: number, meta: KfuncMeta): Err {
  if (meta.name === 'bpf_iter_css_task_new' && !cssTaskAllowed(env)) return reject(env, 'iter-css-task');
  const ptr = typeBehind(meta.btf, meta.params[i]!.type);
  const to = ptr?.kind === 'ptr' ? btfTypeSkipModifiers(meta.btf, ptr.type) : undefined;
  const struct = to?.type.kind === 'struct' && to.type.name.startsWith('bpf_iter_') ? to.type : undefined;
  const btf = to && meta.btf.base && to.id < meta.btf.firstId ? meta.btf.base : meta.btf;
  return processIterArg(env, i + 1, meta, struct && { btf, btf_id: to!.id, slots: struct.size / 8 });
}

/** Memory with its size in the next register, both read and written. @kernel check_kfunc_mem_size_reg */
function memSizeArg(env: Env, i: number, r: Reg, meta: KfuncMeta): Err {
  const { regs } = curFrame(env.cur);
  const size = regs[i + 2]!.v;
  if (constValue(r) !== 0n || !hasSuffix(meta.params[i], 'opt')) {
    const c = regs[i + 1]!;
    if (mayBeNull(r)) markNotNull(c);
    const mem: MemMeta & { msize_max_value: bigint } = {
      raw_mode: false,
      access_size: 0,
      regno: 0,
      msize_max_value: 0n,
    };
    const err =
      checkMemSize(env, i + 2, size, false, true, mem) || checkMemSize(env, i + 2, regs[i + 2]!.v, true, true, mem);
    if (mayBeNull(r)) c.v = r;
    if (err) {
      if (env.missing === undefined) {
        verbose(env, `arg#${i} arg#${i + 1} memory, len pair leads to invalid memory access\n`);
      }
      return err;
    }
  }
  return isMemSize(meta.btf, meta.params[i + 1], size, 'szk') ? takeConstant(env, i + 2, size, meta) : 0;
}

function memArg(env: Env, i: number, ptr: { readonly type: number }, meta: KfuncMeta): Err {
  const size = resolveSize(meta.btf, ptr.type);
  if (size !== undefined) return checkMemReg(env, curFrame(env.cur), i + 1, size);
  const to = typeBehind(meta.btf, ptr.type);
  return reject(env, 'kfunc-size', { i, type: btfTypeStr(to), struct: to?.name ?? '', err: EINVAL });
}

/** A register of another kind keeps other things where a map pointer is. */
function looksLikeMap(r: Reg): boolean {
  if (r.map || r.btf) return true;
  return r.mem_size !== 0 || r.range !== 0 || r.frameno !== 0 || r.subprogno !== 0;
}

function mapArg(env: Env, regno: number, r: Reg, meta: KfuncMeta): Err {
  if (!looksLikeMap(r)) return reject(env, 'kfunc-map', { r: regno });
  if (!r.map) return 0;
  const { map } = meta;
  if (map && hasField(r.map, 'wq') && (map.map !== r.map || map.uid !== r.map_uid)) {
    return reject(env, 'kfunc-wq-uid', { mine: map.uid, other: r.map_uid });
  }
  meta.map = { map: r.map, uid: r.map_uid };
  return 0;
}

function byKind(env: Env, kind: KfuncArgKind, i: number, ptr: { readonly type: number }, meta: KfuncMeta): Err {
  const r = curFrame(env.cur).regs[i + 1]!.v;
  switch (kind) {
    case 'NULL':
      return 0;
    case 'MAP': {
      const btf = env.types.vmlinux();
      return checkKfuncBtfArg(env, r, i, { btf, id: btf.find('struct', 'bpf_map') ?? 0 }, meta);
    }
    case 'CTX':
      return ctxArg(env, i, r, meta);
    case 'DYNPTR':
      return dynptrArg(env, i, r, meta);
    case 'ITER':
      return iterArg(env, i, meta);
    case 'BTF_ID':
      return checkKfuncBtfArg(env, r, i, { btf: meta.btf, id: btfTypeSkipModifiers(meta.btf, ptr.type)!.id }, meta);
    case 'MEM':
      return memArg(env, i, ptr, meta);
    case 'MEM_SIZE':
      return memSizeArg(env, i, r, meta);
    case 'CALLBACK':
      if (r.type !== 'PTR_TO_FUNC') return reject(env, 'kfunc-callback', { i });
      meta.subprogno = r.subprogno;
      return 0;
    case 'CONST_STR':
      if (r.type !== 'PTR_TO_MAP_VALUE') return reject(env, 'kfunc-const-str', { i });
      return checkRegConstStr(env, r, i + 1);
    case 'WORKQUEUE':
      if (r.type !== 'PTR_TO_MAP_VALUE') return reject(env, 'kfunc-wq-value', { i });
      return processWorkqueue(env, r, meta);
    default:
      return objectArg(env, kind, i, r, meta);
  }
}

function pointerArg(env: Env, i: number, meta: KfuncMeta): KfuncArgKind | Err {
  const param = meta.params[i]!;
  const regno = i + 1;
  const { v: r } = curFrame(env.cur).regs[regno]!;
  const ptr = typeBehind(meta.btf, param.type);
  if (ptr?.kind !== 'ptr') return reject(env, 'kfunc-arg-kind', { i, type: btfTypeStr(ptr) });
  const guarded = takesTrusted(meta) || meta.flags.has('KF_RCU');
  if (guarded && (constValue(r) === 0n || mayBeNull(r)) && !hasSuffix(param, 'nullable')) {
    return reject(env, 'kfunc-null', { i });
  }
  const releases = meta.flags.has('KF_RELEASE');
  if (r.ref_obj_id) {
    if (releases && meta.ref_obj_id) {
      return reject(env, 'kfunc-two-refs', { r: regno, id: r.ref_obj_id, other: meta.ref_obj_id });
    }
    meta.ref_obj_id = r.ref_obj_id;
    if (releases) meta.release_regno = regno;
  }
  const kind = kfuncArgKind(env, meta, i, ptr);
  if (typeof kind === 'number' || kind === 'NULL') return kind;
  let err: Err = kind === 'MAP' ? mapArg(env, regno, r, meta) : 0;
  if (!err && (kind === 'MAP' || kind === 'BTF_ID' || kind === 'ALLOC_BTF_ID')) {
    err = checkTrusted(env, r, regno, meta);
  }
  err ||= checkFuncArgRegOff(env, regno, r, { release: releases && r.ref_obj_id !== 0, dynptr: false });
  err ||= byKind(env, kind, i, ptr, meta);
  return err || kind;
}

/** @kernel check_kfunc_args */
export function checkKfuncArgs(env: Env, meta: KfuncMeta): Err {
  const { params, name } = meta;
  if (params.length > MAX_ARGS) return reject(env, 'kfunc-args', { name, n: params.length, max: MAX_ARGS });
  for (let i = 0; i < params.length; i++) {
    if (hasSuffix(params[i], 'ign')) continue;
    if (isScalarType(typeBehind(meta.btf, params[i]!.type))) {
      const err = scalarArg(env, i, curFrame(env.cur).regs[i + 1]!.v, meta);
      if (err) return err;
      continue;
    }
    const kind = pointerArg(env, i, meta);
    if (typeof kind === 'number') return kind;
    if (kind === 'MEM_SIZE') i++;
  }
  if (meta.flags.has('KF_RELEASE') && !meta.release_regno) return reject(env, 'kfunc-release', { name });
  return 0;
}
