/** Pointers to objects in map values: loads, stores, and whether a pointer goes with a field. */
import type { BtfField } from '../../btf/record.ts';
import type { KptrTarget } from '../call/meta.ts';
import { inRcuSection } from '../call/references.ts';
import type { Env, Err } from '../env.ts';
import { newId, notCovered, reject } from '../env.ts';
import { markChainPrecision } from '../explore/precision.ts';
import { regTypeStr } from '../log/print.ts';
import { fieldsOf, KPTRS } from '../maps.ts';
import { curFrame } from '../state.ts';
import type { Reg } from '../value/reg.ts';
import { constValue, FLAG, pointer } from '../value/reg.ts';
import { tnumIsConst } from '../value/tnum.ts';
import { btfStructIdsMatch } from './btfWalk.ts';
import { checkPtrOff } from './ptrOff.ts';

const KIND = { kptr_untrusted: 'unref', kptr: 'ref', percpu_kptr: 'percpu' } as const;

/** Objects that live until a grace period has passed. @kernel rcu_protected_types */
const RCU_PROTECTED: ReadonlySet<string> = new Set([
  'cgroup',
  'bpf_cpumask',
  'task_struct',
  'bpf_crypto_ctx',
  'prog_test_ref_kfunc',
]);

/** What a field points to; undefined for a struct of the program's own. */
export function kptrTarget(env: Env, field: BtfField): KptrTarget | undefined {
  const { kptr, kind } = field;
  if (kptr?.btf !== 'kernel') return undefined;
  return { kind: KIND[kind as keyof typeof KIND], btf: env.types.vmlinux(), btf_id: kptr.type_id };
}

/** The kptr at an offset. @kernel btf_record_find */
export function kptrAt(r: Reg, off: number): BtfField | undefined {
  if (!r.map || !tnumIsConst(r.var_off)) return undefined;
  const at = off + Number(BigInt.asIntN(64, r.var_off.value));
  return fieldsOf(r.map, ...KPTRS).find((f) => f.offset === at);
}

const nameOf = (target: { readonly btf: KptrTarget['btf']; readonly btf_id: number }): string =>
  target.btf.type(target.btf_id)?.name ?? '';

/** @kernel map_kptr_match_type */
export function mapKptrMatchType(env: Env, field: KptrTarget, r: Reg, regno: number): Err {
  const unref = field.kind === 'unref';
  let allowed = FLAG.PTR_MAYBE_NULL | FLAG.PTR_TRUSTED | FLAG.MEM_RCU;
  if (unref) allowed |= FLAG.PTR_UNTRUSTED;
  const bad = (name: string): Err => {
    const expected = `ptr_${nameOf(field)}${unref ? ` or untrusted_ptr_${nameOf(field)}` : ''}`;
    return reject(env, 'kptr-type', { r: regno, type: regTypeStr(r.type, r.flags), name, expected });
  };
  if (r.type !== 'PTR_TO_BTF_ID' || !r.btf || r.flags & ~allowed) return bad('');
  const err = checkPtrOff(env, r, regno, true);
  if (err) return err;
  const same = btfStructIdsMatch(env, r.btf, r.btf_id, r.off, field.btf, field.btf_id, !unref);
  return same ? 0 : bad(nameOf({ btf: r.btf, btf_id: r.btf_id }));
}

/** Modifiers of a pointer that is loaded from a field. @kernel btf_ld_kptr_type */
function loadedFlags(env: Env, target: KptrTarget): number {
  const safe = target.kind === 'percpu' || (target.kind === 'ref' && RCU_PROTECTED.has(nameOf(target)));
  if (!safe || !inRcuSection(env)) return FLAG.PTR_MAYBE_NULL | FLAG.PTR_UNTRUSTED;
  return FLAG.PTR_MAYBE_NULL | FLAG.MEM_RCU | (target.kind === 'percpu' ? FLAG.MEM_PERCPU : 0);
}

export interface KptrAccess {
  readonly write: boolean;
  /** Register that is loaded or stored, -1 for an immediate. */
  readonly value: number;
  readonly imm: number | undefined;
  /** A plain load or store, neither atomic nor sign-extending. */
  readonly plain: boolean;
}

/** @kernel check_map_kptr_access */
export function checkMapKptrAccess(env: Env, field: BtfField, a: KptrAccess): { err: Err; value?: Reg } {
  if (!a.plain) return { err: reject(env, 'kptr-mode') };
  if (a.write && field.kind !== 'kptr_untrusted') return { err: reject(env, 'kptr-store') };
  const target = kptrTarget(env, field);
  if (!target) return { err: notCovered(env, 'kptr to a type of the program') };
  if (!a.write) {
    const { btf, btf_id } = target;
    return {
      err: 0,
      value: pointer('PTR_TO_BTF_ID', { flags: loadedFlags(env, target), btf, btf_id, id: newId(env) }),
    };
  }
  if (a.value < 0) return { err: a.imm === 0 ? 0 : reject(env, 'kptr-imm', { off: field.offset }) };
  const { v } = curFrame(env.cur).regs[a.value]!;
  if (constValue(v) === 0n) return { err: markChainPrecision(env, a.value) };
  return { err: mapKptrMatchType(env, target, v, a.value) ? -13 : 0 };
}
