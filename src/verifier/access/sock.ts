/** Fields of sockets. */
import { ctxFieldAt, ctxStruct } from '../../spec/ctx/index.ts';
import type { Env, Err } from '../env.ts';
import { reject } from '../env.ts';
import { regTypeStr } from '../log/print.ts';
import type { Reg, RegType } from '../value/reg.ts';
import { fieldAccess } from './ctx.ts';

const STRUCT: Readonly<Partial<Record<RegType, string>>> = {
  PTR_TO_SOCK_COMMON: 'bpf_sock',
  PTR_TO_SOCKET: 'bpf_sock',
  PTR_TO_TCP_SOCK: 'bpf_tcp_sock',
  PTR_TO_XDP_SOCK: 'bpf_xdp_sock',
};

/** Fields that only full sockets have. */
const FULL_ONLY: ReadonlySet<string> = new Set(['type', 'protocol', 'mark', 'priority']);

/** A field is read where every program may read it in a socket that it got by a pointer. */
function readable(r: Reg, name: string, off: number, size: number): boolean {
  const found = ctxFieldAt(name, off);
  if (!found) return false;
  if (r.type === 'PTR_TO_SOCK_COMMON' && FULL_ONLY.has(found.name)) return false;
  // The port was 32 bits wide once, with the padding behind it.
  if (name === 'bpf_sock' && found.name === 'dst_port' && size === 4) return off === found.field.offset;
  // Of a TCP socket all words count as fields, although two of them are halves of wider ones.
  if (name === 'bpf_tcp_sock' && found.field.size === 8 && size === 4) return off !== found.field.offset;
  return fieldAccess(found.field, off, size, false);
}

/** @kernel check_sock_access */
export function checkSockAccess(env: Env, r: Reg, regno: number, off: number, size: number): Err {
  if (r.smin_value < 0n) return reject(env, 'pkt-negative', { r: regno });
  const name = STRUCT[r.type]!;
  const inside = off >= 0 && off + size <= ctxStruct(name)!.size;
  if (inside && off % size === 0 && readable(r, name, off, size)) return 0;
  return reject(env, 'sock-invalid', { r: regno, type: regTypeStr(r.type, r.flags), off, size });
}

/**
 * What the walk let pass and nothing converts: upper halves of the wide counters of a TCP socket.
 * @kernel convert_ctx_accesses
 */
export function convertCtxAccesses(env: Env): Err {
  for (const [i, { row, off }] of env.insns.entries()) {
    if (row?.kind !== 'load' || row.size !== 4 || env.aux[i]!.ptr?.type !== 'PTR_TO_TCP_SOCK') continue;
    if (ctxFieldAt('bpf_tcp_sock', off)?.field.size === 8) return reject(env, 'misconfigured-ctx');
  }
  return 0;
}
