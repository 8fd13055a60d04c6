/** Objects that the program allocates, and lists and trees of them, as arguments: only what is refused at once is covered. */
import type { Env, Err } from '../env.ts';
import { notCovered, reject } from '../env.ts';
import type { Reg } from '../value/reg.ts';
import { FLAG } from '../value/reg.ts';
import { tnumIsConst } from '../value/tnum.ts';
import type { KfuncArgKind } from './kfuncArgKind.ts';
import type { KfuncMeta } from './kfuncMeta.ts';

const later = (env: Env): Err => notCovered(env, 'objects that the program allocates');

/** @kernel __process_kf_arg_ptr_to_graph_root */
function rootArg(env: Env, what: string, i: number, r: Reg): Err {
  const { MEM_ALLOC } = FLAG;
  if (r.type === 'PTR_TO_BTF_ID' && r.flags === MEM_ALLOC) return later(env);
  if (r.type !== 'PTR_TO_MAP_VALUE' || r.flags !== 0) return reject(env, 'kfunc-list-head', { i });
  if (!tnumIsConst(r.var_off)) return reject(env, 'kfunc-graph-variable', { r: i + 1, what });
  if (r.map?.record) return later(env);
  return reject(env, 'kfunc-graph-none', { what, off: (r.off + Number(r.var_off.value)) >>> 0 });
}

/** Arguments of the kinds that only allocated objects go with. */
export function objectArg(env: Env, kind: KfuncArgKind, i: number, r: Reg, meta: KfuncMeta): Err {
  const object = r.type === 'PTR_TO_BTF_ID' && (r.flags & FLAG.MEM_ALLOC) !== 0;
  switch (kind) {
    case 'LIST_HEAD':
      return rootArg(env, 'bpf_list_head', i, r);
    case 'RB_ROOT':
      return rootArg(env, 'bpf_rb_root', i, r);
    case 'REFCOUNTED_KPTR':
      return object ? later(env) : reject(env, 'kfunc-refcounted', { i });
    case 'RB_NODE':
      if (meta.name === 'bpf_rbtree_remove' && !object) return reject(env, 'kfunc-rb-remove');
      return object ? later(env) : reject(env, 'kfunc-graph-node', { i });
    default:
      return object ? later(env) : reject(env, 'kfunc-alloc', { i });
  }
}
