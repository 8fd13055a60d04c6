/** A function's parameters as its BTF tells them: what the verifier expects in R1 to R5. */
import type { KernelBtf } from '../../btf/kernelBtf.ts';
import type { BtfType } from '../../btf/parse.ts';
import { resolveSize } from '../../btf/size.ts';
import { ERRNO } from '../../spec/errno.ts';
import { KFUNCS, kfuncRow } from '../../spec/kfuncs/index.ts';
import type { Env, Err } from '../env.ts';
import { notCovered, verbose } from '../env.ts';
import { FLAG } from '../value/reg.ts';
import { isProgCtxType, progCtxTypeDefect } from './progCtx.ts';
import type { SubprogArg } from './progInfo.ts';
import { btfTypeStr, type PtrType, typeBehind, typesOf } from './types.ts';

const MAX_ARGS = 5;
const TAGS = ['ctx', 'trusted', 'nonnull', 'nullable', 'arena'] as const;
type Tag = (typeof TAGS)[number];

/** Modules with types that functions may ask for. */
const MODULES = [...new Set(Object.keys(KFUNCS).flatMap((name) => kfuncRow(name)?.module ?? []))];

const isScalar = (t: BtfType | undefined): boolean => t?.kind === 'int' || t?.kind === 'enum' || t?.kind === 'enum64';

interface Func {
  readonly env: Env;
  readonly btf: KernelBtf;
  readonly id: number;
  readonly name: string;
  readonly global: boolean;
}

function say(f: Func, text: string, errno: number = ERRNO.EINVAL): Err {
  verbose(f.env, `${text}\n`);
  return -errno;
}

/** The `arg:` tags of a parameter. */
function tagsOf(f: Func, i: number): ReadonlySet<Tag> | Err {
  const tags = new Set<Tag>();
  for (const t of typesOf(f.btf)) {
    if (t?.kind !== 'decl_tag' || t.type !== f.id || t.component !== i || !t.name.startsWith('arg:')) continue;
    if (!f.global) return say(f, `arg#${i} type tag is not supported in static functions`, ERRNO.EOPNOTSUPP);
    const tag = TAGS.find((name) => `arg:${name}` === t.name);
    if (!tag) return say(f, `arg#${i} has unsupported set of tags`, ERRNO.EOPNOTSUPP);
    tags.add(tag);
  }
  return tags;
}

function arg(kind: SubprogArg['kind'], fields: Partial<SubprogArg> = {}): SubprogArg {
  return { kind, flags: 0, mem_size: 0, btf_id: 0, ...fields };
}

/** A name without what makes it a variant: `task_struct___new`. @kernel bpf_core_essential_name_len */
const essentialName = (name: string): string => name.replace(/(?<=[^_])___(?=[^_]).*$/, '');

/** Ids of the kernel's types of this kind and name. @kernel bpf_core_find_cands */
function candidates(btf: KernelBtf, kind: BtfType['kind'], name: string): number[] {
  const found: number[] = [];
  for (let id = btf.firstId; id < btf.endId; id++) {
    const t = btf.type(id)!;
    if (t.kind === kind && t.name !== undefined && t.name.startsWith(name) && essentialName(t.name) === name)
      found.push(id);
  }
  return found;
}

/** @kernel btf_get_ptr_to_btf_id */
function trustedArg(f: Func, i: number, to: BtfType | undefined, tags: ReadonlySet<Tag>): SubprogArg | Err {
  const { types } = f.env;
  const name = essentialName(to?.name ?? '');
  if (!to || name === '') return notCovered(f.env, 'trusted pointer to a type without a name');
  const [btf_id, second] = candidates(types.vmlinux(), to.kind, name);
  if (btf_id === undefined || second !== undefined) {
    const inModule = MODULES.some(
      (module) => (types.module(module)?.find(to.kind, name) ?? 0) >= types.vmlinux().endId,
    );
    if (inModule) return notCovered(f.env, 'trusted pointer to a type of a module');
    const words = btf_id === undefined ? 'has no matches' : 'is ambiguous';
    const errno = btf_id === undefined ? ERRNO.ENOENT : ERRNO.ESRCH;
    return say(f, `arg#${i} reference type('${btfTypeStr(to)} ${to.name}') ${words}`, errno);
  }
  return arg('BTF_ID', { btf_id, flags: FLAG.PTR_TRUSTED | (tags.has('nullable') ? FLAG.PTR_MAYBE_NULL : 0) });
}

function pointerArg(f: Func, i: number, t: PtrType, tags: ReadonlySet<Tag>): SubprogArg | Err {
  const { env, btf } = f;
  const { progType, attachType } = env.attach?.prog ?? env.facts;
  const only = (...allowed: readonly Tag[]): boolean => [...tags].every((tag) => allowed.includes(tag));
  const bad = (): Err => say(f, `arg#${i} has invalid combination of tags`);
  if (tags.has('ctx') || isProgCtxType(btf, t, progType)) {
    if (!only('ctx')) return bad();
    const defect = tags.has('ctx') ? progCtxTypeDefect(btf, t, progType, attachType) : undefined;
    return defect === undefined ? arg('CTX') : say(f, `arg#${i} ${defect}`);
  }
  const to = typeBehind(btf, t.type);
  if (to?.kind === 'struct' && to.name === 'bpf_dynptr') return tags.size > 0 ? bad() : arg('DYNPTR');
  if (tags.has('trusted')) return tags.has('nonnull') ? bad() : trustedArg(f, i, to, tags);
  if (tags.has('arena')) return only('arena') ? arg('ARENA') : bad();
  if (!f.global) return -ERRNO.EINVAL;
  if (tags.has('nullable')) return bad();
  const size = resolveSize(btf, t.type);
  if (size !== undefined) return arg('MEM', { mem_size: size, flags: tags.has('nonnull') ? 0 : FLAG.PTR_MAYBE_NULL });
  const named = `${btfTypeStr(to)} ${to?.name ?? ''}`;
  return say(f, `arg#${i} reference type('${named}') size cannot be determined: -${ERRNO.EINVAL}`);
}

function argOf(f: Func, i: number, id: number): SubprogArg | Err {
  const tags = tagsOf(f, i);
  if (typeof tags === 'number') return tags;
  const t = typeBehind(f.btf, id);
  if (t?.kind === 'ptr') return pointerArg(f, i, t, tags);
  if (tags.size > 0) return say(f, `arg#${i} has pointer tag, but is not a pointer type`);
  if (isScalar(t)) return arg('ANYTHING');
  return f.global ? say(f, `Arg#${i} type ${btfTypeStr(t)} in ${f.name}() is not supported yet.`) : -ERRNO.EINVAL;
}

/** Parameters of a subprogram; what is wrong with a global one is told in the log. @kernel btf_prepare_func_args */
export function prepareFuncArgs(env: Env, subprog: number): readonly SubprogArg[] | Err {
  const { btf } = env;
  const aux = env.func_info_aux[subprog];
  const id = env.func_info[subprog]?.type_id;
  const func = id === undefined ? undefined : btf?.type(id);
  const proto = func?.kind === 'func' ? btf?.type(func.type) : undefined;
  if (!btf || !aux || id === undefined || proto?.kind !== 'func_proto') return -ERRNO.EFAULT;
  if (aux.args) return aux.args;
  const f: Func = { env, btf, id, name: aux.name, global: aux.linkage === 'global' };
  const count = proto.params.length;
  const refuse = (text: string): Err => (f.global ? say(f, `Global function ${f.name}() ${text}`) : -ERRNO.EINVAL);
  if (count > MAX_ARGS) return refuse(`with ${count} > ${MAX_ARGS} args. Buggy compiler.`);
  const ret = typeBehind(btf, proto.ret);
  if (!isScalar(ret)) return refuse("doesn't return scalar. Only those are supported.");
  const args: SubprogArg[] = [];
  for (const [i, { type }] of proto.params.entries()) {
    const read = argOf(f, i, type);
    if (typeof read === 'number') return read;
    args.push(read);
  }
  aux.args = args;
  return args;
}

/** A main function whose BTF does not say that it gets the context is not believed. @kernel do_check_common */
export function prepareMainArgs(env: Env): void {
  const [main] = env.func_info_aux;
  if (!main) return;
  const args = prepareFuncArgs(env, 0);
  main.unreliable = typeof args === 'number' || args.length !== 1 || args[0]!.kind !== 'CTX';
}
