/** The other kernel objects behind a packet: its net_device and the socket it belongs to. */
import type { Arena } from '../mem/arena.ts';
import { PERM_READ } from '../mem/arena.ts';
import { UAPI } from '../spec/constants.ts';
import { LAYOUTS, offsetOf } from '../spec/layouts.ts';
import type { Result } from '../util/problem.ts';
import { SOCKET_TAG } from './inetSock.ts';
import type { Device, DeviceType } from './route/netns.ts';
import { deviceField, setDeviceField, setSockField } from './skbField.ts';

export { deviceField, setSockField } from './skbField.ts';

const {
  ARPHRD_ETHER,
  ARPHRD_LOOPBACK,
  ARPHRD_TUNNEL,
  ETH_ALEN,
  ETH_HLEN,
  IFF_BROADCAST,
  IFF_LOOPBACK,
  IFF_MULTICAST,
  IFF_NOARP,
  IFF_UP,
  TCP_CLOSE,
} = UAPI;
const IFNAMSIZ = 16;
/** No queue was chosen for a socket. */
const NO_QUEUE_MAPPING = 0xffff;

/** What a device's type decides: ARPHRD_ number and IFF_ flags. */
const TYPES: Readonly<Record<DeviceType, readonly [type: number, flags: number]>> = {
  loopback: [ARPHRD_LOOPBACK, IFF_LOOPBACK],
  dummy: [ARPHRD_ETHER, IFF_BROADCAST | IFF_NOARP],
  veth: [ARPHRD_ETHER, IFF_BROADCAST | IFF_MULTICAST],
  ether: [ARPHRD_ETHER, IFF_BROADCAST | IFF_MULTICAST],
  ipip: [ARPHRD_TUNNEL, IFF_NOARP],
};

/** Where the device's address lies: behind the object, as long as all addresses may be. */
const DEV_ADDR = LAYOUTS.net_device.size;
const MAX_ADDR_LEN = 32;
/** The link layer addresses of an ipip tunnel are the IPv4 addresses of its ends. */
const TUNNEL_ADDR_LEN = 4;

/** A net_device object for a device, to be filled by `fillDevice`; freed by `arena.free`. */
export function allocDevice(arena: Arena): Result<number> {
  return arena.alloc({ kind: 'kernel', size: DEV_ADDR + MAX_ADDR_LEN, perm: PERM_READ });
}

/** Writes what the object says of its device. */
export function fillDevice(arena: Arena, object: number, device: Device): void {
  const [type, flags] = TYPES[device.type];
  const fields = {
    ifindex: device.ifindex,
    mtu: device.mtu,
    type,
    flags: flags | (device.up ? IFF_UP : 0),
    hard_header_len: device.type === 'ipip' ? 0 : ETH_HLEN,
    addr_len: device.type === 'ipip' ? TUNNEL_ADDR_LEN : device.mac.length,
    group: device.group,
    num_rx_queues: device.queues,
    real_num_rx_queues: device.queues,
  } as const;
  for (const [name, value] of Object.entries(fields)) setDeviceField(arena, object, name as keyof typeof fields, value);
  const name = Uint8Array.from(device.name, (c) => c.charCodeAt(0)).subarray(0, IFNAMSIZ - 1);
  arena.put(object + offsetOf('net_device', 'name'), name);
  arena.setU64(object + offsetOf('net_device', 'dev_addr'), object + DEV_ADDR, 0);
  arena.put(object + DEV_ADDR, device.mac);
  if (device.tunnel) arena.put(object + offsetOf('net_device', 'broadcast'), device.tunnel.remote);
  else if (device.type !== 'loopback')
    arena.fill(object + offsetOf('net_device', 'broadcast'), 0xff, device.mac.length);
}

/** Six bytes: a device's own address, or its broadcast address. */
export function deviceAddress(arena: Arena, dev: number, which: 'own' | 'broadcast'): Uint8Array {
  const at = which === 'own' ? deviceField(arena, dev, 'dev_addr') : dev + offsetOf('net_device', 'broadcast');
  return arena.bytes(at, ETH_ALEN);
}

/** A sock as sock_init_data leaves it: closed, of no protocol, owned by uid 0; freed by `arena.free`. */
export function allocSock(arena: Arena): Result<number> {
  const object = arena.alloc({ kind: 'kernel', size: LAYOUTS.sock.size, perm: PERM_READ, tag: SOCKET_TAG });
  if (!object.ok) return object;
  setSockField(arena, object.value, 'skc_state', TCP_CLOSE);
  setSockField(arena, object.value, 'skc_refcnt', 1);
  setSockField(arena, object.value, 'skc_tx_queue_mapping', NO_QUEUE_MAPPING);
  setSockField(arena, object.value, 'skc_rx_queue_mapping', NO_QUEUE_MAPPING);
  return object;
}
