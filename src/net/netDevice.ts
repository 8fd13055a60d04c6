/** The other kernel objects behind a packet: its net_device and the socket it belongs to. */
import type { Arena } from '../mem/arena.ts';
import { PERM_READ } from '../mem/arena.ts';
import { UAPI } from '../spec/constants.ts';
import { LAYOUTS } from '../spec/layouts.ts';
import type { Result } from '../util/problem.ts';
import { setDeviceField, setSockField } from './skbField.ts';

export { deviceField, setSockField, sockField } from './skbField.ts';

const { TCP_CLOSE } = UAPI;

interface DeviceSpec {
  readonly ifindex: number;
  readonly mtu: number;
  /** Bytes of the link layer's header; 14 for Ethernet and the loopback. */
  readonly hardHeaderLen: number;
  /** ARPHRD_ number. */
  readonly type: number;
}

/** A net_device object; freed by `arena.free`. */
function allocDevice(arena: Arena, spec: DeviceSpec): Result<number> {
  const object = arena.alloc({ kind: 'kernel', size: LAYOUTS.net_device.size, perm: PERM_READ });
  if (!object.ok) return object;
  setDeviceField(arena, object.value, 'ifindex', spec.ifindex);
  setDeviceField(arena, object.value, 'mtu', spec.mtu);
  setDeviceField(arena, object.value, 'hard_header_len', spec.hardHeaderLen);
  setDeviceField(arena, object.value, 'type', spec.type);
  return object;
}

/** The loopback's index: the first of every network namespace. */
export const LOOPBACK_IFINDEX = 1;

/** The loopback of a new network namespace. */
export function allocLoopback(arena: Arena): Result<number> {
  const { ARPHRD_LOOPBACK, ETH_HLEN } = UAPI;
  return allocDevice(arena, { ifindex: LOOPBACK_IFINDEX, mtu: 65536, hardHeaderLen: ETH_HLEN, type: ARPHRD_LOOPBACK });
}

/** A sock as sock_init_data leaves it: closed, of no protocol, owned by uid 0; freed by `arena.free`. */
export function allocSock(arena: Arena): Result<number> {
  const object = arena.alloc({ kind: 'kernel', size: LAYOUTS.sock.size, perm: PERM_READ });
  if (object.ok) setSockField(arena, object.value, 'skc_state', TCP_CLOSE);
  return object;
}
