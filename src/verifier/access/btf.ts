/** Accesses to kernel objects by their BTF. */
import type { KernelBtf } from '../../btf/kernelBtf.ts';
import { inRcuSection } from '../call/references.ts';
import type { Env, Err } from '../env.ts';
import { newId, notCovered, reject } from '../env.ts';
import { curFrame } from '../state.ts';
import type { Reg } from '../value/reg.ts';
import { FLAG, mayBeNull, pointer, UNKNOWN } from '../value/reg.ts';
import { tnumIsConst, tnumText } from '../value/tnum.ts';
import { isTrusted } from '../value/trusted.ts';
import { btfStructWalk, isComposite, type WalkState } from './btfWalk.ts';
import { mapStruct } from './mapStruct.ts';
import { safeField } from './safeFields.ts';

const EACCES = 13;
const MARK_SIZE = 4;
const TRUSTED = FLAG.MEM_ALLOC | FLAG.PTR_TRUSTED | FLAG.NON_OWN_REF;

/** Reads a member; `reg` flags tell objects that the program allocated apart. @kernel btf_struct_access */
function structAccess(
  env: Env,
  { btf, btf_id, flags }: { readonly btf: KernelBtf; readonly btf_id: number; readonly flags: number },
  off: number,
  size: number,
): WalkState | 'SCALAR' | Err {
  if (flags & FLAG.MEM_ALLOC) return notCovered(env, 'access to an object that the program allocated');
  const out: WalkState = { id: btf_id, flags: 0, field: '' };
  for (;;) {
    const found = btfStructWalk(env, btf, out.id, off, size, out);
    if (typeof found === 'number') return found;
    if (found !== 'STRUCT') return found === 'PTR' ? out : 'SCALAR';
    off = 0;
  }
}

/** Modifiers of a pointer that was read from an object. */
function walkedFlags(env: Env, r: Reg, { id, flags, field }: WalkState): number {
  const clear = flags & ~(TRUSTED | FLAG.MEM_RCU);
  if (r.flags & FLAG.PTR_UNTRUSTED) return FLAG.PTR_UNTRUSTED;
  if (!isTrusted(r) && !(r.flags & FLAG.MEM_RCU)) return clear;
  const safe = safeField(r.btf!, r.btf_id, field, id);
  if (safe === 'trusted') return flags | FLAG.PTR_TRUSTED;
  if (safe === 'trusted_or_null') return flags | FLAG.PTR_TRUSTED | FLAG.PTR_MAYBE_NULL;
  if (!inRcuSection(env) || mayBeNull(r)) return FLAG.PTR_UNTRUSTED;
  if (safe === 'rcu') return flags | FLAG.MEM_RCU;
  if (safe === 'rcu_or_null') return (flags | FLAG.MEM_RCU | FLAG.PTR_MAYBE_NULL) & ~FLAG.PTR_UNTRUSTED;
  if (flags & FLAG.MEM_RCU) return flags | FLAG.PTR_MAYBE_NULL;
  return flags & (FLAG.MEM_PERCPU | FLAG.MEM_USER) ? flags : clear;
}

/** @kernel mark_btf_ld_reg */
function markBtfLdReg(env: Env, regno: number, btf: KernelBtf, found: WalkState | 'SCALAR', flags: number): void {
  if (regno < 0) return;
  const c = curFrame(env.cur).regs[regno]!;
  if (found === 'SCALAR') c.v = UNKNOWN;
  else {
    const id = flags & FLAG.PTR_MAYBE_NULL ? newId(env) : 0;
    c.v = pointer('PTR_TO_BTF_ID', { flags, btf, btf_id: found.id, id });
  }
}

/** Prog types that may write to objects of connection tracking. */
const WRITES_NF_CONN: ReadonlySet<string> = new Set(['xdp', 'sched_cls', 'sched_act']);
const NF_CONN = 'nf_conn';

/** Connection tracking is a module: a program without functions of it is not the reason to load it. */
function conntrackLoaded(env: Env): boolean {
  return [...env.kfuncs.values()].some((f) => f.btf.name === 'nf_conntrack');
}

/** The mark of a connection is the one member to write. @kernel _nf_conntrack_btf_struct_access */
function writeNfConn(env: Env, r: Reg, off: number, size: number): Err {
  if (!conntrackLoaded(env)) return -EACCES;
  const type = r.btf!.type(r.btf_id);
  if (type?.name !== NF_CONN && type?.name !== `${NF_CONN}___init`) return reject(env, 'btf-read-only');
  const conn = r.btf!.type(r.btf!.find('struct', NF_CONN) ?? 0);
  const mark = isComposite(conn) ? conn.members.find((m) => m.name === 'mark') : undefined;
  const at = mark ? mark.bitOffset >>> 3 : -1;
  if (off !== at) return reject(env, 'nf-conn-off', { off });
  return off + size > at + MARK_SIZE ? reject(env, 'nf-conn-end', { off, size, end: at + MARK_SIZE }) : 0;
}

function checkWrite(env: Env, r: Reg, off: number, size: number): Err {
  if (r.flags & FLAG.MEM_ALLOC) return notCovered(env, 'write to an object that the program allocated');
  return WRITES_NF_CONN.has(env.facts.progType) ? writeNfConn(env, r, off, size) : reject(env, 'btf-read-only');
}

/**
 * Reads (and the few writes that are allowed) through PTR_TO_BTF_ID; `value` is the register that is loaded, -1 for none.
 * @kernel check_ptr_to_btf_access
 */
export function checkPtrToBtfAccess(
  env: Env,
  regno: number,
  off: number,
  size: number,
  write: boolean,
  value: number,
): Err {
  const r = curFrame(env.cur).regs[regno]!.v;
  const btf = r.btf!;
  const name = btf.type(r.btf_id)?.name ?? '';
  if (!env.facts.gpl && btf !== env.btf) return reject(env, 'btf-gpl', { name });
  if (off < 0) return reject(env, 'btf-negative', { r: regno, name, off });
  if (!tnumIsConst(r.var_off) || r.var_off.value !== 0n) {
    return reject(env, 'btf-variable', { r: regno, name, off, tnum: tnumText(r.var_off) });
  }
  if (r.flags & FLAG.MEM_USER) return reject(env, 'btf-memory', { r: regno, name, what: 'user', off });
  if (r.flags & FLAG.MEM_PERCPU) return reject(env, 'btf-memory', { r: regno, name, what: 'percpu', off });
  if (write) return checkWrite(env, r, off, size);
  const found = structAccess(env, { btf, btf_id: r.btf_id, flags: r.flags }, off, size);
  if (typeof found === 'number') return found;
  markBtfLdReg(env, value, btf, found, found === 'SCALAR' ? 0 : walkedFlags(env, r, found));
  return 0;
}

/**
 * Reads of a map's own struct.
 * @kernel check_ptr_to_map_access
 */
export function checkPtrToMapAccess(
  env: Env,
  regno: number,
  off: number,
  size: number,
  write: boolean,
  value: number,
): Err {
  const r = curFrame(env.cur).regs[regno]!.v;
  const name = mapStruct(r.map!.type);
  const btf = env.types.vmlinux();
  const btf_id = name === undefined ? undefined : btf.find('struct', name);
  if (name === undefined || btf_id === undefined) return notCovered(env, `object of map type ${r.map!.type}`);
  if (off < 0) return reject(env, 'map-object-negative', { r: regno, name, off });
  if (write) return reject(env, 'map-object-read-only', { name });
  const found = structAccess(env, { btf, btf_id, flags: 0 }, off, size);
  if (typeof found === 'number') return found;
  markBtfLdReg(env, value, btf, found, found === 'SCALAR' ? 0 : found.flags);
  return 0;
}
