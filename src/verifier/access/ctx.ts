/** Context fields: who may read and write them, and what pointers they give. */

import type { CtxField } from '../../spec/ctx/index.ts';
import { ctxFieldAt, ctxStruct } from '../../spec/ctx/index.ts';
import type { Env, Err } from '../env.ts';
import { NOT_COVERED, newId, notCovered, reject } from '../env.ts';
import { verboseLinfo } from '../log/lines.ts';
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

/** Contexts that no view converts: their own rules for any program of the type. */
type PlainRule = (off: number, size: number, write: boolean) => Reg | undefined;

const PT_REGS_SIZE = 168;
const MAX_TRACE_SIZE = 8192;
const MAX_ARGS_SIZE = 96;
const MAX_SYSCALL_CTX = 0xffff;

const rawTracepoint: PlainRule = (off, size, write) =>
  !write && off >= 0 && off < MAX_ARGS_SIZE && off % size === 0 ? UNKNOWN : undefined;

const PLAIN: Readonly<Record<string, PlainRule>> = {
  kprobe: (off, size, write) =>
    !write && off >= 0 && off % size === 0 && off + size <= PT_REGS_SIZE ? UNKNOWN : undefined,
  // The offset is compared as an unsigned number with the lower end and as a signed one with the upper.
  tracepoint: (off, size, write) =>
    !write && (off < 0 || off >= 8) && off < MAX_TRACE_SIZE && off % size === 0 ? UNKNOWN : undefined,
  raw_tracepoint: rawTracepoint,
  raw_tracepoint_writable: (off, size, write) => {
    if (off !== 0) return rawTracepoint(off, size, write);
    return size === 8 && !write ? pointer('PTR_TO_TP_BUFFER') : undefined;
  },
  syscall: (off, size) => (off >= 0 && off < MAX_SYSCALL_CTX && off % size === 0 ? UNKNOWN : undefined),
};

/** Pointers to kernel objects in contexts. */
const OBJECTS: Readonly<Record<string, string>> = {
  'bpf_nf_ctx.state': 'nf_hook_state',
  'bpf_nf_ctx.skb': 'sk_buff',
};

/** Ports that were 32 bits wide once: reads of 4 bytes take the padding behind them too. */
const PADDED_PORTS: Readonly<Record<string, number>> = { bpf_sock: 48 };

/** Fields of which any aligned part may be read, and written where the field may be: their bytes as [first, end). */
const ANY_PART: Readonly<Record<string, readonly [number, number]>> = {
  '__sk_buff.cb': [48, 68],
};

/** Arrays of which only the first element may be written. */
const FIRST_ELEMENT: ReadonlySet<string> = new Set(['bpf_sock_ops.args']);

/** Whether an access of `size` bytes at `off` is one that the field's row allows. */
export function fieldAccess(field: CtxField, off: number, size: number, write: boolean): boolean {
  const rel = off - field.offset;
  if (size === field.size) return rel % field.size === 0;
  if (size < field.size) {
    if (write || rel % size !== 0) return false;
    return field.narrow === true || (field.narrow === 'start' ? rel === 0 : field.narrow === 'halves' && size === 2);
  }
  if (field.wide !== true) return false;
  return off % 8 === 0 && rel + size <= field.size * (field.count ?? 1);
}

function allowed(env: Env, access: CtxField['read']): boolean {
  if (access === undefined) return false;
  const { progType, attachType } = env.facts;
  return access === 'all' || access.includes(progType) || access.includes(`${progType}/${attachType}`);
}

/** A port together with its padding is a number like the port. */
function isPaddedPort(ctx: string, off: number, size: number): boolean {
  if (ctx === 'bpf_sk_lookup') return off >= 36 && off + size <= 40 && off % size === 0;
  return size === 4 && PADDED_PORTS[ctx] === off;
}

/** What a readable field gives; undefined where that size or sign extension is not allowed. */
function fieldValue(env: Env, name: string, field: CtxField, a: CtxAccess): Reg | undefined {
  const full = `${env.facts.ctx}.${name}`;
  const object = OBJECTS[full];
  if (object !== undefined) {
    const btf = env.types.vmlinux();
    return pointer('PTR_TO_BTF_ID', { flags: FLAG.PTR_TRUSTED, btf, btf_id: btf.find('struct', object) ?? 0 });
  }
  const ptr = POINTERS[full];
  if (!ptr) return UNKNOWN;
  if (a.size !== field.size || a.signed) return undefined;
  const flags = ptr.flags ?? 0;
  return pointer(ptr.type, { flags, id: flags & NULLABLE && !a.write ? newId(env) : 0 });
}

/** Registers of a perf event are read as a whole only. */
function perfRegister(ctx: string, a: CtxAccess): boolean {
  return (
    ctx === 'bpf_perf_event_data' && !a.write && a.size === 8 && a.off >= 0 && a.off < PT_REGS_SIZE && a.off % 8 === 0
  );
}

export interface CtxAccess {
  readonly off: number;
  readonly size: number;
  readonly write: boolean;
  /** The load extends the sign. */
  readonly signed?: boolean | undefined;
}

function ctxValue(env: Env, a: CtxAccess): Reg | undefined {
  const { off, size, write } = a;
  const { ctx, progType } = env.facts;
  const plain = PLAIN[progType];
  if (plain) return plain(off, size, write);
  const struct = ctxStruct(ctx);
  if (!struct) {
    notCovered(env, `context ${ctx}`);
    return undefined;
  }
  if ((!write && isPaddedPort(ctx, off, size)) || perfRegister(ctx, a)) return UNKNOWN;
  const found = off >= 0 && off + size <= struct.size ? ctxFieldAt(ctx, off) : undefined;
  if (!found) return undefined;
  const { field, name } = found;
  if (!allowed(env, write ? field.write : field.read)) return undefined;
  if (write && FIRST_ELEMENT.has(`${ctx}.${name}`) && off !== field.offset) return undefined;
  const part = ANY_PART[`${ctx}.${name}`];
  if (part) return off % size === 0 && off + size <= part[1] ? UNKNOWN : undefined;
  return fieldAccess(field, off, size, write) ? fieldValue(env, name, field, a) : undefined;
}

/** The value of a context field that is read, or permission to write it. @kernel check_ctx_access */
export function checkCtxAccess(env: Env, a: CtxAccess): { err: Err; value: Reg } {
  const { progType } = env.facts;
  if (progType === 'tracing' || progType === 'lsm') return tracingCtxAccess(env, a.off, a.size, a.write);
  const value = ctxValue(env, a);
  if (value) return { err: 0, value };
  if (env.missing !== undefined) return { err: NOT_COVERED, value: UNKNOWN };
  const err = reject(env, 'ctx-access', { off: a.off, size: a.size });
  verboseLinfo(env, env.insn_idx, '; ');
  return { err, value: UNKNOWN };
}
