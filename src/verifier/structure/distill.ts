/** Whether a trampoline can pass a function's arguments on. */
import type { KernelBtf } from '../../btf/kernelBtf.ts';
import { btfTypeSkipModifiers } from '../../btf/kernelBtf.ts';
import type { BtfType } from '../../btf/parse.ts';
import type { Env, Err } from '../env.ts';
import { reject } from '../env.ts';
import { btfTypeStr } from './types.ts';

const EINVAL = -22;
const MAX_BPF_FUNC_ARGS = 12;
const MAX_STRUCT_ARG = 16;

/** Bytes of a value, negative for what has none; the type without modifiers. @kernel __get_type_size */
function typeSize(btf: KernelBtf, id: number): { size: number; type: BtfType | undefined } {
  if (id === 0) return { size: 0, type: undefined };
  const type = btfTypeSkipModifiers(btf, id)?.type;
  if (type?.kind === 'ptr') return { size: 8, type };
  const sized = type?.kind === 'int' || type?.kind === 'enum' || type?.kind === 'enum64' || type?.kind === 'struct';
  return { size: sized ? type.size : EINVAL, type };
}

/** Whether a trampoline can pass the arguments on. @kernel btf_distill_func_proto */
export function distillFuncProto(
  env: Env,
  btf: KernelBtf,
  proto: BtfType & { readonly kind: 'func_proto' },
  name: string,
): Err {
  const { params } = proto;
  if (params.length > MAX_BPF_FUNC_ARGS) return reject(env, 'attach-args', { name, n: params.length });
  const ret = typeSize(btf, proto.ret);
  if (ret.size < 0 || ret.type?.kind === 'struct') {
    return reject(env, 'attach-return', { name, type: btfTypeStr(ret.type) });
  }
  for (const [i, param] of params.entries()) {
    if (i === params.length - 1 && param.type === 0) return reject(env, 'attach-varargs', { name });
    const { size, type } = typeSize(btf, param.type);
    if (size < 0 || size > MAX_STRUCT_ARG) {
      return reject(env, 'attach-arg', { name, i, type: btfTypeStr(type) });
    }
    if (size === 0) return reject(env, 'attach-void-arg', { name });
  }
  return 0;
}
