/** `net.*` sysctls: those of devices take effect at once, all others are kept. */

import { carrierOk } from './carrier.ts';
import { inet6Down, inet6ForwardChange, inet6Up } from './inet6Address.ts';
import type { Device, DeviceConf, Family, FamilyState, NetNs } from './netns.ts';
import { deviceByIndex, deviceByName } from './netns.ts';
import { NET_SYSCTLS } from './sysctlNames.ts';

const CONF = /^net\.(ipv4|ipv6)\.conf\.(.+)\.([a-z0-9_]+)$/;

/** Why a sysctl is not set. */
export type SysctlRefusal = 'unknown' | 'value' | 'device';

function withFamily(net: NetNs, family: Family, change: Partial<FamilyState>): NetNs {
  return { ...net, [family]: { ...net[family], ...change } };
}

function withConf(net: NetNs, family: Family, devices: readonly Device[], name: string, value: number): NetNs {
  const key = family === 'inet' ? 'conf4' : 'conf6';
  return {
    ...net,
    devices: net.devices.map((d) => {
      const conf: DeviceConf | undefined = d[key];
      return conf && devices.includes(d) ? { ...d, [key]: { ...conf, [name]: value } } : d;
    }),
  };
}

/** IPv4 forwarding of all devices, present and future. @kernel inet_forward_change */
function forwardAll4(net: NetNs, value: number): NetNs {
  const { all, default: future } = net.inet;
  if (all.forwarding === value) return net;
  const now = withFamily(net, 'inet', {
    all: { ...all, forwarding: value },
    default: { ...future, forwarding: value },
  });
  return withConf(now, 'inet', now.devices, 'forwarding', value);
}

/** @kernel addrconf_forward_change */
function forwardAll6(net: NetNs, value: number): NetNs {
  const { all, default: future } = net.inet6;
  const now = withFamily(net, 'inet6', {
    all: { ...all, forwarding: value },
    default: { ...future, forwarding: value },
  });
  return now.devices.reduce((n, d) => inet6ForwardChange(n, d.ifindex, value), now);
}

/** IPv6 leaves a device, or comes back to it. @kernel dev_disable_change */
function disable6(net: NetNs, ifindex: number, value: number): NetNs {
  const before = deviceByIndex(net, ifindex)!;
  const now = withConf(net, 'inet6', [before], 'disable_ipv6', value);
  const device = deviceByIndex(now, ifindex)!;
  if (!before.conf6 || (before.conf6.disable_ipv6 !== 0) === (value !== 0)) return now;
  if (value !== 0) return inet6Down(now, ifindex, false);
  return device.up ? inet6Up(now, ifindex, carrierOk(now, device)) : now;
}

function disableAll6(net: NetNs, value: number): NetNs {
  const { all, default: future } = net.inet6;
  const now = withFamily(net, 'inet6', {
    all: { ...all, disable_ipv6: value },
    default: { ...future, disable_ipv6: value },
  });
  return now.devices.reduce((n, d) => disable6(n, d.ifindex, value), now);
}

/** A setting of one device, of all, or of those to come. */
function setConf(net: NetNs, family: Family, where: string, name: string, value: number): NetNs | SysctlRefusal {
  const state = net[family];
  if (!(name in state.default)) return 'unknown';
  if (where === 'all') {
    if (name === 'forwarding') return family === 'inet' ? forwardAll4(net, value) : forwardAll6(net, value);
    if (family === 'inet6' && name === 'disable_ipv6') return disableAll6(net, value);
    return withFamily(net, family, { all: { ...state.all, [name]: value } });
  }
  if (where === 'default') return withFamily(net, family, { default: { ...state.default, [name]: value } });
  const device = deviceByName(net, where);
  if (!device || !(family === 'inet' ? device.conf4 : device.conf6)) return 'device';
  if (family === 'inet6' && name === 'forwarding') return inet6ForwardChange(net, device.ifindex, value);
  if (family === 'inet6' && name === 'disable_ipv6') return disable6(net, device.ifindex, value);
  if (family === 'inet6' && name === 'mtu' && (value < 1280 || value > device.mtu)) return 'value';
  return withConf(net, family, [device], name, value);
}

/** Sets a sysctl by its dotted name (a dot in a device's name is a slash, as sysctl(8) has it). */
export function setSysctl(net: NetNs, name: string, value: string): NetNs | SysctlRefusal {
  const conf = CONF.exec(name);
  if (!conf && name !== 'net.ipv4.ip_forward') {
    return name in NET_SYSCTLS ? { ...net, sysctls: { ...net.sysctls, [name]: value } } : 'unknown';
  }
  const number = /^-?\d{1,10}$/.test(value) ? Number(value) : undefined;
  if (number === undefined) return 'value';
  if (!conf) return forwardAll4(net, number);
  return setConf(net, conf[1] === 'ipv4' ? 'inet' : 'inet6', conf[2]!.replaceAll('/', '.'), conf[3]!, number);
}
