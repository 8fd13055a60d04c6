/** Loads, stores, atomics, immediates and the packet loads of classic BPF. */
import type { Insn } from '../../isa/insn.ts';
import { imm64 } from '../../isa/insn.ts';
import { checkMemAccess } from '../access/check.ts';
import type { Env, Err } from '../env.ts';
import { notCovered, reject } from '../env.ts';
import { readReg, writeReg, writeUnknown } from '../explore/liveness.ts';
import { regTypeStr } from '../log/print.ts';
import { familyRow } from '../program.ts';
import { curFrame } from '../state.ts';
import { findSubprog } from '../structure/subprogs.ts';
import type { Reg, RegType } from '../value/reg.ts';
import { FLAG, isPacketPointer, knownScalar, pointer, UNKNOWN } from '../value/reg.ts';
import { boundsSanity } from './invariants.ts';

/** Kinds that one insn may not mix with others, because the insn is rewritten. */
const OWN_INSN: ReadonlySet<RegType> = new Set<RegType>([
  'PTR_TO_CTX',
  'PTR_TO_SOCKET',
  'PTR_TO_SOCK_COMMON',
  'PTR_TO_TCP_SOCK',
  'PTR_TO_XDP_SOCK',
  'PTR_TO_BTF_ID',
]);

const NOT_ATOMIC: ReadonlySet<RegType> = new Set<RegType>([
  'PTR_TO_CTX',
  'PTR_TO_FLOW_KEYS',
  'PTR_TO_SOCKET',
  'PTR_TO_SOCK_COMMON',
  'PTR_TO_TCP_SOCK',
  'PTR_TO_XDP_SOCK',
]);

/** `trustMayDiffer`: kernel objects of different trust become untrusted ones. @kernel save_aux_ptr_type */
function savePtrType(env: Env, r: Reg, trustMayDiffer: boolean): Err {
  const aux = env.aux[env.insn_idx]!;
  const was = aux.ptr;
  if (!was) {
    aux.ptr = { type: r.type, flags: r.flags, mismatchOk: !OWN_INSN.has(r.type) };
    return 0;
  }
  const differ = was.type !== r.type || was.flags !== r.flags;
  if (!differ || (!OWN_INSN.has(was.type) && !OWN_INSN.has(r.type))) return 0;
  if (!trustMayDiffer || r.type !== 'PTR_TO_BTF_ID' || was.type !== r.type) return reject(env, 'different-pointers');
  aux.ptr = { ...was, flags: FLAG.PTR_UNTRUSTED };
  return 0;
}

export function checkLoad(env: Env, insn: Insn): Err {
  const { row } = insn;
  if (row?.kind !== 'load') return reject(env, 'ldx-reserved');
  let err = readReg(env, insn.src) || writeReg(env, insn.dst);
  if (err) return err;
  const { regs } = curFrame(env.cur);
  const base = regs[insn.src]!.v;
  err = checkMemAccess(env, {
    regno: insn.src,
    off: insn.off,
    size: row.size,
    write: false,
    value: insn.dst,
    signed: row.signed,
  });
  return err || savePtrType(env, base, true) || boundsSanity(env, regs[insn.dst]!, 'ldx');
}

export function checkStore(env: Env, insn: Insn): Err {
  const family = familyRow(insn);
  const fromReg = family?.kind === 'store' && family.operand === 'reg';
  if (family?.kind !== 'store' || (fromReg ? insn.imm !== 0 : insn.src !== 0)) {
    return reject(env, fromReg ? 'stx-reserved' : 'st-reserved');
  }
  let err = fromReg ? readReg(env, insn.src) : 0;
  err ||= readReg(env, insn.dst);
  if (err) return err;
  const base = curFrame(env.cur).regs[insn.dst]!.v;
  err = checkMemAccess(env, {
    regno: insn.dst,
    off: insn.off,
    size: family.size,
    write: true,
    value: fromReg ? insn.src : -1,
    imm: fromReg ? undefined : insn.imm,
  });
  return err || savePtrType(env, base, false);
}

/** @kernel check_atomic */
export function checkAtomic(env: Env, insn: Insn): Err {
  const { row } = insn;
  if (row?.kind !== 'atomic') {
    return reject(env, 'invalid-atomic', { op: (insn.imm >>> 0).toString(16).padStart(2, '0') });
  }
  let err = readReg(env, insn.src) || readReg(env, insn.dst);
  if (err) return err;
  if (row.op === 'cmpxchg') err = readReg(env, 0);
  if (err) return err;
  const { regs } = curFrame(env.cur);
  const base = regs[insn.dst]!.v;
  if (isPacketPointer(base) || (base.flags === 0 && NOT_ATOMIC.has(base.type))) {
    return reject(env, 'atomic-target', { r: insn.dst, type: regTypeStr(base.type, base.flags) });
  }
  const loaded = row.fetch ? (row.op === 'cmpxchg' ? 0 : insn.src) : -1;
  // The address register may be the one that is loaded: then it is no address any more.
  const place = { regno: insn.dst, off: insn.off, size: row.size, strict: true } as const;
  if (loaded >= 0) {
    err = writeReg(env, loaded);
    if (err) return err;
    regs[loaded]!.v = UNKNOWN;
  }
  err = checkMemAccess(env, { ...place, write: false, value: -1 });
  if (!err && loaded >= 0) err = checkMemAccess(env, { ...place, write: false, value: loaded });
  return err || checkMemAccess(env, { ...place, write: true, value: -1 });
}

/** @kernel check_ld_imm */
export function checkLdImm(env: Env, insn: Insn): Err {
  if (insn.off !== 0) return reject(env, 'ld-imm-reserved');
  const { row } = insn;
  if (row?.kind !== 'ld_imm64') return reject(env, 'ld-imm-invalid');
  const err = writeUnknown(env, insn.dst);
  if (err) return err;
  const c = curFrame(env.cur).regs[insn.dst]!;
  if (row.pseudo === 'value') {
    c.v = knownScalar(imm64(insn));
    return 0;
  }
  if (row.pseudo === 'func') {
    const subprog = findSubprog(env, env.insn_idx + insn.imm + 1);
    if (env.func_info.length === 0) return reject(env, 'func-no-btf');
    if (env.func_info_aux[subprog]?.linkage !== 'static') return reject(env, 'func-not-static');
    c.v = pointer('PTR_TO_FUNC', { subprogno: subprog });
    return 0;
  }
  const { map: named, btf_var } = env.aux[env.insn_idx]!;
  if (btf_var) {
    const { type, flags, mem_size, btf, btf_id } = btf_var;
    c.v = type === 'PTR_TO_MEM' ? pointer(type, { flags, mem_size }) : pointer(type, { flags, btf, btf_id });
    return 0;
  }
  if (!named) return notCovered(env, 'unresolved 64-bit immediate');
  c.v =
    named.off === undefined
      ? pointer('CONST_PTR_TO_MAP', { map: named.map })
      : pointer('PTR_TO_MAP_VALUE', { map: named.map, off: named.off });
  return 0;
}
