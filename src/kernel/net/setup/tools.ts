/** The other tools: `neigh`, `arp`, `sysctl`, `ifconfig`, `route`. */
import { parseMac } from '../../../net/addr.ts';
import { addRoute, type RouteSpec, removeRoute } from '../../../net/route/changeRoutes.ts';
import { addInet6Address, removeInet6Address } from '../../../net/route/inet6Address.ts';
import { addInetAddress, removeInetAddress } from '../../../net/route/inetAddress.ts';
import { setDown, setMac, setMtu, setUp } from '../../../net/route/link.ts';
import { addNeighbour, removeNeighbour } from '../../../net/route/neigh.ts';
import type { Device, NetNs } from '../../../net/route/netns.ts';
import { deviceByIndex, deviceByName } from '../../../net/route/netns.ts';
import { network } from '../../../net/route/prefix.ts';
import { setSysctl } from '../../../net/route/sysctl.ts';
import { UAPI } from '../../../spec/constants.ts';
import { ERRNO } from '../../../spec/errno.ts';
import type { Interpreter, Outcome } from './outcome.ts';
import { notUnderstood } from './outcome.ts';
import { address, exactly, maskBits, prefixOf, readOptions, unsigned } from './words.ts';

const { NUD_PERMANENT, RT_SCOPE_HOST, RTN_UNREACHABLE } = UAPI;
const { ENODEV } = ERRNO;

/** `neigh ADDR MAC DEV`: a permanent neighbour. */
export const neigh: Interpreter = (net, words) => {
  const [text, hex, name] = words;
  if (words.length !== 3) return 'usage: neigh ADDR MAC DEV';
  const target = address(text!);
  const mac = parseMac(hex!);
  const device = deviceByName(net, name!);
  if (!target || !mac) return notUnderstood(target ? hex! : text!);
  if (!device) return -ENODEV;
  return addNeighbour(net, { ifindex: device.ifindex, address: target, mac, state: NUD_PERMANENT });
};

/** `arp -i DEV -s ADDR MAC` and `arp -i DEV -d ADDR`. */
export const arp: Interpreter = (net, words) => {
  const read = readOptions(words, { '-i': 1, '-s': 0, '-d': 0, '-a': 0, '-n': 0 } as const, exactly);
  if (typeof read === 'string') return read;
  const { values, rest } = read;
  const target = address(rest[0] ?? '', 'inet');
  const device = deviceByName(net, values['-i'] ?? '');
  if (values['-i'] === undefined || !target) return 'arp wants -i DEV and an address';
  if (!device) return -ENODEV;
  if (values['-d'] !== undefined && rest.length === 1) return removeNeighbour(net, device.ifindex, target);
  const mac = parseMac(rest[1] ?? '');
  if (values['-s'] === undefined || rest.length !== 2 || !mac) return notUnderstood(words.join(' '));
  return addNeighbour(net, { ifindex: device.ifindex, address: target, mac, state: NUD_PERMANENT });
};

/** Sets one sysctl; a name in slashes is the one in dots. */
function assign(net: NetNs, key: string, value: string): Outcome {
  const name = key.includes('.') ? key : key.replaceAll('/', '.');
  const done = setSysctl(net, name, value);
  if (done === 'unknown') return `the sysctl ${name} is not known`;
  if (done === 'device') return -ERRNO.ENOENT;
  return done === 'value' ? -ERRNO.EINVAL : done;
}

/** `sysctl -w KEY=VALUE …` */
export const sysctl: Interpreter = (net, words) => {
  let now: Outcome = net;
  for (const word of words) {
    if (/^-[wqn]+$/.test(word)) continue;
    const [, key, value] = /^([^=]+?)=(.*)$/.exec(word) ?? [];
    if (key === undefined || value === undefined) return notUnderstood(word);
    now = assign(now, key, value);
    if (typeof now !== 'object') return now;
  }
  return now;
};

/** `echo VALUE > /proc/sys/…` */
export const echo: Interpreter = (net, words) => {
  const [value, sign, path] = words;
  const key = /^\/proc\/sys\/(.+)$/.exec(path ?? '')?.[1];
  if (words.length !== 3 || sign !== '>' || key === undefined) return 'echo writes to one file below /proc/sys';
  return assign(net, key, value!);
};

/** Bits of the mask that an IPv4 address has by its class. @kernel inet_abc_len */
function classBits(ip: Uint8Array): number {
  if (ip.every((b) => b === 0)) return 0;
  if (ip[0]! < 128) return 8;
  return ip[0]! < 192 ? 16 : 24;
}

/** SIOCSIFADDR: the first address gives way to another one. */
function setAddress(net: NetNs, { ifindex }: Device, ip: Uint8Array, bits: number): Outcome {
  const old = deviceByIndex(net, ifindex)!.addresses.find((a) => a.family === 'inet');
  const without = old ? removeInetAddress(net, ifindex, old.address, old.prefix) : net;
  if (typeof without === 'number') return without;
  const broadcast = bits < 31 ? { broadcast: network(ip, bits, true) } : {};
  return addInetAddress(without, ifindex, { address: ip, prefix: bits, ...broadcast });
}

/** `ifconfig DEV [ADDR] [netmask MASK] [mtu N] [hw ether MAC] [add|del ADDR/BITS] [up|down]` */
export const ifconfig: Interpreter = (net, words) => {
  if (words.length === 0 || words[0] === '-a') return net;
  const name = words[0]!;
  const device = deviceByName(net, name);
  if (!device) return -ENODEV;
  const { ifindex } = device;
  const read = readOptions(
    words.slice(1),
    { netmask: 1, mtu: 1, hw: 1, add: 1, del: 1, up: 0, down: 0 } as const,
    exactly,
  );
  if (typeof read === 'string') return read;
  const { values } = read;
  const rest = [...read.rest];
  let now: Outcome = net;
  if (values.hw !== undefined) {
    const mac = parseMac(rest.pop() ?? '');
    if (values.hw !== 'ether' || !mac) return notUnderstood(`hw ${values.hw}`);
    now = setMac(now, ifindex, mac);
  }
  if (typeof now === 'object' && values.mtu !== undefined) {
    const mtu = unsigned(values.mtu);
    if (mtu === undefined) return notUnderstood(values.mtu);
    now = setMtu(now, ifindex, mtu);
  }
  if (typeof now === 'object' && rest.length > 0) {
    const [text, length, ...more] = rest.shift()!.split('/');
    const ip = address(text!, 'inet');
    const mask = values.netmask === undefined ? undefined : address(values.netmask, 'inet');
    const bits = mask ? maskBits(mask) : length === undefined ? undefined : unsigned(length);
    if (!ip || more.length > 0 || rest.length > 0) return notUnderstood(rest[0] ?? text!);
    if (values.netmask !== undefined && bits === undefined) return notUnderstood(values.netmask);
    now = setAddress(now, device, ip, bits ?? classBits(ip));
    // An address switches the device on.
    if (typeof now === 'object') now = setUp(now, ifindex);
  }
  for (const key of ['add', 'del'] as const) {
    if (typeof now !== 'object' || values[key] === undefined) continue;
    const prefix = prefixOf(values[key], 'inet6');
    if (!prefix?.address) return notUnderstood(values[key]);
    now =
      key === 'add'
        ? addInet6Address(now, ifindex, { address: prefix.address, prefix: prefix.prefix })
        : removeInet6Address(now, ifindex, prefix.address, prefix.prefix);
  }
  if (typeof now === 'object' && values.down !== undefined) return setDown(now, ifindex);
  return typeof now === 'object' && values.up !== undefined ? setUp(now, ifindex) : now;
};

const ROUTE = { '-net': 0, '-host': 0, netmask: 1, gw: 1, gateway: 1, metric: 1, mss: 1, dev: 1, reject: 0 } as const;

/** The route that the words of `route add` name. */
function routeSpec(net: NetNs, words: readonly string[], v6: boolean): RouteSpec | number | string {
  const read = readOptions(words, ROUTE, exactly);
  if (typeof read === 'string') return read;
  const { values, rest } = read;
  const [text, name = values.dev, ...more] = rest;
  const target = prefixOf(text ?? '', v6 ? 'inet6' : 'inet');
  if (!target || more.length > 0) return notUnderstood(more[0] ?? text ?? 'route');
  const mask = values.netmask === undefined ? undefined : maskBits(address(values.netmask, 'inet') ?? new Uint8Array());
  const gateway = values.gw ?? values.gateway;
  const via = gateway === undefined ? undefined : address(gateway, v6 ? 'inet6' : 'inet');
  if (gateway !== undefined && !via) return notUnderstood(gateway);
  const metric = values.metric === undefined ? (v6 ? 1 : 0) : unsigned(values.metric);
  if (metric === undefined) return notUnderstood(values.metric!);
  const device = name === undefined ? undefined : deviceByName(net, name);
  if (name !== undefined && !device) return -ENODEV;
  if (values['-net'] !== undefined && mask === undefined && !text!.includes('/')) return 'route -net wants a netmask';
  const reject = values.reject !== undefined && { type: RTN_UNREACHABLE, scope: RT_SCOPE_HOST };
  const dev = device && !reject ? { dev: device.ifindex } : {};
  const dst = target.address ?? new Uint8Array(v6 ? 16 : 4);
  return { dst, prefix: mask ?? target.prefix, metric, ...(via && { via }), ...dev, ...reject };
}

/** `route [-A inet6] add|del [-net|-host] TARGET [netmask MASK] [gw ADDR] [metric N] [reject] [[dev] DEV]` */
export const route: Interpreter = (net, words) => {
  const v6 = words[0] === '-A' && words[1] === 'inet6';
  const [command, ...more] = words[0] === '-A' ? words.slice(2) : words;
  if (command === undefined || command === '-n' || command === '-e') return net;
  if (command !== 'add' && command !== 'del') return notUnderstood(command);
  const spec = routeSpec(net, more, v6);
  if (typeof spec !== 'object') return spec;
  if (command === 'add') return addRoute(net, spec);
  const { metric: _, ...pattern } = spec;
  return removeRoute(net, pattern);
};
