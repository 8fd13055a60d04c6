/**
 * A network namespace as one immutable value: devices with their addresses, routes, rules, neighbours and settings.
 * What changes it answers a new one. Addresses are bytes in network order, 4 or 16 of them, and never written to.
 */
import { UAPI } from '../../spec/constants.ts';
import type { SocketRequest } from '../../spec/request.ts';

/** Address family. */
export type Family = 'inet' | 'inet6';

/** What a device is; `ether` is always connected and sends to nobody. */
export type DeviceType = 'loopback' | 'dummy' | 'veth' | 'ether' | 'ipip';

/** An address of a device. */
export interface InterfaceAddress {
  readonly family: Family;
  /** Bytes in network order: 4 or 16. */
  readonly address: Uint8Array;
  /** The peer's address of a point-to-point link; without one equal to `address`. */
  readonly peer: Uint8Array;
  /** Bits of the prefix. */
  readonly prefix: number;
  /** RT_SCOPE_ number. */
  readonly scope: number;
  /** IPv4 only: the broadcast address. */
  readonly broadcast?: Uint8Array;
  /** IPv4: another address of the same prefix is the primary one. */
  readonly secondary: boolean;
  /** No connected route for the prefix. */
  readonly noPrefixRoute: boolean;
  /** IPv6 only: kept by a device that went down, and not in use until it comes up (IFA_F_TENTATIVE). */
  readonly tentative?: true;
}

/** What `net.ipv4.conf.DEV` and `net.ipv6.conf.DEV` set, by the sysctl's name. */
export type DeviceConf = Readonly<Record<string, number>>;

/** A network device. */
export interface Device {
  readonly ifindex: number;
  readonly name: string;
  readonly type: DeviceType;
  /** Six bytes. */
  readonly mac: Uint8Array;
  readonly mtu: number;
  /** IFF_UP. */
  readonly up: boolean;
  /** The other end of a veth pair: its ifindex. */
  readonly peer?: number;
  /** The other end lies in the namespace of this name, and whether it is up. */
  readonly peerNs?: string;
  readonly peerUp?: boolean;
  /** Of an ipip tunnel: addresses of the outer header; 0.0.0.0 for any. */
  readonly tunnel?: { readonly local: Uint8Array; readonly remote: Uint8Array };
  readonly group: number;
  /** Receive queues; 1 unless the node says otherwise. */
  readonly queues: number;
  /** In the order in which the kernel keeps them. */
  readonly addresses: readonly InterfaceAddress[];
  /** in_device; undefined where IPv4 does not run on the device (MTU below 68). */
  readonly conf4: DeviceConf | undefined;
  /** inet6_dev; undefined where IPv6 does not run on the device (MTU below 1280). */
  readonly conf6: DeviceConf | undefined;
  /** IPv6 has configured the link since it came up. */
  readonly ready6: boolean;
  /** Address of the net_device object in linear memory; 0 until somebody needs it. */
  readonly object: number;
}

/** A route of one table. */
export interface Route {
  readonly dst: Uint8Array;
  /** Bits of the prefix. */
  readonly prefix: number;
  readonly table: number;
  /** RTN_ number. */
  readonly type: number;
  /** RT_SCOPE_ number; IPv6 routes have RT_SCOPE_UNIVERSE. */
  readonly scope: number;
  /** IPv4 only: 0 for any. */
  readonly tos: number;
  readonly metric: number;
  /** Outgoing interface; 0 for IPv4 routes that lead nowhere. */
  readonly dev: number;
  /** The gateway; an IPv4 route may have an IPv6 one. */
  readonly via?: Uint8Array;
  /** Preferred source address. */
  readonly src?: Uint8Array;
  readonly mtu: number;
  /** `mtu lock`: no path MTU discovery, and what forwards heeds it. */
  readonly mtuLocked: boolean;
  /** RTPROT_ number: who made it. */
  readonly protocol: number;
}

/** A rule of `ip rule`. */
export interface Rule {
  readonly pref: number;
  /** FR_ACT_ number. */
  readonly action: number;
  readonly table: number;
  readonly src?: { readonly address: Uint8Array; readonly prefix: number };
  readonly dst?: { readonly address: Uint8Array; readonly prefix: number };
  readonly tos: number;
  readonly mark: number;
  readonly markMask: number;
  readonly iif?: string;
  readonly oif?: string;
  /** Results with a prefix of at most so many bits do not count; -1 without. */
  readonly suppressPrefix: number;
  /** Results through a device of this group do not count; -1 without. */
  readonly suppressGroup: number;
}

/** An entry of the neighbour tables. */
export interface Neighbour {
  readonly ifindex: number;
  readonly address: Uint8Array;
  readonly mac: Uint8Array;
  /** NUD_ number. */
  readonly state: number;
}

/** What both address families have each of. */
export interface FamilyState {
  /** In the order in which look-ups meet them: longest prefix first. */
  readonly routes: readonly Route[];
  /** By preference. */
  readonly rules: readonly Rule[];
  /** Somebody has changed the rules; until then look-ups do not go by them. */
  readonly customRules: boolean;
  /** `net.*.conf.all` and `net.*.conf.default`. */
  readonly all: DeviceConf;
  readonly default: DeviceConf;
}

/** A network namespace: an immutable value. */
export interface NetNs {
  readonly name: string;
  /** What bpf_get_netns_cookie tells; the first namespace of a boot has 1. */
  readonly cookie: number;
  readonly nextIfindex: number;
  /** By ifindex. */
  readonly devices: readonly Device[];
  readonly inet: FamilyState;
  readonly inet6: FamilyState;
  readonly neighbours: readonly Neighbour[];
  /** Other namespaces by the ids that this one knows them by. */
  readonly ids: readonly { readonly id: number; readonly name: string }[];
  /** Sockets that a kernel opens when it is made with this node. */
  readonly sockets?: readonly SocketRequest[];
  /** Sysctls that belong to no device, as `net.ipv4.ip_default_ttl`: those that were set. */
  readonly sysctls: Readonly<Record<string, string>>;
}

/** The loopback's index: the first of every network namespace. */
export const LOOPBACK_IFINDEX = 1;

export function deviceByIndex(net: NetNs, ifindex: number): Device | undefined {
  return net.devices.find((d) => d.ifindex === ifindex);
}

export function deviceByName(net: NetNs, name: string): Device | undefined {
  return net.devices.find((d) => d.name === name);
}

export function familyOf(address: Uint8Array): Family {
  return address.length === 4 ? 'inet' : 'inet6';
}

/** The namespace with one device replaced by what `change` makes of it. */
export function withDevice(net: NetNs, ifindex: number, change: (device: Device) => Device): NetNs {
  return { ...net, devices: net.devices.map((d) => (d.ifindex === ifindex ? change(d) : d)) };
}

const { FR_ACT_TO_TBL, RT_TABLE_DEFAULT, RT_TABLE_LOCAL, RT_TABLE_MAIN } = UAPI;

function tableRule(pref: number, table: number): Rule {
  return {
    pref,
    action: FR_ACT_TO_TBL,
    table,
    tos: 0,
    mark: 0,
    markMask: 0,
    suppressPrefix: -1,
    suppressGroup: -1,
  };
}

const LOCAL_AND_MAIN = [tableRule(0, RT_TABLE_LOCAL), tableRule(32766, RT_TABLE_MAIN)];

/** The namespace that a machine boots with. */
const HOST = 'host';

/** A namespace without any device. */
export const EMPTY_NETNS: NetNs = {
  name: HOST,
  ids: [],
  cookie: 1,
  nextIfindex: LOOPBACK_IFINDEX,
  devices: [],
  inet: {
    routes: [],
    rules: [...LOCAL_AND_MAIN, tableRule(32767, RT_TABLE_DEFAULT)],
    customRules: false,
    all: {},
    default: {},
  },
  inet6: { routes: [], rules: LOCAL_AND_MAIN, customRules: false, all: {}, default: {} },
  neighbours: [],
  sysctls: {},
};
