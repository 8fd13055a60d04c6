/** Helper calls. */
import type { Insn } from '../../isa/insn.ts';
import { helperAllowed, helperFor, helperInProfile } from '../../spec/helpers/availability.ts';
import { helperName, helperRow } from '../../spec/helpers/index.ts';
import { argKind, retKind } from '../../spec/helpers/kinds.ts';
import type { HelperName } from '../../spec/helpers/params.ts';
import type { HelperRow } from '../../spec/helpers/row.ts';
import { progTypeRow } from '../../spec/progTypes.ts';
import { checkMemAccess } from '../access/check.ts';
import type { Env, Err } from '../env.ts';
import { lifted, newId, notCovered, reject } from '../env.ts';
import { markChainPrecision } from '../explore/precision.ts';
import { dropReference } from '../insn/nullness.ts';
import { regTypeStr } from '../log/print.ts';
import { hasField, isMapType } from '../maps.ts';
import { curFrame, eachCell } from '../state.ts';
import { mapAccess } from '../structure/pseudo.ts';
import { regBoundsSync } from '../value/bounds.ts';
import type { Draft, Reg } from '../value/reg.ts';
import { constValue, draft, FLAG, knownScalar, NOT_INIT, pointer, UNKNOWN } from '../value/reg.ts';
import { checkFuncArg } from './args.ts';
import { btfResult } from './btfResult.ts';
import { callbackCall } from './callback.ts';
import { clearCallerSaved } from './caller.ts';
import { clearPacketPointers } from './clearPackets.ts';
import { checkSnprintf } from './constStr.ts';
import { dynptrOf, unmarkStackSlotsDynptr } from './dynptr.ts';
import { CHANGES_PACKET } from './effects.ts';
import { mapFuncCompatible } from './mapFunc.ts';
import type { CallMeta } from './meta.ts';
import { newMeta } from './meta.ts';
import { predicateHolds } from './predicates.ts';
import { acquireReference, checkReferenceLeak, inRcuSection, insideSection, releaseReference } from './references.ts';

const MAX_ERRNO = 4095;

const ACQUIRES: ReadonlySet<HelperName> = new Set<HelperName>([
  'bpf_sk_lookup_tcp',
  'bpf_sk_lookup_udp',
  'bpf_skc_lookup_tcp',
  'bpf_ringbuf_reserve',
  'bpf_kptr_xchg',
]);
const CASTS: ReadonlySet<HelperName> = new Set<HelperName>([
  'bpf_tcp_sock',
  'bpf_sk_fullsock',
  'bpf_skc_to_tcp_sock',
  'bpf_skc_to_tcp6_sock',
  'bpf_skc_to_udp6_sock',
  'bpf_skc_to_mptcp_sock',
  'bpf_skc_to_tcp_timewait_sock',
  'bpf_skc_to_tcp_request_sock',
]);
const SIZED_RESULT: ReadonlySet<HelperName> = new Set<HelperName>([
  'bpf_get_stack',
  'bpf_get_task_stack',
  'bpf_probe_read_str',
  'bpf_probe_read_kernel_str',
  'bpf_probe_read_user_str',
]);

const MAY_NOT_CHANGE: ReadonlySet<HelperName> = new Set<HelperName>([
  'bpf_map_delete_elem',
  'bpf_map_update_elem',
  'bpf_map_push_elem',
  'bpf_map_pop_elem',
]);
const STACK_WALKS: ReadonlySet<HelperName> = new Set<HelperName>(['bpf_get_stack', 'bpf_get_task_stack']);

/** The row that such a program gets, or why there is none. @kernel get_helper_proto */
function prototype(env: Env, insn: Insn): { row: HelperRow; name: HelperName } | Err {
  const id = insn.imm;
  const name = helperName(id);
  const base = helperRow(id);
  const { caller, kernel } = env.facts;
  const refusal = kernel.saysUnknownFunc ? 'helper-prog-old' : 'helper-prog';
  if (id === 0) return reject(env, refusal, { name: 'bpf_unspec', id });
  if (id < 0 || id >= kernel.helpersEnd || !name || !base) {
    return reject(env, 'helper-unknown', { name: 'unknown', id });
  }
  const known = helperInProfile(kernel, name, caller);
  if (known === undefined) return notCovered(env, 'helpers of such programs on this kernel');
  if (!(known && helperAllowed(base, caller)) && !lifted(env, 'helper-for-prog-type')) {
    return reject(env, refusal, { name, id });
  }
  const row = helperFor(base, caller);
  if (row.gplOnly && !env.facts.gpl && !lifted(env, 'gpl-only-helpers')) return reject(env, 'helper-gpl');
  if (row.allowed !== undefined && !predicateHolds(env, row.allowed)) {
    return reject(env, 'helper-probe');
  }
  const { in_sleepable, active_rcu_lock, active_preempt_lock } = env.cur;
  if (row.mightSleep) {
    if (!in_sleepable && !lifted(env, 'sleeping-helpers')) return reject(env, 'helper-sleep');
    if (active_rcu_lock) return reject(env, 'helper-sleep-rcu', { name, id });
    if (active_preempt_lock) return reject(env, 'helper-sleep-preempt', { name, id });
  }
  return { row, name };
}

/** What the released argument takes with it. */
function releaseArgument(env: Env, row: HelperRow, name: HelperName, meta: CallMeta): Err {
  const r = curFrame(env.cur).regs[meta.release_regno]!.v;
  const { base } = argKind(row.args[meta.release_regno - 1]!);
  let done: boolean;
  if (base === 'ARG_PTR_TO_DYNPTR') {
    const err = unmarkStackSlotsDynptr(env, r);
    if (err && env.missing !== undefined) return err;
    done = err === 0;
  } else if (name === 'bpf_kptr_xchg' && meta.ref_obj_id !== 0) done = giveAway(env, meta.ref_obj_id);
  else if (meta.ref_obj_id !== 0) done = releaseReference(env, meta.ref_obj_id);
  else done = constValue(r) === 0n;
  return done ? 0 : reject(env, 'release-unknown', { name, id: helperRow(name)!.id });
}

/** A map or another object owns the memory from now on; in an RCU section it stays readable. */
function giveAway(env: Env, id: number): boolean {
  if (!dropReference(env.cur, id)) return false;
  const rcu = inRcuSection(env);
  const percpu = FLAG.MEM_ALLOC | FLAG.MEM_PERCPU;
  eachCell(env.cur, (c) => {
    if (c.v.ref_obj_id !== id) return;
    if (rcu && (c.v.flags & percpu) === percpu) {
      c.v = { ...c.v, ref_obj_id: 0, flags: (c.v.flags & ~FLAG.MEM_ALLOC) | FLAG.MEM_RCU };
    } else c.v = UNKNOWN;
  });
  return true;
}

/** @kernel record_func_map, @kernel record_func_key */
function recordMapAndKey(env: Env, name: HelperName, meta: CallMeta): Err {
  const { map } = meta;
  if (map && MAY_NOT_CHANGE.has(name) && !mapAccess(map).write) return reject(env, 'map-write-forbidden');
  if (name !== 'bpf_tail_call' || !map) return 0;
  if (!isMapType(map, 'prog_array')) return reject(env, 'misconfigured');
  const index = constValue(curFrame(env.cur).regs[3]!.v);
  return index !== undefined && index < BigInt(map.max_entries) ? markChainPrecision(env, 3) : 0;
}

/** Rules of single helpers; `changesPacket` may become true here. */
function bySpecialCase(env: Env, insn: Insn, row: HelperRow, meta: CallMeta, effects: { changesPacket: boolean }): Err {
  const { regs } = curFrame(env.cur);
  switch (meta.name) {
    case 'bpf_tail_call':
      if (checkReferenceLeak(env, false)) return reject(env, 'tail-call-leak');
      return insideSection(env, 'tail_call');
    case 'bpf_get_local_storage':
      if (constValue(regs[2]!.v) !== 0n) return reject(env, 'local-storage-flags');
      return markChainPrecision(env, 2);
    case 'bpf_for_each_map_elem':
    case 'bpf_timer_set_callback':
    case 'bpf_find_vma':
    case 'bpf_loop':
    case 'bpf_user_ringbuf_drain':
      return callbackCall(env, insn, meta);
    case 'bpf_snprintf':
      return checkSnprintf(env);
    case 'bpf_dynptr_from_mem':
      if (regs[1]!.v.type === 'PTR_TO_MAP_VALUE') return 0;
      return reject(env, 'dynptr-from-mem', { type: regTypeStr(regs[1]!.v.type, regs[1]!.v.flags) });
    case 'bpf_set_retval':
      return setRetvalAllowed(env) ? 0 : reject(env, 'set-retval-void');
    case 'bpf_dynptr_data':
    case 'bpf_dynptr_write':
      return dynptrCall(env, row, meta, effects);
    default:
      return 0;
  }
}

function dynptrCall(env: Env, row: HelperRow, meta: CallMeta, effects: { changesPacket: boolean }): Err {
  const at = row.args.findIndex((kind) => argKind(kind).base === 'ARG_PTR_TO_DYNPTR');
  const found = dynptrOf(env, curFrame(env.cur).regs[at + 1]!.v);
  if (!found) return env.missing === undefined ? -14 : notCovered(env, 'dynptr');
  if (meta.name === 'bpf_dynptr_data') {
    meta.dynptr_id = found.id;
    meta.ref_obj_id = found.ref_obj_id;
  } else if (found.dynptr_type === 'SKB') effects.changesPacket = true;
  return 0;
}

/** LSM programs on control groups set no result of hooks that have none. */
function setRetvalAllowed(env: Env): boolean {
  if (env.facts.progType !== 'lsm' || env.facts.attachType !== 'lsm_cgroup' || !env.attach) return true;
  const proto = env.attach.btf.type(env.attach.proto_id);
  return proto?.kind !== 'func_proto' || proto.ret !== 0;
}

/** What the helper returns. */
function result(env: Env, row: HelperRow, meta: CallMeta): Reg | Err {
  const { base, flags } = retKind(row.ret);
  let bits = flags.has('PTR_MAYBE_NULL') ? FLAG.PTR_MAYBE_NULL : 0;
  if (flags.has('MEM_RINGBUF')) bits |= FLAG.MEM_RINGBUF;
  if (flags.has('MEM_RDONLY')) bits |= FLAG.MEM_RDONLY;
  if (flags.has('PTR_TRUSTED')) bits |= FLAG.PTR_TRUSTED;
  const make = (type: Reg['type'], fields: Partial<Reg> = {}): Reg => {
    const id = (fields.flags ?? bits) & FLAG.PTR_MAYBE_NULL ? newId(env) : 0;
    return pointer(type, { flags: bits, id, ...fields });
  };
  switch (base) {
    case 'RET_INTEGER':
      return UNKNOWN;
    case 'RET_VOID':
      return NOT_INIT;
    case 'RET_PTR_TO_MAP_VALUE': {
      const { map, map_uid } = meta;
      if (!map) return reject(env, 'misconfigured');
      const locked = !(bits & FLAG.PTR_MAYBE_NULL) && hasField(map, 'spin_lock');
      return make('PTR_TO_MAP_VALUE', { map, map_uid, ...(locked && { id: newId(env) }) });
    }
    case 'RET_PTR_TO_SOCKET':
      return make('PTR_TO_SOCKET');
    case 'RET_PTR_TO_SOCK_COMMON':
      return make('PTR_TO_SOCK_COMMON');
    case 'RET_PTR_TO_TCP_SOCK':
      return make('PTR_TO_TCP_SOCK');
    case 'RET_PTR_TO_MEM':
      return make('PTR_TO_MEM', { mem_size: meta.mem_size });
    case 'RET_PTR_TO_MEM_OR_BTF_ID':
    case 'RET_PTR_TO_BTF_ID': {
      const found = btfResult(env, row, base, bits, meta);
      return typeof found === 'number' ? found : make(found.type ?? 'PTR_TO_BTF_ID', found);
    }
  }
}

/** @kernel do_refine_retval_range */
function refineResult(env: Env, r: Reg, meta: CallMeta): Reg {
  const d: Draft = draft(r);
  if (SIZED_RESULT.has(meta.name)) {
    d.smax_value = BigInt.asIntN(64, meta.msize_max_value);
    d.s32_max_value = Number(BigInt.asIntN(32, meta.msize_max_value));
    d.smin_value = BigInt(-MAX_ERRNO);
    d.s32_min_value = -MAX_ERRNO;
    regBoundsSync(d);
    void env;
  } else if (meta.name === 'bpf_get_smp_processor_id') return knownScalar(0n);
  return d;
}

function acquires(name: HelperName, meta: CallMeta): boolean {
  if (ACQUIRES.has(name)) return true;
  return name === 'bpf_map_lookup_elem' && meta.map !== undefined && isMapType(meta.map, 'sockmap', 'sockhash');
}

const TRAMPOLINES: ReadonlySet<string | undefined> = new Set(['trace_fentry', 'trace_fexit', 'modify_return']);

/** @kernel check_get_func_ip */
function checkGetFuncIp(env: Env, id: number): Err {
  const { progType, attachType } = env.facts;
  if (progType === 'kprobe') return 0;
  if (progType !== 'tracing') return reject(env, 'func-ip-type', { id, type: progTypeRow(progType)?.id ?? 0 });
  return TRAMPOLINES.has(attachType) ? 0 : reject(env, 'func-ip-attach', { id });
}

/** @kernel check_helper_call */
export function checkHelperCall(env: Env, insn: Insn): Err {
  const found = prototype(env, insn);
  if (typeof found === 'number') return found;
  const { row, name } = found;
  const meta = newMeta(name, row.pktAccess === true);
  for (let i = 0; i < row.args.length; i++) {
    const err = checkFuncArg(env, row, i, meta);
    if (err) return err;
  }
  let err = recordMapAndKey(env, name, meta);
  for (let i = 0; i < meta.access_size && !err; i++) {
    err = checkMemAccess(env, { regno: meta.regno, off: i, size: 1, write: true, value: -1 });
  }
  if (!err && meta.release_regno !== 0) err = releaseArgument(env, row, name, meta);
  const effects = { changesPacket: CHANGES_PACKET.has(name) };
  err ||= bySpecialCase(env, insn, row, meta, effects);
  if (err) return err;
  const f = curFrame(env.cur);
  clearCallerSaved(env, f.regs);
  let r0 = result(env, row, meta);
  if (typeof r0 === 'number') return r0;
  if (name === 'bpf_dynptr_data') r0 = { ...r0, dynptr_id: meta.dynptr_id };
  if (CASTS.has(name) || name === 'bpf_dynptr_data') r0 = { ...r0, ref_obj_id: meta.ref_obj_id };
  else if (acquires(name, meta)) {
    const id = acquireReference(env);
    r0 = { ...r0, id, ref_obj_id: id };
  }
  if (r0.type === 'SCALAR_VALUE') r0 = refineResult(env, r0, meta);
  f.regs[0]!.v = r0;
  if (meta.map && !mapFuncCompatible(env, meta.map, name) && !lifted(env, 'map-type-for-helper')) {
    return reject(env, 'map-helper', { type: meta.map.type, name, id: insn.imm });
  }
  if (STACK_WALKS.has(name)) env.has_callchain_buf = true;
  if (name === 'bpf_get_func_ip') {
    err = checkGetFuncIp(env, insn.imm);
    if (err) return err;
  }
  if (effects.changesPacket) clearPacketPointers(env);
  return 0;
}
