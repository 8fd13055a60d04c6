/** Helper calls. */
import type { Insn } from '../../isa/insn.ts';
import { helperAllowed, helperFor, helperInProfile } from '../../spec/helpers/availability.ts';
import { helperName, helperRow } from '../../spec/helpers/index.ts';
import { retKind } from '../../spec/helpers/kinds.ts';
import type { HelperName } from '../../spec/helpers/params.ts';
import type { HelperRow } from '../../spec/helpers/row.ts';
import { checkMemAccess } from '../access/check.ts';
import type { Env, Err } from '../env.ts';
import { lifted, newId, notCovered, reject } from '../env.ts';
import { markChainPrecision } from '../explore/precision.ts';
import { dropReference } from '../insn/nullness.ts';
import { isMapType } from '../maps.ts';
import { curFrame, eachCell } from '../state.ts';
import { regBoundsSync } from '../value/bounds.ts';
import type { Draft, Reg } from '../value/reg.ts';
import { constValue, draft, FLAG, knownScalar, NOT_INIT, pointer, UNKNOWN } from '../value/reg.ts';
import type { CallMeta } from './args.ts';
import { checkFuncArg, newMeta } from './args.ts';
import { clearCallerSaved } from './caller.ts';
import { mapFuncCompatible } from './mapFunc.ts';

const MAX_ERRNO = 4095;

/** Helpers with rules beyond their rows that are not written yet. */
const SPECIAL: ReadonlySet<HelperName> = new Set<HelperName>([
  'bpf_for_each_map_elem',
  'bpf_timer_init',
  'bpf_timer_set_callback',
  'bpf_timer_start',
  'bpf_timer_cancel',
  'bpf_find_vma',
  'bpf_snprintf',
  'bpf_loop',
  'bpf_user_ringbuf_drain',
  'bpf_spin_lock',
  'bpf_spin_unlock',
  'bpf_kptr_xchg',
  'bpf_set_retval',
  'bpf_per_cpu_ptr',
  'bpf_this_cpu_ptr',
  'bpf_get_task_stack',
  'bpf_map_lookup_percpu_elem',
  'bpf_sk_storage_get',
  'bpf_get_local_storage',
]);

const CHANGES_PACKET: ReadonlySet<HelperName> = new Set<HelperName>([
  'bpf_skb_vlan_push',
  'bpf_skb_vlan_pop',
  'bpf_skb_store_bytes',
  'bpf_skb_change_proto',
  'bpf_skb_change_tail',
  'bpf_skb_change_head',
  'bpf_skb_adjust_room',
  'bpf_skb_pull_data',
  'bpf_clone_redirect',
  'bpf_l3_csum_replace',
  'bpf_l4_csum_replace',
  'bpf_xdp_adjust_head',
  'bpf_xdp_adjust_meta',
  'bpf_xdp_adjust_tail',
  'bpf_msg_pull_data',
  'bpf_msg_push_data',
  'bpf_msg_pop_data',
  'bpf_lwt_push_encap',
  'bpf_lwt_seg6_store_bytes',
  'bpf_lwt_seg6_adjust_srh',
  'bpf_lwt_seg6_action',
  'bpf_store_hdr_opt',
  'bpf_load_hdr_opt',
  'bpf_reserve_hdr_opt',
]);
const ACQUIRES: ReadonlySet<HelperName> = new Set<HelperName>([
  'bpf_sk_lookup_tcp',
  'bpf_sk_lookup_udp',
  'bpf_skc_lookup_tcp',
  'bpf_ringbuf_reserve',
]);
const CASTS: ReadonlySet<HelperName> = new Set<HelperName>([
  'bpf_tcp_sock',
  'bpf_sk_fullsock',
  'bpf_get_listener_sock',
]);
const SIZED_RESULT: ReadonlySet<HelperName> = new Set<HelperName>([
  'bpf_get_stack',
  'bpf_probe_read_str',
  'bpf_probe_read_kernel_str',
  'bpf_probe_read_user_str',
]);

/** The row that such a program gets, or why there is none. */
function prototype(env: Env, insn: Insn): { row: HelperRow; name: HelperName } | Err {
  const id = insn.imm;
  const name = helperName(id);
  const base = helperRow(id);
  const { caller, kernel } = env.facts;
  const refusal = kernel.saysUnknownFunc ? 'helper-prog-old' : 'helper-prog';
  if (id === 0) return reject(env, refusal, { name: 'bpf_unspec', id });
  if (id < 0 || id >= kernel.helpersEnd || !name || !base)
    return reject(env, 'helper-unknown', { name: 'unknown', id });
  const known = helperInProfile(kernel, name, caller);
  if (known === undefined) return notCovered(env, 'helpers of such programs on this kernel');
  if (!(known && helperAllowed(base, caller)) && !lifted(env, 'helper-for-prog-type'))
    return reject(env, refusal, { name, id });
  const row = helperFor(base, caller);
  if (row.gplOnly && !env.facts.gpl && !lifted(env, 'gpl-only-helpers')) return reject(env, 'helper-gpl');
  if (row.allowed !== undefined) return notCovered(env, `predicate of ${name}`);
  if (row.mightSleep && !env.facts.sleepable && !lifted(env, 'sleeping-helpers')) return reject(env, 'helper-sleep');
  if (SPECIAL.has(name)) return notCovered(env, name);
  return { row, name };
}

/** What no longer exists after a release. @kernel release_reference */
function release(env: Env, id: number): boolean {
  if (!dropReference(env.cur, id)) return false;
  eachCell(env.cur, (c) => {
    if (c.v.ref_obj_id === id) c.v = UNKNOWN;
  });
  return true;
}

/** References that nobody can release any more. @kernel check_reference_leak */
export function checkReferenceLeak(env: Env, everywhere: boolean): Err {
  const f = curFrame(env.cur);
  if (!everywhere && f.frameno > 0) return 0;
  if (f.refs.length > 0 && lifted(env, 'reference-leak')) return 0;
  let err: Err = 0;
  for (const r of f.refs) err = reject(env, 'unreleased', { id: r.id, insn: r.insn_idx });
  return err;
}

/** @kernel clear_all_pkt_pointers */
function clearPacketPointers(env: Env): void {
  eachCell(env.cur, (c) => {
    const { type } = c.v;
    if (type === 'PTR_TO_PACKET' || type === 'PTR_TO_PACKET_META' || type === 'PTR_TO_PACKET_END') c.v = UNKNOWN;
  });
}

function bySpecialCase(env: Env, name: HelperName, meta: CallMeta): Err {
  if (meta.release_regno !== 0) {
    const r = curFrame(env.cur).regs[meta.release_regno]!.v;
    const done = meta.ref_obj_id !== 0 ? release(env, meta.ref_obj_id) : constValue(r) === 0n;
    if (!done) return reject(env, 'release-unknown', { name, id: helperRow(name)!.id });
  }
  if (name === 'bpf_tail_call') {
    const err = checkReferenceLeak(env, true);
    return err ? reject(env, 'tail-call-leak') : 0;
  }
  return 0;
}

/** A known index of a tail call decides what later states must have. @kernel record_func_key */
function recordKey(env: Env, name: HelperName, meta: CallMeta): Err {
  if (name !== 'bpf_tail_call' || !meta.map) return 0;
  const index = constValue(curFrame(env.cur).regs[3]!.v);
  return index !== undefined && index < BigInt(meta.map.max_entries) ? markChainPrecision(env, 3) : 0;
}

/** What the helper returns. */
function result(env: Env, row: HelperRow, name: HelperName, meta: CallMeta): Reg | Err {
  const { base, flags } = retKind(row.ret);
  let bits = flags.has('PTR_MAYBE_NULL') ? FLAG.PTR_MAYBE_NULL : 0;
  if (flags.has('MEM_RINGBUF')) bits |= FLAG.MEM_RINGBUF;
  const make = (type: Reg['type'], fields: Partial<Reg> = {}): Reg => {
    const id = bits & FLAG.PTR_MAYBE_NULL ? newId(env) : 0;
    return pointer(type, { flags: bits, id, ...fields });
  };
  switch (base) {
    case 'RET_INTEGER':
      return UNKNOWN;
    case 'RET_VOID':
      return NOT_INIT;
    case 'RET_PTR_TO_MAP_VALUE':
      if (!meta.map) return -22;
      return make('PTR_TO_MAP_VALUE', { map: meta.map, map_uid: meta.map_uid });
    case 'RET_PTR_TO_SOCKET':
      return make('PTR_TO_SOCKET');
    case 'RET_PTR_TO_SOCK_COMMON':
      return make('PTR_TO_SOCK_COMMON');
    case 'RET_PTR_TO_TCP_SOCK':
      return make('PTR_TO_TCP_SOCK');
    case 'RET_PTR_TO_MEM':
      return make('PTR_TO_MEM', { mem_size: meta.mem_size });
    default:
      return notCovered(env, `result of ${name}`);
  }
}

/** @kernel do_refine_retval_range */
function refineResult(r: Reg, name: HelperName, meta: CallMeta): Reg {
  const d: Draft = draft(r);
  if (SIZED_RESULT.has(name)) {
    d.smax_value = BigInt.asIntN(64, meta.msize_max_value);
    d.s32_max_value = Number(BigInt.asIntN(32, meta.msize_max_value));
    d.smin_value = BigInt(-MAX_ERRNO);
    d.s32_min_value = -MAX_ERRNO;
    regBoundsSync(d);
  } else if (name === 'bpf_get_smp_processor_id') return knownScalar(0n);
  return d;
}

/** @kernel check_helper_call */
export function checkHelperCall(env: Env, insn: Insn): Err {
  const found = prototype(env, insn);
  if (typeof found === 'number') return found;
  const { row, name } = found;
  const meta = newMeta();
  for (let i = 0; i < row.args.length; i++) {
    const err = checkFuncArg(env, row, i, meta);
    if (err) return err;
  }
  let err = recordKey(env, name, meta);
  if (err) return err;
  for (let i = 0; i < meta.access_size; i++) {
    err = checkMemAccess(env, { regno: meta.regno, off: i, size: 1, write: true, value: -1 });
    if (err) return err;
  }
  err = bySpecialCase(env, name, meta);
  if (err) return err;
  const { regs } = curFrame(env.cur);
  clearCallerSaved(env, regs);
  let r0 = result(env, row, name, meta);
  if (typeof r0 === 'number') return r0;
  if (CASTS.has(name)) r0 = { ...r0, ref_obj_id: meta.ref_obj_id };
  else if (
    ACQUIRES.has(name) ||
    (name === 'bpf_map_lookup_elem' && meta.map && isMapType(meta.map, 'sockmap', 'sockhash'))
  ) {
    const id = newId(env);
    const f = curFrame(env.cur);
    f.refs = [...f.refs, { id, insn_idx: env.insn_idx }];
    r0 = { ...r0, id, ref_obj_id: id };
  }
  if (r0.type === 'SCALAR_VALUE') r0 = refineResult(r0, name, meta);
  regs[0]!.v = r0;
  if (meta.map && !mapFuncCompatible(meta.map, name)) {
    if (isMapType(meta.map, 'sockmap', 'sockhash') && name === 'bpf_map_update_elem')
      return notCovered(env, 'sockmap update');
    if (!lifted(env, 'map-type-for-helper'))
      return reject(env, 'map-helper', { type: meta.map.type, name, id: insn.imm });
  }
  if (CHANGES_PACKET.has(name)) clearPacketPointers(env);
  return 0;
}
