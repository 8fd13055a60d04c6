/** Loads and stores through any pointer. */
import { fromHex } from '../../util/hex.ts';
import type { Env, Err } from '../env.ts';
import { reject } from '../env.ts';
import { signExtend64 } from '../insn/signExtend.ts';
import { regTypeStr } from '../log/print.ts';
import { isMapType } from '../maps.ts';
import { curFrame } from '../state.ts';
import { mapAccess } from '../structure/pseudo.ts';
import type { Reg, RegType } from '../value/reg.ts';
import { draft, FLAG, isPacketPointer, knownScalar, mayBeNull, UNKNOWN } from '../value/reg.ts';
import { tnumAdd, tnumConst, tnumIsAligned, tnumIsConst, tnumText } from '../value/tnum.ts';
import { checkPtrToBtfAccess, checkPtrToMapAccess } from './btf.ts';
import { checkBufferAccess, checkTpBufferAccess } from './buffer.ts';
import { checkCtxAccess } from './ctx.ts';
import { checkMapKptrAccess, kptrAt } from './kptr.ts';
import { checkMapAccess } from './map.ts';
import { checkPtrOffReg } from './ptrOff.ts';
import { checkPacket, checkRegion } from './region.ts';
import { checkSockAccess } from './sock.ts';
import { checkStackBounds, cutToSize, readStack, writeStack } from './stack.ts';

const NET_IP_ALIGN = 2;

const WHAT: Readonly<Partial<Record<RegType, string>>> = {
  PTR_TO_FLOW_KEYS: 'flow keys ',
  PTR_TO_MAP_KEY: 'key ',
  PTR_TO_MAP_VALUE: 'value ',
  PTR_TO_CTX: 'context ',
  PTR_TO_STACK: 'stack ',
  PTR_TO_SOCKET: 'sock ',
  PTR_TO_SOCK_COMMON: 'sock_common ',
  PTR_TO_TCP_SOCK: 'tcp_sock ',
  PTR_TO_XDP_SOCK: 'xdp_sock ',
};

/** @kernel check_ptr_alignment */
export function checkPtrAlignment(env: Env, r: Reg, off: number, size: number, strictOnce: boolean): Err {
  const strict = env.facts.strictAlignment || strictOnce || r.type === 'PTR_TO_STACK';
  if (!strict || size === 1) return 0;
  const packet = isPacketPointer(r);
  const total = tnumAdd(r.var_off, tnumConst(BigInt(r.off + off + (packet ? NET_IP_ALIGN : 0))));
  if (tnumIsAligned(total, size)) return 0;
  const where = `${packet ? `${NET_IP_ALIGN}+` : ''}${tnumText(r.var_off)}+${r.off}+${off}`;
  return reject(env, 'var-off-unaligned', { what: packet ? 'packet ' : (WHAT[r.type] ?? ''), off: where, size });
}

/** @kernel check_map_access_type */
export function checkMapAccessType(env: Env, r: Reg, off: number, size: number, write: boolean): Err {
  const { read: readable, write: writable } = mapAccess(r.map!);
  if (write ? writable : readable) return 0;
  return reject(env, write ? 'map-write' : 'map-read', { mem: r.map!.value_size, off, size });
}

/** Whether the program may look into packets. @kernel may_access_direct_pkt_data */
export function mayAccessPacket(env: Env, write: boolean, helper?: { readonly pktAccess: boolean }): boolean {
  switch (env.facts.progType) {
    case 'lwt_in':
    case 'lwt_out':
    case 'lwt_seg6local':
    case 'sk_reuseport':
    case 'flow_dissector':
    case 'cgroup_skb':
      return !write && (helper?.pktAccess ?? true);
    case 'sched_cls':
    case 'sched_act':
    case 'xdp':
    case 'lwt_xmit':
    case 'sk_skb':
    case 'sk_msg':
      return helper?.pktAccess ?? true;
    case 'cgroup_sockopt':
      return true;
    default:
      return false;
  }
}

export interface Access {
  readonly regno: number;
  readonly off: number;
  readonly size: number;
  readonly write: boolean;
  /** Register that is loaded or stored, -1 for neither. */
  readonly value: number;
  /** Immediate of a store. */
  readonly imm?: number | undefined;
  readonly strict?: boolean;
  readonly signed?: boolean;
}

const FLOW_KEYS_SIZE = 56;

function loadMapValue(r: Reg, off: number, a: Access): Reg {
  const { map } = r;
  const at = off + Number(r.var_off.value);
  const frozen = map?.frozen && !mapAccess(map).write && isMapType(map, 'array') && map.max_entries === 1;
  if (!frozen || !tnumIsConst(r.var_off)) return UNKNOWN;
  const bytes = fromHex(map.value0 ?? '') ?? new Uint8Array(0);
  let value = 0n;
  for (let i = a.size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i] ?? 0);
  return knownScalar(a.signed ? BigInt.asIntN(a.size * 8, value) : value);
}

/** One access by kind of pointer; the loaded value where there is one. */
function accessByKind(env: Env, r: Reg, off: number, a: Access): { err: Err; value?: Reg; set?: true } {
  const { regno, size, write } = a;
  const type = regTypeStr(r.type, r.flags);
  const invalid = (): { err: Err } => ({ err: reject(env, 'invalid-mem', { r: regno, type }) });
  if (mayBeNull(r)) return invalid();
  switch (r.type) {
    case 'PTR_TO_MAP_VALUE': {
      const err =
        checkMapAccessType(env, r, off, size, write) || checkMapAccess(env, regno, off, size, false, 'DIRECT');
      if (err) return { err };
      const kptr = kptrAt(r, off);
      if (kptr) {
        const plain = a.strict !== true && !a.signed;
        return checkMapKptrAccess(env, kptr, { write, value: a.value, imm: a.imm, plain });
      }
      return { err, value: write ? UNKNOWN : loadMapValue(r, off, a) };
    }
    case 'PTR_TO_MAP_KEY':
      if (write) return { err: reject(env, 'map-key-write', { r: regno }) };
      return { err: checkRegion(env, regno, off, size, r.map!.key_size, false) };
    case 'PTR_TO_MEM':
      if (write && r.flags & FLAG.MEM_RDONLY) return { err: reject(env, 'cannot-write-type', { r: regno, type }) };
      return { err: checkRegion(env, regno, off, size, r.mem_size, false) };
    case 'PTR_TO_CTX': {
      const err = checkPtrOffReg(env, r, regno);
      return err ? { err } : checkCtxAccess(env, { off, size, write, signed: a.signed });
    }
    case 'PTR_TO_STACK':
      return { err: checkStackBounds(env, regno, off, size, write ? 'write to' : 'read from') };
    case 'PTR_TO_PACKET':
    case 'PTR_TO_PACKET_META':
      if (write && !mayAccessPacket(env, true)) return { err: reject(env, 'cannot-write', { what: 'packet' }) };
      return { err: checkPacket(env, regno, off, size, false) };
    case 'PTR_TO_FLOW_KEYS':
      if (off < 0 || off + size > FLOW_KEYS_SIZE) return { err: reject(env, 'flow-keys-invalid', { off, size }) };
      return { err: 0 };
    case 'PTR_TO_SOCKET':
    case 'PTR_TO_SOCK_COMMON':
    case 'PTR_TO_TCP_SOCK':
    case 'PTR_TO_XDP_SOCK':
      if (write) return { err: reject(env, 'cannot-write-type', { r: regno, type }) };
      return { err: checkSockAccess(env, r, regno, off, size) };
    case 'PTR_TO_TP_BUFFER':
      return { err: checkTpBufferAccess(env, r, regno, off, size) };
    case 'CONST_PTR_TO_MAP':
      return { err: checkPtrToMapAccess(env, regno, off, size, write, a.value), set: true };
    case 'PTR_TO_BTF_ID':
      return { err: checkPtrToBtfAccess(env, regno, off, size, write, a.value), set: true };
    case 'PTR_TO_BUF':
      if (write && r.flags & FLAG.MEM_RDONLY) return { err: reject(env, 'cannot-write-type', { r: regno, type }) };
      return { err: checkBufferAccess(env, r, regno, off, size) };
    case 'NOT_INIT':
    case 'SCALAR_VALUE':
    case 'PTR_TO_PACKET_END':
    case 'PTR_TO_FUNC':
    case 'CONST_PTR_TO_DYNPTR':
      return invalid();
  }
}

/** @kernel check_mem_access */
export function checkMemAccess(env: Env, a: Access): Err {
  const f = curFrame(env.cur);
  const r = f.regs[a.regno]!.v;
  let err = checkPtrAlignment(env, r, a.off, a.size, a.strict === true);
  if (err) return err;
  const off = a.off + r.off;
  const done = accessByKind(env, r, off, a);
  if (done.err) return done.err;
  if (r.type === 'PTR_TO_STACK') {
    err = a.write
      ? writeStack(env, a.regno, off, a.size, { regno: a.value, imm: a.imm })
      : readStack(env, a.regno, off, a.size, a.value);
    if (err) return err;
  } else if (!a.write && a.value >= 0 && !done.set) f.regs[a.value]!.v = done.value ?? UNKNOWN;
  if (a.write || a.value < 0 || a.size === 8) return 0;
  const loaded = f.regs[a.value]!;
  if (loaded.v.type !== 'SCALAR_VALUE') return 0;
  if (!a.signed) loaded.v = cutToSize(loaded.v, a.size);
  else {
    const d = draft(loaded.v);
    signExtend64(d, a.size as 1 | 2 | 4);
    loaded.v = d;
  }
  return 0;
}
