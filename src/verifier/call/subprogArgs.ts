/** What BTF says of a subprogram's arguments, and whether a caller's registers go with it. */
import type { KernelBtf } from '../../btf/kernelBtf.ts';
import { btfTypeSkipModifiers } from '../../btf/kernelBtf.ts';
import type { BtfType } from '../../btf/parse.ts';
import { resolveSize } from '../../btf/size.ts';
import { progTypeRow } from '../../spec/progTypes.ts';
import type { Env, Err, SubprogArg } from '../env.ts';
import { notCovered, reject } from '../env.ts';
import { markNotNull } from '../insn/nullness.ts';
import { btfKindText } from '../log/btfKind.ts';
import type { FuncState } from '../state.ts';
import { subprogIsGlobal } from '../structure/subprogs.ts';
import { constValue, FLAG, mayBeNull } from '../value/reg.ts';
import { checkFuncArgRegOff } from './args.ts';
import { checkBtfArgOfSubprog } from './btfArg.ts';
import { processDynptr } from './dynptr.ts';
import { checkHelperMem } from './memArg.ts';

const MAX_ARGS = 5;
const [EFAULT, EINVAL] = [-14, -22];

const isNumber = (kind: BtfType['kind'] | undefined): boolean => kind === 'int' || kind === 'enum' || kind === 'enum64';

/** Struct names that count as a context besides the uapi one. */
const PROJECTIONS: Readonly<Record<string, string>> = { __sk_buff: 'sk_buff', xdp_md: 'xdp_buff' };

/** Whether a pointer type points to the context of the program's type. @kernel btf_is_prog_ctx_type */
export function isProgCtxType(env: Env, btf: KernelBtf, ptr: number, progType: string): boolean {
  const ctx = progTypeRow(progType)?.ctx ?? '';
  if (progType === 'kprobe') {
    let t = btf.type(ptr);
    while (t?.kind === 'const' || t?.kind === 'volatile' || t?.kind === 'restrict' || t?.kind === 'type_tag')
      t = btf.type(t.type);
    if (t?.kind === 'typedef' && t.name === 'bpf_user_pt_regs_t') return true;
  }
  const found = btfTypeSkipModifiers(btf, ptr)?.type;
  if (found?.kind !== 'struct' && found?.kind !== 'union') return false;
  if (found.kind === 'union') return false;
  void env;
  if (ctx === 'bpf_user_pt_regs_t') return found.name === 'pt_regs';
  return found.name !== '' && (found.name === ctx || found.name === PROJECTIONS[ctx]);
}

type Tag = 'ctx' | 'trusted' | 'nonnull' | 'nullable' | 'arena';
const TAGS: readonly string[] = ['ctx', 'trusted', 'nonnull', 'nullable', 'arena'];

/** The `arg:` tags of an argument of a function. @kernel btf_find_next_decl_tag */
function tagsOf(env: Env, btf: KernelBtf, func: number, arg: number, global: boolean): Set<Tag> | Err {
  const tags = new Set<Tag>();
  for (let id = btf.firstId; id < btf.endId; id++) {
    const t = btf.type(id);
    if (t?.kind !== 'decl_tag' || t.type !== func || t.component !== arg || !t.name.startsWith('arg:')) continue;
    if (!global) return reject(env, 'arg-static-tag', { i: arg });
    const tag = t.name.slice(4);
    if (!TAGS.includes(tag)) return reject(env, 'arg-unknown-tags', { i: arg });
    tags.add(tag as Tag);
  }
  return tags;
}

const plain = (kind: SubprogArg['kind'], fields: Partial<SubprogArg> = {}): SubprogArg => ({
  kind,
  flags: 0,
  mem_size: 0,
  btf_id: 0,
  ...fields,
});

function pointerArg(env: Env, btf: KernelBtf, i: number, to: number, tags: ReadonlySet<Tag>): SubprogArg | Err {
  const progType = env.attach?.prog?.progType ?? env.facts.progType;
  const others = (own: Tag): boolean => [...tags].some((t) => t !== own);
  if (tags.has('ctx') || isProgCtxType(env, btf, to, progType)) {
    if (others('ctx')) return reject(env, 'arg-tags', { i });
    if (tags.has('ctx') && !isProgCtxType(env, btf, to, progType)) return notCovered(env, 'arg:ctx of another type');
    return plain('CTX');
  }
  const target = btfTypeSkipModifiers(btf, to);
  if (target?.type.kind === 'struct' && (target.type.name === 'bpf_dynptr' || target.type.name === 'bpf_dynptr_kern')) {
    return tags.size > 0 ? reject(env, 'arg-tags', { i }) : plain('DYNPTR');
  }
  if (tags.has('trusted')) {
    if (tags.has('nonnull')) return reject(env, 'arg-tags', { i });
    const name = target?.type.name ?? '';
    const btf_id = env.types.vmlinux().find('struct', name);
    if (target?.type.kind !== 'struct' || btf_id === undefined)
      return notCovered(env, 'arg:trusted of an unknown type');
    return plain('BTF_ID', { btf_id, flags: FLAG.PTR_TRUSTED | (tags.has('nullable') ? FLAG.PTR_MAYBE_NULL : 0) });
  }
  if (tags.has('arena')) return notCovered(env, 'arena');
  if (tags.has('nullable')) return reject(env, 'arg-tags', { i });
  const size = target && resolveSize(btf, target.id);
  if (size === undefined) {
    const { kind, name } = target?.type ?? { kind: undefined, name: '(anon)' };
    return reject(env, 'arg-size-unknown', { i, type: btfKindText(kind), name: name || '(anon)', err: EINVAL });
  }
  return plain('MEM', { mem_size: size, flags: tags.has('nonnull') ? 0 : FLAG.PTR_MAYBE_NULL });
}

function oneArg(env: Env, btf: KernelBtf, func: number, i: number, type: number, global: boolean): SubprogArg | Err {
  const tags = tagsOf(env, btf, func, i, global);
  if (typeof tags === 'number') return tags;
  const found = btfTypeSkipModifiers(btf, type);
  if (found?.type.kind === 'ptr') {
    const progType = env.attach?.prog?.progType ?? env.facts.progType;
    if (global || isProgCtxType(env, btf, found.type.type, progType)) {
      return pointerArg(env, btf, i, found.type.type, tags);
    }
    const to = btfTypeSkipModifiers(btf, found.type.type)?.type;
    if (to?.kind === 'struct' && (to.name === 'bpf_dynptr' || to.name === 'bpf_dynptr_kern')) return plain('DYNPTR');
  }
  if (tags.size > 0) return reject(env, 'arg-not-pointer', { i });
  if (isNumber(found?.type.kind)) return plain('ANYTHING');
  if (!global) return EINVAL;
  const name = btf.type(func)?.name ?? '';
  return reject(env, 'arg-unsupported', { i, type: btfKindText(found?.type.kind), name });
}

/** Reads the arguments of a subprogram from its BTF. @kernel btf_prepare_func_args */
export function prepareFuncArgs(env: Env, subprog: number): readonly SubprogArg[] | Err {
  const sub = env.subprogs[subprog]!;
  if (sub.args) return sub.args;
  const global = subprogIsGlobal(env, subprog);
  const { btf } = env;
  const func_id = env.func_info?.[subprog]?.type_id;
  if (!btf || !func_id) {
    if (!global) return EINVAL;
    reject(env, 'global-needs-btf');
    return EFAULT;
  }
  const func = btf.type(func_id);
  const proto = func?.kind === 'func' ? btf.type(func.type) : undefined;
  if (proto?.kind !== 'func_proto') return EFAULT;
  const name = func!.name;
  if (proto.params.length > MAX_ARGS) {
    return global ? reject(env, 'global-args', { name, n: proto.params.length, max: MAX_ARGS }) : EINVAL;
  }
  if (!isNumber(btfTypeSkipModifiers(btf, proto.ret)?.type.kind)) {
    return global ? reject(env, 'global-return', { name }) : EINVAL;
  }
  const args: SubprogArg[] = [];
  for (const [i, param] of proto.params.entries()) {
    const arg = oneArg(env, btf, func_id, i, param.type, global);
    if (typeof arg === 'number') return arg;
    args.push(arg);
  }
  sub.args = args;
  return args;
}

/** Memory that a function may read and write. @kernel check_mem_reg */
export function checkMemReg(env: Env, caller: FuncState, regno: number, size: number): Err {
  const c = caller.regs[regno]!;
  if (constValue(c.v) === 0n) return 0;
  const saved = c.v;
  if (mayBeNull(saved)) markNotNull(c);
  const err =
    checkHelperMem(env, regno, size, false, true, undefined) || checkHelperMem(env, regno, size, true, true, undefined);
  c.v = saved;
  return err;
}

function checkArg(env: Env, caller: FuncState, i: number, arg: SubprogArg): Err {
  const regno = i + 1;
  const r = caller.regs[regno]!.v;
  const offset = (): Err => checkFuncArgRegOff(env, regno, r, { release: false, dynptr: false });
  switch (arg.kind) {
    case 'ANYTHING':
      return r.type === 'SCALAR_VALUE' ? 0 : reject(env, 'arg-not-scalar', { r: regno });
    case 'CTX': {
      const err = offset();
      if (err) return err;
      return r.type === 'PTR_TO_CTX' ? 0 : reject(env, 'arg-not-ctx', { i });
    }
    case 'MEM': {
      const err = offset();
      if (err) return err;
      const bad = checkMemReg(env, caller, regno, arg.mem_size);
      if (bad) return env.missing === undefined ? EINVAL : bad;
      return !(arg.flags & FLAG.PTR_MAYBE_NULL) && mayBeNull(r) ? reject(env, 'arg-non-null', { i }) : 0;
    }
    case 'DYNPTR':
      return offset() || processDynptr(env, regno, new Set(['MEM_RDONLY']), 0);
    case 'BTF_ID':
      if (constValue(r) === 0n && arg.flags & FLAG.PTR_MAYBE_NULL) return 0;
      return checkBtfArgOfSubprog(env, regno, r, arg) || offset();
  }
}

/**
 * Whether the registers go with the BTF of a subprogram; -EINVAL too where there is no BTF to say so.
 * @kernel btf_check_subprog_call
 */
export function checkSubprogCall(env: Env, subprog: number, caller: FuncState): Err {
  if (!env.func_info) return EINVAL;
  const sub = env.subprogs[subprog]!;
  if (!env.func_info[subprog]?.type_id) return EFAULT;
  if (sub.unreliable) return EINVAL;
  const args = prepareFuncArgs(env, subprog);
  let err: Err = typeof args === 'number' ? args : 0;
  if (typeof args !== 'number') {
    for (const [i, arg] of args.entries()) {
      err = checkArg(env, caller, i, arg);
      if (err) break;
    }
  }
  if (err) sub.unreliable = true;
  return err;
}
