/** Contexts that are the arguments of a traced function, a tracepoint, a hook or an iterator: what each holds, by BTF. */
import type { KernelBtf } from '../../btf/kernelBtf.ts';
import { btfTypeSkipModifiers } from '../../btf/kernelBtf.ts';
import type { BtfType } from '../../btf/parse.ts';
import { iterArgs } from '../../spec/attach/iterators.ts';
import { lsmHook } from '../../spec/attach/lsm.ts';
import { rawTpArgs } from '../../spec/attach/rawTp.ts';
import { progTypeRow } from '../../spec/progTypes.ts';
import type { AttachTarget, Env, Err } from '../env.ts';
import { newId, notCovered, reject, verbose } from '../env.ts';
import { lsmRetvalRange } from '../explore/lsm.ts';
import { isProgCtxType } from '../structure/progCtx.ts';
import { btfTypeStr } from '../structure/types.ts';
import { regBoundsSync } from '../value/bounds.ts';
import type { Reg } from '../value/reg.ts';
import { draft, FLAG, pointer, UNKNOWN } from '../value/reg.ts';
import { isComposite, pointerTag } from './btfWalk.ts';

const MAX_BPF_FUNC_REG_ARGS = 5;

interface Result {
  readonly err: Err;
  readonly value: Reg;
}

type Proto = BtfType & { readonly kind: 'func_proto' };

const SCALAR: Result = { err: 0, value: UNKNOWN };

const roundUp = (n: number): number => Math.ceil(n / 8) * 8;

/** Bytes that an argument takes in the context. */
function room(btf: KernelBtf, id: number): number {
  const t = btfTypeSkipModifiers(btf, id)?.type;
  if (t?.kind === 'ptr') return 8;
  return t && 'size' in t ? roundUp(t.size) : 0;
}

/** Number of the argument at an offset; the result follows the arguments. @kernel get_ctx_arg_idx */
function argIndex(btf: KernelBtf, proto: Proto | undefined, off: number): number {
  if (!proto) return Math.floor(off / 8);
  let end = 0;
  for (const [i, param] of proto.params.entries()) {
    end += room(btf, param.type);
    if (off >>> 0 < end) return i;
  }
  return off >>> 0 < end + room(btf, proto.ret) ? proto.params.length : proto.params.length + 1;
}

const isScalar = (t: BtfType | undefined): boolean =>
  (t?.kind === 'int' && t.size <= 8) || t?.kind === 'enum' || t?.kind === 'enum64' || t?.kind === 'struct';

/** A pointer to an int of any name is as good as a number. @kernel is_int_ptr */
const isIntPtr = (btf: KernelBtf, target: number): boolean => btfTypeSkipModifiers(btf, target)?.type.kind === 'int';

/** Whether pointers in the context are trusted. @kernel prog_args_trusted */
function argsTrusted(env: Env, target: AttachTarget): boolean {
  const { progType, attachType } = env.facts;
  if (progType === 'tracing') return attachType === 'trace_raw_tp' || attachType === 'trace_iter';
  return progType === 'lsm' && lsmHook(target.name)?.untrusted !== true;
}

/** The result of the traced function; undefined where there is none to see. */
function resultType(env: Env, t: AttachTarget, proto: Proto | undefined, arg: number): number | Result | undefined {
  switch (env.facts.attachType) {
    case 'lsm_mac':
    case 'lsm_cgroup':
    case 'trace_fexit':
      return proto ? proto.ret : SCALAR;
    case 'modify_return': {
      if (!proto) return undefined;
      const ret = btfTypeSkipModifiers(t.btf, proto.ret)?.type;
      if (ret?.kind === 'int' && ret.size <= 8) return proto.ret;
      verbose(env, `ret type ${btfTypeStr(ret)} not allowed for fmod_ret\n`);
      return undefined;
    }
    default:
      verbose(env, `func '${t.name}' doesn't have ${arg + 1}-th argument\n`);
      return undefined;
  }
}

/** The result of an LSM hook is in the range of what the hook may return. */
function retval(env: Env, t: AttachTarget): Result {
  const range = env.facts.attachType === 'lsm_mac' ? lsmRetvalRange(t) : undefined;
  if (!range) return SCALAR;
  const d = draft(UNKNOWN);
  [d.s32_min_value, d.s32_max_value] = range;
  [d.smin_value, d.smax_value] = [BigInt(range[0]), BigInt(range[1])];
  regBoundsSync(d);
  return { err: 0, value: d };
}

function btfPointer(env: Env, btf: KernelBtf, btf_id: number, flags: number): Result {
  const id = flags & FLAG.PTR_MAYBE_NULL ? newId(env) : 0;
  return { err: 0, value: pointer('PTR_TO_BTF_ID', { btf, btf_id, flags, id }) };
}

/** What an iterator says of a pointer in its context. */
function iterPointer(env: Env, t: AttachTarget, off: number): Result | undefined {
  if (env.facts.attachType !== 'trace_iter') return undefined;
  const info = iterArgs(t.name.slice('bpf_iter_'.length))?.find((a) => a.offset === off);
  if (!info) return undefined;
  let flags = FLAG.PTR_MAYBE_NULL;
  if (info.kind === 'rdonly_buf_or_null') flags |= FLAG.MEM_RDONLY;
  if (info.kind === 'trusted_ptr_or_null') flags |= FLAG.PTR_TRUSTED;
  if (info.struct === undefined) return { err: 0, value: pointer('PTR_TO_BUF', { flags, id: newId(env) }) };
  const btf = env.types.vmlinux();
  return btfPointer(env, btf, btf.find('struct', info.struct) ?? 0, flags);
}

/** A pointer argument to something that is neither void nor int. */
function structPointer(env: Env, t: AttachTarget, ptr: number, arg: number, name: string): Result | undefined {
  const { btf } = t;
  let flags = argsTrusted(env, t) ? FLAG.PTR_TRUSTED : 0;
  if (name.endsWith('__nullable')) flags |= FLAG.PTR_MAYBE_NULL;
  const special = env.facts.attachType === 'trace_raw_tp' ? rawTpArgs(t.name) : undefined;
  if (special?.nullable.includes(arg)) flags |= FLAG.PTR_MAYBE_NULL;
  flags |= pointerTag(btf, ptr) & (FLAG.MEM_USER | FLAG.MEM_PERCPU);
  const target = btfTypeSkipModifiers(btf, ptr);
  if (!target || !isComposite(target.type)) {
    verbose(env, `func '${t.name}' arg${arg} type ${btfTypeStr(target?.type)} is not a struct\n`);
    return undefined;
  }
  const kind = btfTypeStr(target.type);
  verbose(env, `func '${t.name}' arg${arg} has btf_id ${target.id} type ${kind} '${target.type.name || '(anon)'}'\n`);
  if (special?.errors.includes(arg)) {
    verbose(env, `marking pointer arg${arg} as scalar as it may encode error`);
    return SCALAR;
  }
  return btfPointer(env, btf, target.id, flags);
}

/** The context of a traced program is the kernel's own object. @kernel btf_translate_to_vmlinux */
function progPointer(env: Env, t: AttachTarget, ptr: number, progType: string, name: string): Result | undefined {
  if (!isProgCtxType(t.btf, { type: ptr }, progType)) return undefined;
  const btf = env.types.vmlinux();
  const btf_id = btf.find('struct', progTypeRow(progType)?.kernelCtx ?? '');
  if (btf_id === undefined) return { err: notCovered(env, `context of a traced ${progType} program`), value: UNKNOWN };
  return btfPointer(env, btf, btf_id, name.endsWith('__nullable') ? FLAG.PTR_MAYBE_NULL : 0);
}

/** The value at an offset of the context; undefined when there is none. @kernel btf_ctx_access */
function btfCtxAccess(env: Env, t: AttachTarget, off: number, size: number): Result | undefined {
  const { btf, name } = t;
  if (off % 8 !== 0) {
    verbose(env, `func '${name}' offset ${off} is not multiple of 8\n`);
    return undefined;
  }
  const proto = btf.type(t.proto_id);
  if (proto && proto.kind !== 'func_proto') return undefined;
  const arg = argIndex(btf, proto, off);
  // Tracepoints get `void *__data` first, which their programs do not see.
  const skip = env.facts.attachType === 'trace_raw_tp' ? 1 : 0;
  const count = (proto ? proto.params.length : MAX_BPF_FUNC_REG_ARGS) - skip;
  if (arg > count) {
    verbose(env, `func '${name}' doesn't have ${arg + 1}-th argument\n`);
    return undefined;
  }
  let type: number;
  if (arg === count) {
    const ret = resultType(env, t, proto, arg);
    if (typeof ret !== 'number') return ret;
    type = ret;
  } else {
    if (!proto) return SCALAR;
    type = proto.params[arg + skip]!.type;
  }
  const found = btfTypeSkipModifiers(btf, type)?.type;
  if (isScalar(found)) return arg === count ? retval(env, t) : SCALAR;
  if (found?.kind !== 'ptr') {
    const shown = found?.name || '(anon)';
    verbose(env, `func '${name}' arg${arg} '${shown}' has type ${btfTypeStr(found)}. Only pointer access is allowed\n`);
    return undefined;
  }
  if (size !== 8) {
    verbose(env, `func '${name}' size ${size} must be 8\n`);
    return undefined;
  }
  const buffer = iterPointer(env, t, off);
  if (buffer?.value.type === 'PTR_TO_BUF') return buffer;
  if (found.type === 0 || isIntPtr(btf, found.type)) return SCALAR;
  if (buffer) return buffer;
  if (t.prog) return progPointer(env, t, found.type, t.prog.progType, proto?.params[arg]?.name ?? '');
  return structPointer(env, t, found.type, arg, proto?.params[arg + skip]?.name ?? '');
}

/** @kernel tracing_prog_is_valid_access */
export function tracingCtxAccess(env: Env, off: number, size: number, write: boolean): Result {
  const t = env.attach;
  if (!t) return { err: notCovered(env, 'context without an attach target'), value: UNKNOWN };
  const lsm = env.facts.progType === 'lsm';
  const fits = lsm || (off >= 0 && off < 96 && !write && off % size === 0);
  const found = fits ? btfCtxAccess(env, t, off, size) : undefined;
  return found ?? { err: reject(env, 'ctx-access', { off, size }), value: UNKNOWN };
}
