/** What R0 holds behind a call of a kernel function. */
import { btfTypeSkipModifiers as skip } from '../../btf/kernelBtf.ts';
import { resolveSize } from '../../btf/size.ts';
import { mayAccessPacket } from '../access/check.ts';
import type { Env, Err } from '../env.ts';
import { newId, notCovered, reject } from '../env.ts';
import { curFrame, LIVE } from '../state.ts';
import { btfTypeStr } from '../structure/types.ts';
import type { Reg } from '../value/reg.ts';
import { FLAG, pointer, UNKNOWN } from '../value/reg.ts';
import { iterAt } from './iter.ts';
import type { KfuncMeta } from './kfuncMeta.ts';
import { isScalarType } from './kfuncMeta.ts';
import { acquireReference } from './references.ts';

/** Their results are objects of the program. */
const GRAPH: ReadonlySet<string> = new Set([
  'bpf_obj_new_impl',
  'bpf_percpu_obj_new_impl',
  'bpf_refcount_acquire_impl',
  'bpf_list_pop_front',
  'bpf_list_pop_back',
  'bpf_rbtree_remove',
  'bpf_rbtree_first',
]);

/** The slice of a dynptr. */
function slice(env: Env, meta: KfuncMeta): Reg | Err {
  const { dynptr, constant } = meta;
  if (!dynptr || constant === undefined) return notCovered(env, 'slice of an unknown size');
  const rdonly = meta.name === 'bpf_dynptr_slice';
  if (!rdonly) {
    if (!mayAccessPacket(env, true)) return reject(env, 'kfunc-packet-write');
    env.seen_direct_write = true;
  }
  const kind = dynptr.type === 'INVALID' ? 0 : FLAG[`DYNPTR_TYPE_${dynptr.type}`];
  const flags = kind | (rdonly ? FLAG.MEM_RDONLY : 0);
  return pointer('PTR_TO_MEM', { flags, mem_size: Number(constant & 0xffff_ffffn), dynptr_id: dynptr.id });
}

/** A new object of the program's: what is refused at once. */
function newObject(env: Env, { name, constant = 0n }: KfuncMeta): Err {
  if (name !== 'bpf_obj_new_impl' && name !== 'bpf_percpu_obj_new_impl') return notCovered(env, 'allocated objects');
  if (constant >> 32n !== 0n) return reject(env, 'kfunc-object-range');
  if (!env.btf) return reject(env, 'kfunc-object-btf');
  const made = env.btf.type(Number(constant));
  return made?.kind === 'struct' ? notCovered(env, 'allocated objects') : reject(env, 'kfunc-object-struct');
}

/** Functions whose results their prototypes do not tell. */
function special(env: Env, meta: KfuncMeta): Reg | Err | undefined {
  const btf = env.types.vmlinux();
  if (GRAPH.has(meta.name)) return newObject(env, meta);
  switch (meta.name) {
    case 'bpf_cast_to_kern_ctx':
      return pointer('PTR_TO_BTF_ID', { flags: FLAG.PTR_TRUSTED, btf, btf_id: meta.ret_btf_id });
    case 'bpf_rdonly_cast': {
      const id = Number((meta.constant ?? 0n) & 0xffff_ffffn);
      const kind = btf.type(id)?.kind;
      if (kind !== 'struct' && kind !== 'union') return reject(env, 'kfunc-cast-type');
      return pointer('PTR_TO_BTF_ID', { flags: FLAG.PTR_UNTRUSTED, btf, btf_id: id });
    }
    case 'bpf_dynptr_slice':
    case 'bpf_dynptr_slice_rdwr':
      return slice(env, meta);
    default:
      return undefined;
  }
}

function byType(env: Env, meta: KfuncMeta, to: ReturnType<typeof skip>): Reg | Err {
  const { btf } = meta;
  if (!to) return UNKNOWN;
  if (to.type.kind !== 'struct') {
    const size = meta.r0_size || (resolveSize(btf, to.id) ?? 0);
    const rdonly = meta.r0_size === 0 || meta.r0_rdonly;
    if (!size) {
      return reject(env, 'kfunc-returns', { name: meta.name, type: btfTypeStr(to.type), struct: to.type.name });
    }
    const flags = rdonly ? FLAG.MEM_RDONLY : 0;
    return pointer('PTR_TO_MEM', { flags, mem_size: size, ref_obj_id: meta.ref_obj_id });
  }
  let flags = 0;
  if (meta.flags.has('KF_ITER_NEXT') && meta.iter) {
    flags = iterAt(env.cur, meta.iter).flags & FLAG.MEM_RCU ? FLAG.MEM_RCU : FLAG.PTR_TRUSTED;
  }
  return pointer('PTR_TO_BTF_ID', { flags, btf, btf_id: to.id });
}

/** Sets R0. */
export function kfuncResult(env: Env, meta: KfuncMeta): Err {
  const c = curFrame(env.cur).regs[0]!;
  const ret = skip(meta.btf, meta.ret)?.type;
  if (isScalarType(ret)) c.v = UNKNOWN;
  else if (ret?.kind === 'ptr') {
    const made = special(env, meta) ?? byType(env, meta, skip(meta.btf, ret.type));
    if (typeof made === 'number') return made;
    let r = made;
    const nullable = meta.flags.has('KF_RET_NULL');
    if (nullable) r = { ...r, flags: r.flags | FLAG.PTR_MAYBE_NULL, id: newId(env) };
    if (meta.flags.has('KF_ACQUIRE')) {
      const id = acquireReference(env);
      r = { ...r, id: nullable ? id : r.id, ref_obj_id: id };
    }
    c.v = r;
  } else return 0;
  c.live |= LIVE.WRITTEN;
  return 0;
}
