/** Pointers to kernel objects as arguments of kernel functions. */
import type { KernelBtf } from '../../btf/kernelBtf.ts';
import { btfTypeSkipModifiers as skip } from '../../btf/kernelBtf.ts';
import { btfStructIdsMatch } from '../access/btfWalk.ts';
import type { Env, Err } from '../env.ts';
import { reject } from '../env.ts';
import { regTypeStr } from '../log/print.ts';
import { btfTypeStr } from '../structure/types.ts';
import type { Reg } from '../value/reg.ts';
import { FLAG } from '../value/reg.ts';
import { hasUnsafeModifiers, isTrusted, REG2BTF, TRUSTED_MODIFIERS } from '../value/trusted.ts';
import type { KfuncMeta } from './kfuncMeta.ts';
import { takesTrusted } from './kfuncMeta.ts';

const NOCAST = '___init';
const PROJECTION_OF: Readonly<Record<string, string>> = { __sk_buff: 'sk_buff', xdp_md: 'xdp_buff' };

/** The object must live for as long as the function needs it. */
export function checkTrusted(env: Env, r: Reg, regno: number, meta: KfuncMeta): Err {
  const rcu = meta.flags.has('KF_RCU');
  if ((!takesTrusted(meta) && !rcu) || isTrusted(r)) return 0;
  if (!rcu) return reject(env, 'kfunc-trusted', { r: regno });
  return r.flags & FLAG.MEM_RCU ? 0 : reject(env, 'kfunc-rcu', { r: regno });
}

/** One of the names is the other with `___init` behind it. @kernel btf_type_ids_nocast_alias */
function nocastAlias(a: string, b: string): boolean {
  return a === b + NOCAST || b === a + NOCAST;
}

/** @kernel process_kf_arg_ptr_to_btf_id */
export function checkKfuncBtfArg(
  env: Env,
  r: Reg,
  i: number,
  need: { readonly btf: KernelBtf; readonly id: number },
  meta: KfuncMeta,
): Err {
  const own = REG2BTF[r.type];
  if ((r.type !== 'PTR_TO_BTF_ID' || (hasUnsafeModifiers(r) && !(r.flags & FLAG.MEM_RCU))) && !own) {
    const expected = regTypeStr(r.type, r.flags & TRUSTED_MODIFIERS);
    return reject(env, 'kfunc-btf-type', { i, type: regTypeStr(r.type, r.flags), expected });
  }
  const btf = r.type === 'PTR_TO_BTF_ID' ? r.btf! : env.types.vmlinux();
  const start = r.type === 'PTR_TO_BTF_ID' ? r.btf_id : (btf.find('struct', own!) ?? 0);
  const have = skip(btf, start);
  const [name, wanted] = [have?.type.name ?? '', need.btf.type(need.id)];
  const strict = (meta.flags.has('KF_RELEASE') && r.ref_obj_id !== 0) || nocastAlias(name, wanted?.name ?? '');
  const same = btfStructIdsMatch(env, btf, have?.id ?? 0, r.off, need.btf, need.id, strict);
  if (same || (wanted && PROJECTION_OF[wanted.name] === name)) return 0;
  return reject(env, 'kfunc-struct', {
    name: meta.name,
    i,
    type: btfTypeStr(wanted),
    struct: wanted?.name ?? '',
    r: i + 1,
    type2: btfTypeStr(have?.type),
    struct2: name,
  });
}
