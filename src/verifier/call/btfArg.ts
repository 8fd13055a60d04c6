/** Pointers to kernel objects as helper arguments. */
import { argKind } from '../../spec/helpers/kinds.ts';
import type { ArgBase, HelperRow } from '../../spec/helpers/row.ts';
import { btfStructIdsMatch } from '../access/btfWalk.ts';
import { mapKptrMatchType } from '../access/kptr.ts';
import type { Env, Err } from '../env.ts';
import { notCovered, reject } from '../env.ts';
import { regTypeStr } from '../log/print.ts';
import type { SubprogArg } from '../structure/progInfo.ts';
import type { Reg } from '../value/reg.ts';
import { FLAG, mayBeNull } from '../value/reg.ts';
import type { CallMeta } from './meta.ts';

/** Struct that the helper asks for. */
function wanted(base: ArgBase, row: HelperRow, regno: number): string | undefined {
  return base === 'ARG_PTR_TO_BTF_ID_SOCK_COMMON' ? 'sock_common' : row.argBtf?.[regno as 1];
}

/** Combinations of modifiers that a helper may get. */
const PLAIN: ReadonlySet<number> = new Set([0, FLAG.PTR_TRUSTED, FLAG.MEM_RCU]);
const PERCPU: ReadonlySet<number> = new Set([
  FLAG.MEM_PERCPU,
  FLAG.MEM_PERCPU | FLAG.MEM_RCU,
  FLAG.MEM_PERCPU | FLAG.PTR_TRUSTED,
]);
const MAY_TAKE_ALLOCATED: ReadonlySet<string> = new Set(['bpf_spin_lock', 'bpf_spin_unlock', 'bpf_kptr_xchg']);

/** The type behind the pointer is the one that the helper asks for. The end of check_reg_type. */
export function checkBtfIdArg(env: Env, regno: number, r: Reg, base: ArgBase, row: HelperRow, meta: CallMeta): Err {
  if ((r.flags & ~FLAG.MEM_PERCPU) === FLAG.MEM_ALLOC) {
    if (!MAY_TAKE_ALLOCATED.has(meta.name)) return reject(env, 'arg-alloc');
    return meta.name === 'bpf_kptr_xchg' && regno === 2 ? notCovered(env, 'kptr of an allocated object') : 0;
  }
  if (PERCPU.has(r.flags)) return 0;
  if (!PLAIN.has(r.flags & ~FLAG.PTR_MAYBE_NULL)) return reject(env, 'arg-btf-flags');
  const { flags } = argKind(row.args[regno - 1]!);
  const release = flags.has('OBJ_RELEASE');
  if (mayBeNull(r) && (!flags.has('PTR_MAYBE_NULL') || release)) return reject(env, 'arg-null', { n: regno });
  if (meta.name === 'bpf_kptr_xchg') return mapKptrMatchType(env, meta.kptr_field!, r, regno) ? -13 : 0;
  const vmlinux = env.types.vmlinux();
  const name = wanted(base, row, regno);
  const need = name === undefined ? undefined : vmlinux.find('struct', name);
  if (need === undefined) return notCovered(env, `type of argument ${regno} of ${meta.name}`);
  const strict = release && meta.name !== 'bpf_sk_release';
  if (btfStructIdsMatch(env, r.btf!, r.btf_id, r.off, vmlinux, need, strict)) return 0;
  return reject(env, 'arg-btf-type', { r: regno, type: r.btf!.type(r.btf_id)?.name ?? '', expected: name! });
}

/** A trusted pointer that a global function asks for. */
export function checkBtfArgOfSubprog(env: Env, regno: number, r: Reg, arg: SubprogArg): Err {
  const orNull = (arg.flags & FLAG.PTR_MAYBE_NULL) !== 0;
  const flags = orNull ? r.flags & ~FLAG.PTR_MAYBE_NULL : r.flags;
  if (r.type !== 'PTR_TO_BTF_ID' || !PLAIN.has(flags)) {
    const expected = [...PLAIN].map((f) => regTypeStr('PTR_TO_BTF_ID', f)).join(', ');
    return reject(env, 'arg-type', { r: regno, type: regTypeStr(r.type, r.flags), expected });
  }
  const vmlinux = env.types.vmlinux();
  if (btfStructIdsMatch(env, r.btf!, r.btf_id, r.off, vmlinux, arg.btf_id, false)) return 0;
  const expected = vmlinux.type(arg.btf_id)?.name ?? '';
  return reject(env, 'arg-btf-type', { r: regno, type: r.btf!.type(r.btf_id)?.name ?? '', expected });
}
