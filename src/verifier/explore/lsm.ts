/** What LSM hooks may return. */
import { lsmHook } from '../../spec/attach/lsm.ts';
import type { AttachTarget } from '../env.ts';

const MAX_ERRNO = 4095;

/** Whether the hook returns nothing. */
export function isVoidHook({ btf, proto_id }: AttachTarget): boolean {
  const proto = btf.type(proto_id);
  return proto?.kind === 'func_proto' && proto.ret === 0;
}

/** Range of the result; undefined for hooks that have none. @kernel bpf_lsm_get_retval_range */
export function lsmRetvalRange(target: AttachTarget): readonly [min: number, max: number] | undefined {
  if (isVoidHook(target)) return undefined;
  return lsmHook(target.name)?.bool ? [0, 1] : [-MAX_ERRNO, 0];
}
