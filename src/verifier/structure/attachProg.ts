/** Programs that trace or replace a function of another program. */
import type { KernelBtf } from '../../btf/kernelBtf.ts';
import type { BtfType } from '../../btf/parse.ts';
import type { ProgRequest } from '../../spec/request.ts';
import type { Env, Err, ProgFacts, Subprog } from '../env.ts';
import { notCovered, reject } from '../env.ts';
import { distillFuncProto } from './distill.ts';
import type { ProgInfo } from './progInfo.ts';
import { btfTypeStr, typeBehind } from './types.ts';

const [EINVAL, EFAULT] = [-22, -14];

/** A program that was accepted, as far as others may be attached to it. */
export interface TargetProg extends Pick<ProgInfo, 'btf' | 'func_info' | 'func_info_aux'> {
  readonly facts: ProgFacts;
  readonly subprogs: readonly Subprog[];
}

type Proto = BtfType & { readonly kind: 'func_proto' };

interface Func {
  readonly btf: KernelBtf;
  readonly name: string;
  readonly linkage: number;
  readonly proto: Proto;
}

const GLOBAL = 1;
const sizeOf = (t: BtfType | undefined): number | undefined => (t && 'size' in t ? t.size : undefined);

/** What BTF packs into one word of a type: kind, number of members, flag. */
function sameInfo(a: BtfType | undefined, b: BtfType | undefined): boolean {
  const members = (t: BtfType | undefined): number => {
    if (t?.kind === 'struct' || t?.kind === 'union') return t.members.length;
    if (t?.kind === 'enum' || t?.kind === 'enum64') return t.values.length;
    return t?.kind === 'func_proto' ? t.params.length : 0;
  };
  return a?.kind === b?.kind && members(a) === members(b);
}

function matchArg(env: Env, a: Func, b: Func, i: number): Err {
  const [t1, t2] = [a, b].map((f) => typeBehind(f.btf, f.proto.params[i]!.type));
  const [fn1, fn2] = [a.name, b.name];
  if (!sameInfo(t1, t2)) return reject(env, 'ext-arg-kind', { i, fn1, t1: btfTypeStr(t1), fn2, t2: btfTypeStr(t2) });
  const [s1, s2] = [sizeOf(t1), sizeOf(t2)];
  if (s1 !== undefined && s1 !== s2) return reject(env, 'ext-arg-size', { i, fn1, s1, fn2, s2: s2 ?? 0 });
  if (t1?.kind === 'int' || t1?.kind === 'enum' || t1?.kind === 'enum64') return 0;
  if (t1?.kind !== 'ptr' || t2?.kind !== 'ptr') return reject(env, 'ext-arg-type', { i, fn: fn1 });
  const [p1, p2] = [typeBehind(a.btf, t1.type), typeBehind(b.btf, t2.type)];
  for (const [p, fn] of [[p1, fn1] as const, [p2, fn2] as const]) {
    if (p?.kind !== 'struct' && p?.kind !== 'union') return reject(env, 'ext-arg-ctx', { i, fn });
  }
  if (p1!.name === p2!.name) return 0;
  return reject(env, 'ext-arg-name', { i, fn1, s1: p1!.name, fn2, s2: p2!.name });
}

/** @kernel btf_check_func_type_match */
function checkFuncTypeMatch(env: Env, a: Func, b: Func): Err {
  for (const f of [a, b]) if (f.linkage !== GLOBAL) return reject(env, 'ext-not-global', { fn: f.name });
  const [n1, n2] = [a.proto.params.length, b.proto.params.length];
  if (n1 !== n2) return reject(env, 'ext-args', { fn1: a.name, n1, fn2: b.name, n2 });
  const [t1, t2] = [a, b].map((f) => typeBehind(f.btf, f.proto.ret));
  if (!sameInfo(t1, t2)) {
    return reject(env, 'ext-return', { t1: btfTypeStr(t1), fn1: a.name, t2: btfTypeStr(t2), fn2: b.name });
  }
  for (let i = 0; i < n1; i++) {
    const err = matchArg(env, a, b, i);
    if (err) return err;
  }
  return 0;
}

function funcOf(btf: KernelBtf | undefined, id: number | undefined): Func | undefined {
  const func = id === undefined ? undefined : btf?.type(id);
  const proto = func?.kind === 'func' ? btf!.type(func.type) : undefined;
  if (func?.kind !== 'func' || proto?.kind !== 'func_proto') return undefined;
  return { btf: btf!, name: func.name, linkage: func.linkage, proto };
}

/** @kernel btf_check_type_match */
function checkTypeMatch(env: Env, target: Func): Err {
  if (env.func_info.length === 0) return reject(env, 'ext-btf');
  const own = funcOf(env.btf, env.func_info[0]!.type_id);
  return own ? checkFuncTypeMatch(env, own, target) : EFAULT;
}

/** What only extensions, or only tracing programs, may do. */
function checkKinds(env: Env, target: TargetProg, subprog: number): Err {
  const { progType } = env.facts;
  if (progType === 'ext') {
    if (target.func_info_aux[subprog]!.unreliable) return reject(env, 'ext-static');
    const [own, other] = [env.subprogs[0]!, target.subprogs[subprog]!];
    if (own.changes_pkt_data && !other.changes_pkt_data) return reject(env, 'ext-packet');
  }
  const { facts } = target;
  const type = facts.extends ? 'ext' : facts.progType;
  if (progType !== 'tracing' && type === progType) return reject(env, 'ext-recursive');
  const traced = facts.attachType === 'trace_fentry' || facts.attachType === 'trace_fexit';
  if (progType === 'ext' && facts.progType === 'tracing' && traced) return reject(env, 'ext-tracing');
  return 0;
}

/** The part of bpf_check_attach_target for programs attached to a program; the target's type is in `env.attach` afterwards. */
export function checkAttachProg(env: Env, target: TargetProg, request: ProgRequest): Err {
  const { progType, attachType, sleepable } = env.facts;
  const id = request.attach_btf_name
    ? target.btf?.find(request.attach_btf_kind ?? 'func', request.attach_btf_name)
    : request.attach_btf_id;
  if (request.attach_btf_name && id === undefined) return notCovered(env, 'attach target that is not in the program');
  if (!id) return reject(env, 'tracing-btf-id');
  const { btf } = target;
  if (!btf) return reject(env, 'attach-prog-btf');
  const type = btf.type(id);
  if (!type) return reject(env, 'attach-id-invalid', { id });
  const subprog = target.func_info.findIndex((f) => f.type_id === id);
  const { name } = type;
  if (subprog < 0) return reject(env, 'attach-subprog', { name });
  const unreliable = target.func_info_aux[subprog]!.unreliable;
  let err = checkKinds(env, target, subprog);
  if (err) return err;
  if (attachType === 'trace_raw_tp') return reject(env, 'attach-prog-kind');
  if (progType === 'tracing' && (attachType === undefined || attachType === 'trace_iter')) {
    return attachType ? notCovered(env, 'iterator on a program') : EINVAL;
  }
  const func = funcOf(btf, id);
  if (!func) return reject(env, 'attach-not-func', { id });
  if (progType === 'ext' && checkTypeMatch(env, func)) return env.missing === undefined ? EINVAL : -1;
  err = unreliable ? 0 : distillFuncProto(env, btf, func.proto, name);
  if (err) return err;
  if (sleepable) return reject(env, 'attach-not-sleepable', { name });
  if (attachType === 'modify_return') return reject(env, 'attach-prog-return');
  const { progType: targetType, attachType: targetAttach } = target.facts;
  const proto_id = unreliable || type.kind !== 'func' ? 0 : type.type;
  env.attach = { btf, btf_id: id, name, proto_id, prog: { progType: targetType, attachType: targetAttach, subprog } };
  return 0;
}
