/** What a tracing, LSM or extension program is attached to, and whether it may be. */
import type { BtfFound, KernelBtf } from '../../btf/kernelBtf.ts';
import { findAttachTarget, findKind } from '../../btf/kernelBtf.ts';
import { functionAttach } from '../../spec/attach/functions.ts';
import { ITERATORS } from '../../spec/attach/iterators.ts';
import { lsmHook } from '../../spec/attach/lsm.ts';
import { attachTypeName } from '../../spec/attachTypes.ts';
import type { ProgRequest } from '../../spec/request.ts';
import type { Env, Err } from '../env.ts';
import { notCovered, reject } from '../env.ts';
import { expectedAttachType } from '../load.ts';
import { checkAttachProg, type TargetProg } from './attachProg.ts';
import { distillFuncProto } from './distill.ts';

const EINVAL = -22;
const TP_PREFIX = 'btf_trace_';
const ITER_PREFIX = 'bpf_iter_';

/** Prog types whose rules need BTF of the attach target. */
const BY_BTF: ReadonlySet<string> = new Set(['tracing', 'lsm', 'ext']);

const SLEEPABLE_TRACING: ReadonlySet<string | undefined> = new Set([
  'trace_fentry',
  'trace_fexit',
  'modify_return',
  'trace_iter',
]);

/** @kernel can_be_sleepable */
function canBeSleepable(env: Env): boolean {
  const { progType, attachType } = env.facts;
  if (progType === 'tracing') return SLEEPABLE_TRACING.has(attachType);
  return progType === 'lsm' || progType === 'kprobe' || progType === 'struct_ops';
}

/** The type that `attach_btf_id` stands for in the kernel's BTF, or why there is none. */
function kernelTarget(env: Env, request: ProgRequest): BtfFound | undefined | Err {
  const btf = env.types.vmlinux();
  const { attach_btf_name: name, attach_btf_id: id, attach_btf_kind: kind } = request;
  if (name !== undefined) {
    const [prefix] = Object.entries(PREFIXES).find(([p, hook]) => name.startsWith(p) && hook(env)) ?? [''];
    const found = kind
      ? findKind(btf, kind, name)
      : findAttachTarget(btf, env.facts.attachType ?? '', name.slice(prefix.length));
    return found.ok ? found.value : notCovered(env, `attach target ${name} of a module`);
  }
  if (!id) return undefined;
  const type = btf.type(id);
  return type ? { id, type } : reject(env, 'attach-id-invalid', { id });
}

/** Prefixes that a name may have already. */
const PREFIXES: Readonly<Record<string, (env: Env) => boolean>> = {
  [TP_PREFIX]: (env) => env.facts.attachType === 'trace_raw_tp',
  [ITER_PREFIX]: (env) => env.facts.attachType === 'trace_iter',
  bpf_lsm_: (env) => env.facts.progType === 'lsm',
};

/** A raw tracepoint's arguments are those of the function type behind its typedef. */
function rawTp(env: Env, btf: KernelBtf, { id, type }: BtfFound): Err {
  if (type.kind !== 'typedef') return reject(env, 'attach-not-typedef', { id });
  if (!type.name.startsWith(TP_PREFIX)) return reject(env, 'attach-wrong-name', { id, name: type.name });
  const name = type.name.slice(TP_PREFIX.length);
  const pointer = btf.type(type.type);
  const proto = pointer?.kind === 'ptr' ? pointer.type : 0;
  if (btf.type(proto)?.kind !== 'func_proto') return EINVAL;
  env.attach = { btf, btf_id: id, name, proto_id: proto, prog: undefined };
  return 0;
}

/** A function of the kernel with the rules of the attach type. */
function kernelFunction(env: Env, btf: KernelBtf, { id, type }: BtfFound): Err {
  const { progType, attachType, sleepable } = env.facts;
  if (type.kind !== 'func') return reject(env, 'attach-not-func', { id });
  const { name } = type;
  const proto = btf.type(type.type);
  if (proto?.kind !== 'func_proto') return EINVAL;
  const err = distillFuncProto(env, btf, proto, name);
  if (err) return err;
  env.attach = { btf, btf_id: id, name, proto_id: type.type, prog: undefined };
  if (attachType === 'trace_iter') return 0;
  const known = functionAttach(name);
  if (sleepable) {
    const ok = progType === 'lsm' ? lsmHook(name)?.sleepable === true : known.sleepable;
    return ok ? 0 : reject(env, 'attach-not-sleepable', { name });
  }
  return attachType === 'modify_return' && !known.modifiable ? reject(env, 'attach-not-modifiable', { name }) : 0;
}

/** @kernel bpf_lsm_verify_prog */
function lsmVerifyProg(env: Env, id: number, name: string): Err {
  if (!env.facts.gpl) return reject(env, 'lsm-gpl');
  const hook = lsmHook(name);
  if (hook?.disabled) return reject(env, 'lsm-disabled', { id, name });
  return hook ? 0 : reject(env, 'attach-wrong-name', { id, name });
}

/** @kernel bpf_check_attach_target */
function checkAttachTarget(env: Env, btf: KernelBtf, found: BtfFound): Err {
  const { attachType } = env.facts;
  if (env.facts.progType === 'ext') return reject(env, 'ext-kernel');
  switch (attachType) {
    case 'trace_raw_tp':
      return rawTp(env, btf, found);
    case 'trace_iter':
    case 'trace_fentry':
    case 'trace_fexit':
    case 'modify_return':
    case 'lsm_mac':
    case 'lsm_cgroup':
      return kernelFunction(env, btf, found);
    default:
      return EINVAL;
  }
}

/** What follows for single kinds of programs once the target is known. */
function afterTarget(env: Env): Err {
  const { progType, attachType } = env.facts;
  const { name, btf_id } = env.attach!;
  if (attachType === 'trace_raw_tp') return 0;
  if (attachType === 'trace_iter') {
    const iter = name.startsWith(ITER_PREFIX) ? name.slice(ITER_PREFIX.length) : '';
    return Object.hasOwn(ITERATORS, iter) ? 0 : EINVAL;
  }
  if (progType === 'lsm') return lsmVerifyProg(env, btf_id, name);
  return functionAttach(name).denied ? EINVAL : 0;
}

/** @kernel check_attach_btf_id */
export function checkAttachBtfId(env: Env, request: ProgRequest, target: TargetProg | undefined): Err {
  const { progType, attachType, sleepable } = env.facts;
  if (progType === 'syscall') return sleepable ? 0 : reject(env, 'syscall-sleepable');
  if (sleepable && !canBeSleepable(env)) return reject(env, 'sleepable-kind');
  if (progType === 'struct_ops') return notCovered(env, 'struct_ops');
  if (!BY_BTF.has(progType)) return 0;
  const given = attachTypeName(expectedAttachType(request, progType)) ?? '';
  if (attachType !== given && (SLEEPABLE_TRACING.has(given) || given.startsWith('lsm_') || given === 'trace_raw_tp')) {
    return notCovered(env, `attach type ${given} of prog type ${progType}`);
  }
  if (target) {
    const err = checkAttachProg(env, target, request);
    if (!err && progType === 'ext') env.facts = { ...target.facts, extends: true, sleepable };
    return err;
  }
  const found = kernelTarget(env, request);
  if (typeof found === 'number') return found;
  if (!found) return reject(env, 'tracing-btf-id');
  const err = checkAttachTarget(env, env.types.vmlinux(), found) || afterTarget(env);
  if (err) return err;
  env.facts = { ...env.facts, caller: { ...env.facts.caller, target: callerTarget(env) } };
  return 0;
}

/** How helpers' rows name the target. */
function callerTarget(env: Env): string {
  const { name } = env.attach!;
  const prefix = [ITER_PREFIX, 'bpf_lsm_'].find((p) => name.startsWith(p)) ?? '';
  return name.slice(prefix.length);
}
