/** Links come, go, and are switched on and off, with all that the kernel then does to addresses, routes and neighbours. */
import { ERRNO } from '../../spec/errno.ts';
import { carrierOk } from './carrier.ts';
import { CONF4_ALL, CONF4_DEFAULT, CONF6_DEFAULT } from './conf.ts';
import { inet6Down, inet6LinkReady, inet6Up } from './inet6Address.ts';
import { addInetAddress, inetDown, inetGone, inetLeaves, inetUp } from './inetAddress.ts';
import type { Device, DeviceType, NetNs } from './netns.ts';
import { deviceByIndex, deviceByName, EMPTY_NETNS, LOOPBACK_IFINDEX, withDevice } from './netns.ts';
import { sameAddress } from './prefix.ts';

const { EBUSY, EEXIST, EINVAL, ENODEV, EOPNOTSUPP } = ERRNO;

/** A new namespace or the negative errno that user space gets. */
export type Change = NetNs | number;

/** The smallest MTU that IPv4 and IPv6 run on. */
const MIN_MTU4 = 68;
const MIN_MTU6 = 1280;
const ETH_MAX_MTU = 65535;
const IFNAMSIZ = 16;
const LOOPBACK_MTU = 65536;

/** What a device can be made with; the rest follows from its type. */
export interface LinkSpec {
  readonly name: string;
  readonly type: DeviceType;
  readonly mac?: Uint8Array;
  readonly mtu?: number;
  /** The name of a veth's other end. */
  readonly peerName?: string;
  readonly peerMac?: Uint8Array;
  /** Default the next free one. */
  readonly ifindex?: number;
  readonly peerIfindex?: number;
  /** Of a veth pair the named end gets the lower ifindex; by default its peer does. */
  readonly ownFirst?: boolean;
  /** A veth whose other end lies in another namespace: only this end is made. */
  readonly single?: boolean;
  readonly group?: number;
  readonly queues?: number;
  /** Of an ipip tunnel: addresses of the outer header, 4 bytes each; absent: 0.0.0.0, any. */
  readonly local?: Uint8Array;
  readonly remote?: Uint8Array;
}

/** The address of a device that none was given to: a kernel draws one by chance. */
function defaultMac(ifindex: number): Uint8Array {
  return Uint8Array.of(0x02, 0x62, 0x70, 0x66, ifindex >> 8, ifindex);
}

/** MTUs that devices begin with; a tunnel's outer header has to fit. */
const FIRST_MTU: Readonly<Record<DeviceType, number>> = {
  loopback: LOOPBACK_MTU,
  dummy: 1500,
  veth: 1500,
  ether: 1500,
  ipip: 1480,
};

const ANY = new Uint8Array(4);

/** The link layer address that a device of a type has unless another is given; a tunnel's begins with its own end. */
function firstMac(ifindex: number, { type, local }: LinkSpec): Uint8Array {
  if (type === 'ipip') return Uint8Array.of(...(local ?? ANY), 0, 0);
  return type === 'loopback' ? new Uint8Array(6) : defaultMac(ifindex);
}

function newDevice(net: NetNs, ifindex: number, spec: LinkSpec): Device {
  const { name, type, mac, mtu, group, queues, local, remote } = spec;
  const size = mtu ?? FIRST_MTU[type];
  return {
    ifindex,
    name,
    type,
    mac: mac ?? firstMac(ifindex, spec),
    ...(type === 'ipip' && { tunnel: { local: local ?? ANY, remote: remote ?? ANY } }),
    mtu: size,
    up: false,
    group: group ?? 0,
    queues: queues ?? 1,
    addresses: [],
    conf4: size < MIN_MTU4 ? undefined : net.inet.default,
    conf6: size < MIN_MTU6 ? undefined : { ...net.inet6.default, mtu: size },
    ready6: false,
    object: 0,
  };
}

function append(net: NetNs, spec: LinkSpec): { net: NetNs; ifindex: number } {
  const ifindex = spec.ifindex ?? net.nextIfindex;
  const device = newDevice(net, ifindex, spec);
  const devices = [...net.devices, device].sort((a, b) => a.ifindex - b.ifindex);
  return { net: { ...net, nextIfindex: Math.max(net.nextIfindex, ifindex + 1), devices }, ifindex };
}

function validName(name: string): boolean {
  return name.length > 0 && name.length < IFNAMSIZ && name !== '.' && name !== '..' && !/[/:\s]/.test(name);
}

/** The first name of the form `veth0`, `veth1` … that is free. */
export function freeName(net: NetNs, stem: string): string {
  for (let i = 0; ; i++) if (!deviceByName(net, `${stem}${i}`)) return `${stem}${i}`;
}

/** Are a tunnel's ends those that are asked for? There is one of each kind. @kernel ip_tunnel_find */
function sameTunnel(tunnel: NonNullable<Device['tunnel']>, { local = ANY, remote = ANY }: LinkSpec): boolean {
  return sameAddress(tunnel.local, local) && sameAddress(tunnel.remote, remote);
}

/** RTM_NEWLINK of a new device; of a veth pair the peer is made first. @kernel rtnl_newlink */
export function addLink(net: NetNs, spec: LinkSpec): Change {
  if (!validName(spec.name)) return -EINVAL;
  if (deviceByName(net, spec.name)) return -EEXIST;
  if ([spec.ifindex, spec.peerIfindex].some((i) => i !== undefined && deviceByIndex(net, i))) return -EBUSY;
  if (spec.mac && (spec.mac[0]! & 1) !== 0) return -EINVAL;
  if (spec.type === 'ipip' && net.devices.some((d) => d.tunnel && sameTunnel(d.tunnel, spec))) return -EEXIST;
  if (spec.type !== 'veth' || spec.single) return append(net, spec).net;
  const peerName = spec.peerName ?? freeName(net, 'veth');
  if (!validName(peerName) || peerName === spec.name) return -EINVAL;
  if (deviceByName(net, peerName)) return -EEXIST;
  const { mac: _mac, ifindex: _index, peerMac, peerIfindex, ...same } = spec;
  const peerSpec: LinkSpec = {
    ...same,
    name: peerName,
    ...(peerMac && { mac: peerMac }),
    ...(peerIfindex !== undefined && { ifindex: peerIfindex }),
  };
  const first = append(net, spec.ownFirst ? spec : peerSpec);
  const second = append(first.net, spec.ownFirst ? peerSpec : spec);
  const joined = withDevice(second.net, second.ifindex, (d) => ({ ...d, peer: first.ifindex }));
  return withDevice(joined, first.ifindex, (d) => ({ ...d, peer: second.ifindex }));
}

/** RTM_DELLINK: with a veth goes its other end. */
export function removeLink(net: NetNs, ifindex: number): Change {
  const device = deviceByIndex(net, ifindex);
  if (!device) return -ENODEV;
  if (device.type === 'loopback' || device.type === 'ether') return -EOPNOTSUPP;
  const gone = [ifindex, ...(device.peer === undefined ? [] : [device.peer])];
  const quiet = gone.reduce((n, i) => inetGone(inet6Down(setDown(n, i), i, true), i), net);
  return { ...quiet, devices: quiet.devices.filter((d) => !gone.includes(d.ifindex)) };
}

/** Sets IFF_UP: connected routes appear, IPv6 gives the link its address. @kernel dev_open */
export function setUp(net: NetNs, ifindex: number): NetNs {
  const device = deviceByIndex(net, ifindex);
  if (!device || device.up) return net;
  let now = withDevice(net, ifindex, (d) => ({ ...d, up: true }));
  if (device.type === 'loopback' && device.conf4 && !device.addresses.some((a) => a.family === 'inet')) {
    const added = addInetAddress(now, ifindex, { address: Uint8Array.of(127, 0, 0, 1), prefix: 8 });
    if (typeof added !== 'number') now = added;
  } else now = inetUp(now, ifindex);
  if (device.mtu >= MIN_MTU6 && !device.conf6) {
    now = withDevice(now, ifindex, (d) => ({ ...d, conf6: { ...now.inet6.default, mtu: d.mtu } }));
  }
  now = inet6Up(now, ifindex, carrierOk(now, deviceByIndex(now, ifindex)!));
  const peer = device.peer === undefined ? undefined : deviceByIndex(now, device.peer);
  return peer?.up ? inet6LinkReady(now, peer.ifindex) : now;
}

/** Clears IFF_UP: routes through the device and its neighbours go, IPv6 addresses too. @kernel dev_close */
export function setDown(net: NetNs, ifindex: number): NetNs {
  const device = deviceByIndex(net, ifindex);
  if (!device?.up) return net;
  const down = withDevice(net, ifindex, (d) => ({ ...d, up: false }));
  const quiet = inet6Down(inetDown(down, ifindex), ifindex, false);
  return { ...quiet, neighbours: quiet.neighbours.filter((n) => n.ifindex !== ifindex) };
}

/** Which MTUs a device takes. */
function mtuRange({ type }: Device): readonly [number, number] {
  return type === 'veth' || type === 'ether' ? [MIN_MTU4, ETH_MAX_MTU] : [0, 0x7fff_ffff];
}

/** Sets the MTU; below their minimum IPv4 and IPv6 leave the device. @kernel dev_set_mtu */
export function setMtu(net: NetNs, ifindex: number, mtu: number): Change {
  const device = deviceByIndex(net, ifindex);
  if (!device) return -ENODEV;
  const [least, most] = mtuRange(device);
  if (mtu < least || mtu > most) return -EINVAL;
  if (mtu === device.mtu) return net;
  let now = withDevice(net, ifindex, (d) => ({ ...d, mtu }));
  if (mtu < MIN_MTU4) {
    now = withDevice(inetLeaves(now, ifindex), ifindex, (d) => ({ ...d, conf4: undefined }));
  } else if (!device.conf4) now = withDevice(now, ifindex, (d) => ({ ...d, conf4: now.inet.default }));
  if (mtu < MIN_MTU6) {
    now = withDevice(inet6Down(now, ifindex, true), ifindex, (d) => ({ ...d, conf6: undefined }));
  } else if (device.conf6) {
    now = withDevice(now, ifindex, (d) => ({ ...d, conf6: d.conf6 && { ...d.conf6, mtu } }));
  } else {
    now = withDevice(now, ifindex, (d) => ({ ...d, conf6: { ...now.inet6.default, mtu } }));
    if (device.up) now = inet6Up(now, ifindex, carrierOk(now, deviceByIndex(now, ifindex)!));
  }
  return now;
}

/** Sets the link layer address; what is known of neighbours there is forgotten. @kernel dev_set_mac_address */
export function setMac(net: NetNs, ifindex: number, mac: Uint8Array): Change {
  const device = deviceByIndex(net, ifindex);
  if (!device) return -ENODEV;
  if (device.type === 'loopback' || device.type === 'ipip') return -EOPNOTSUPP;
  if ((mac[0]! & 1) !== 0 || mac.every((b) => b === 0)) return -EINVAL;
  const now = withDevice(net, ifindex, (d) => ({ ...d, mac }));
  return { ...now, neighbours: now.neighbours.filter((n) => n.ifindex !== ifindex) };
}

/** Renames a device. @kernel dev_change_name */
export function rename(net: NetNs, ifindex: number, name: string): Change {
  const device = deviceByIndex(net, ifindex);
  if (!device) return -ENODEV;
  if (device.name === name) return net;
  if (!validName(name)) return -EINVAL;
  if (deviceByName(net, name)) return -EEXIST;
  return device.up && device.type === 'loopback' ? -EBUSY : withDevice(net, ifindex, (d) => ({ ...d, name }));
}

/** A namespace as a test run finds it: only the loopback, up. */
export function loopbackNetNs(): NetNs {
  const { inet, inet6 } = EMPTY_NETNS;
  const empty: NetNs = {
    ...EMPTY_NETNS,
    inet: { ...inet, all: CONF4_ALL, default: CONF4_DEFAULT },
    inet6: { ...inet6, all: CONF6_DEFAULT, default: CONF6_DEFAULT },
  };
  return setUp(append(empty, { name: 'lo', type: 'loopback' }).net, LOOPBACK_IFINDEX);
}
