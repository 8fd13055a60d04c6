/** Fields of sockets. */
import { ctxFieldAt, ctxStruct } from '../../spec/ctx/index.ts';
import type { Env, Err } from '../env.ts';
import { notCovered, reject } from '../env.ts';
import { regTypeStr } from '../log/print.ts';
import type { Reg } from '../value/reg.ts';
import { fieldAccess } from './ctx.ts';

/** Fields that bpf_sock_common has too. */
const COMMON_END = 'bpf_sock';

/** @kernel check_sock_access */
export function checkSockAccess(env: Env, r: Reg, regno: number, off: number, size: number): Err {
  if (r.smin_value < 0n) return reject(env, 'pkt-negative', { r: regno });
  const invalid = (): Err => reject(env, 'sock-invalid', { r: regno, type: regTypeStr(r.type, r.flags), off, size });
  const name =
    r.type === 'PTR_TO_TCP_SOCK' ? 'bpf_tcp_sock' : r.type === 'PTR_TO_XDP_SOCK' ? 'bpf_xdp_sock' : COMMON_END;
  const struct = ctxStruct(name);
  if (!struct) return notCovered(env, `fields of ${name}`);
  if (off < 0 || off + size > struct.size) return invalid();
  const found = ctxFieldAt(name, off);
  if (!found || off % size !== 0) return invalid();
  if (r.type === 'PTR_TO_SOCK_COMMON') {
    const common = [
      'bound_dev_if',
      'family',
      'type',
      'protocol',
      'src_ip4',
      'src_ip6',
      'src_port',
      'dst_port',
      'dst_ip4',
      'dst_ip6',
      'state',
      'rx_queue_mapping',
    ];
    if (!common.includes(found.name)) return notCovered(env, `field ${found.name} of sock_common`);
    return notCoveredOrOk(
      env,
      found.name,
      ['family', 'src_ip4', 'src_ip6', 'src_port', 'dst_port', 'dst_ip4', 'dst_ip6', 'state'],
      invalid,
      fieldAccess(found.field, off, size, false),
    );
  }
  return fieldAccess(found.field, off, size, false) ? 0 : invalid();
}

function notCoveredOrOk(env: Env, name: string, ok: readonly string[], invalid: () => Err, fits: boolean): Err {
  if (!ok.includes(name)) return notCovered(env, `field ${name} of sock_common`);
  return fits ? 0 : invalid();
}
