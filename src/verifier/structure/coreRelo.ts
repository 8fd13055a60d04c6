/** CO-RE relocations that the kernel is asked to apply itself, as light skeletons do. */
import type { KernelBtf } from '../../btf/kernelBtf.ts';
import { ERRNO } from '../../spec/errno.ts';
import type { ProgRequest } from '../../spec/request.ts';
import type { Env, Err } from '../env.ts';
import { notCovered, reject } from '../env.ts';
import { badRecSize, infoRecords } from './infoRecords.ts';

const CORE_RELO = 16;
const SLOT = 8;

/** The first record's own checks; to apply a relocation is not covered. @kernel check_core_relo */
export function checkCoreRelo(env: Env, btf: KernelBtf, request: ProgRequest): Err {
  const relos = infoRecords(request.core_relo, request.core_relo_rec_size, CORE_RELO);
  if (!relos) return notCovered(env, 'core_relo that is not hexadecimal');
  if (relos.count === 0) return 0;
  if (badRecSize(relos.size, CORE_RELO)) return -ERRNO.EINVAL;
  const len = env.insns.length;
  if (!relos.tailZero(0, CORE_RELO)) return reject(env, 'core-tail');
  const [off, id] = [relos.u32(0, 0), relos.u32(0, 4)];
  if (off % SLOT !== 0 || off / SLOT >= len) return reject(env, 'core-off', { i: 0, off, len });
  if (id !== 0 && !btf.type(id)) return reject(env, 'core-type', { i: 0, id });
  return notCovered(env, 'CO-RE relocation by the kernel');
}
