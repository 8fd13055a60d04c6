/** Context fields: who may read and write them, and what pointers they give. */

import type { CtxField } from '../../spec/ctx/index.ts';
import { ctxFieldAt, ctxStruct } from '../../spec/ctx/index.ts';
import type { Env, Err } from '../env.ts';
import { newId, notCovered, reject } from '../env.ts';
import type { Reg, RegType } from '../value/reg.ts';
import { FLAG, pointer, UNKNOWN } from '../value/reg.ts';
import { tracingCtxAccess } from './ctxBtf.ts';

interface FieldPointer {
  readonly type: RegType;
  readonly flags?: number;
}

const NULLABLE = FLAG.PTR_MAYBE_NULL;

/** Fields that give a pointer the verifier follows. */
const POINTERS: Readonly<Record<string, FieldPointer>> = {
  '__sk_buff.data': { type: 'PTR_TO_PACKET' },
  '__sk_buff.data_end': { type: 'PTR_TO_PACKET_END' },
  '__sk_buff.data_meta': { type: 'PTR_TO_PACKET_META' },
  '__sk_buff.flow_keys': { type: 'PTR_TO_FLOW_KEYS' },
  '__sk_buff.sk': { type: 'PTR_TO_SOCK_COMMON', flags: NULLABLE },
  'xdp_md.data': { type: 'PTR_TO_PACKET' },
  'xdp_md.data_end': { type: 'PTR_TO_PACKET_END' },
  'xdp_md.data_meta': { type: 'PTR_TO_PACKET_META' },
  'sk_msg_md.data': { type: 'PTR_TO_PACKET' },
  'sk_msg_md.data_end': { type: 'PTR_TO_PACKET_END' },
  'sk_msg_md.sk': { type: 'PTR_TO_SOCKET' },
  'bpf_sock_ops.skb_data': { type: 'PTR_TO_PACKET' },
  'bpf_sock_ops.skb_data_end': { type: 'PTR_TO_PACKET_END' },
  'bpf_sock_ops.sk': { type: 'PTR_TO_SOCKET', flags: NULLABLE },
  'bpf_sock_addr.sk': { type: 'PTR_TO_SOCKET' },
  'bpf_sk_lookup.sk': { type: 'PTR_TO_SOCKET', flags: NULLABLE },
  'sk_reuseport_md.data': { type: 'PTR_TO_PACKET' },
  'sk_reuseport_md.data_end': { type: 'PTR_TO_PACKET_END' },
  'sk_reuseport_md.sk': { type: 'PTR_TO_SOCKET' },
  'sk_reuseport_md.migrating_sk': { type: 'PTR_TO_SOCK_COMMON', flags: NULLABLE },
  'bpf_sockopt.sk': { type: 'PTR_TO_SOCKET' },
  'bpf_sockopt.optval': { type: 'PTR_TO_PACKET' },
  'bpf_sockopt.optval_end': { type: 'PTR_TO_PACKET_END' },
};

/** Contexts that are an event's record or arguments: readable from `first` up to `end`. */
const TRACE: Readonly<Record<string, { readonly first: number; readonly end: number }>> = {
  tracepoint: { first: 8, end: 8192 },
  raw_tracepoint: { first: 0, end: 96 },
};

const U16_MAX = 0xffff;

/** Fields of which any aligned part may be read, and written where the field may be: their bytes as [first, end). */
const ANY_PART: Readonly<Record<string, readonly [number, number]>> = {
  '__sk_buff.cb': [48, 68],
};

/** Structs of which any register may be read, as a whole. */
const WORDS: ReadonlySet<string> = new Set(['bpf_perf_event_data.regs']);
const WORD = 8;

/** Whether an access of `size` bytes at `off` is one that the field's row allows. */
export function fieldAccess(field: CtxField, off: number, size: number, write: boolean): boolean {
  const rel = off - field.offset;
  if (size === field.size) return rel % field.size === 0;
  if (size < field.size) return !write && field.narrow === true && rel % size === 0;
  if (field.wide !== true) return false;
  return off % 8 === 0 && rel + size <= field.size * (field.count ?? 1);
}

function allowed(env: Env, access: CtxField['read']): boolean {
  if (access === undefined) return false;
  const { progType, attachType } = env.facts;
  return access === 'all' || access.includes(progType) || access.includes(`${progType}/${attachType}`);
}

/** The value of a context field that is read, or permission to write it. @kernel check_ctx_access */
export function checkCtxAccess(env: Env, off: number, size: number, write: boolean): { err: Err; value: Reg } {
  const { ctx, progType } = env.facts;
  const struct = ctxStruct(ctx);
  if (progType === 'tracing' || progType === 'lsm') return tracingCtxAccess(env, off, size, write);
  if (progType === 'syscall') {
    const ok = off >= 0 && off < U16_MAX && off % size === 0;
    return ok ? { err: 0, value: UNKNOWN } : { err: reject(env, 'ctx-access', { off, size }), value: UNKNOWN };
  }
  const traced = TRACE[progType];
  if (traced) {
    const ok = !write && off >= traced.first && off < traced.end && off % size === 0;
    return ok ? { err: 0, value: UNKNOWN } : { err: reject(env, 'ctx-access', { off, size }), value: UNKNOWN };
  }
  if (!struct) return { err: notCovered(env, `context ${ctx}`), value: UNKNOWN };
  const bad = (): { err: Err; value: Reg } => ({ err: reject(env, 'ctx-access', { off, size }), value: UNKNOWN });
  // The port's upper half was a 32-bit field once, and its padding reads as zero.
  if (ctx === 'bpf_sk_lookup' && !write && off >= 36 && off + size <= 40 && off % size === 0)
    return { err: 0, value: UNKNOWN };
  const found = off >= 0 && off + size <= struct.size ? ctxFieldAt(ctx, off) : undefined;
  if (!found) return bad();
  const { field, name } = found;
  const part = ANY_PART[`${ctx}.${name}`];
  if (part) {
    const ok = allowed(env, write ? field.write : field.read) && off % size === 0 && off + size <= part[1];
    return ok ? { err: 0, value: UNKNOWN } : bad();
  }
  if (WORDS.has(`${ctx}.${name}`)) {
    return !write && size === WORD && off % WORD === 0 ? { err: 0, value: UNKNOWN } : bad();
  }
  if (!allowed(env, write ? field.write : field.read) || !fieldAccess(field, off, size, write)) return bad();
  const ptr = POINTERS[`${ctx}.${name}`];
  if (!ptr) {
    if (field.type.endsWith('*')) return { err: notCovered(env, `context field ${ctx}.${name}`), value: UNKNOWN };
    return { err: 0, value: UNKNOWN };
  }
  if (size !== field.size) return bad();
  const flags = ptr.flags ?? 0;
  const id = flags & NULLABLE && !write ? newId(env) : 0;
  return { err: 0, value: pointer(ptr.type, { flags, id }) };
}
