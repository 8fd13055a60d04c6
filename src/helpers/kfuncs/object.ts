/** Memory that programs allocate: structs of their own, once or for each CPU. */
import { objDrop } from '../../maps/kptr.ts';
import { roundUp8 } from '../../maps/object.ts';
import type { HelperEnv } from '../env.ts';
import { kfunc } from './row.ts';

/** Zeroed memory, 0 when there is none. */
function allocate({ arena }: HelperEnv, size: number): number {
  const region = arena.alloc({ kind: 'memory', size });
  return region.ok ? region.value : 0;
}

export const objectKfuncs = {
  bpf_obj_new_impl: kfunc(['local_type', 'ignored'], 'pointer', (env, size) => allocate(env, size)),
  bpf_percpu_obj_new_impl: kfunc(['local_type', 'ignored'], 'pointer', (env, size) =>
    allocate(env, roundUp8(size) * env.maps.cpus),
  ),
  bpf_obj_drop_impl: kfunc(['object', 'ignored'], 'void', (env, object) => objDrop(env.arena, object)),
  bpf_percpu_obj_drop_impl: kfunc(['object', 'ignored'], 'void', (env, object) => objDrop(env.arena, object)),
};
