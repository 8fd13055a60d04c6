/** Makes the network namespace that the records of a node file describe, in the order in which the kernel would be told. */
import { addRoute } from '../../../net/route/changeRoutes.ts';
import { addInet6Address } from '../../../net/route/inet6Address.ts';
import { addInetAddress } from '../../../net/route/inetAddress.ts';
import { addLink, loopbackNetNs, setDown, setMac, setMtu, setUp } from '../../../net/route/link.ts';
import { addNeighbour } from '../../../net/route/neigh.ts';
import type { Family, NetNs } from '../../../net/route/netns.ts';
import { deviceByName, familyOf } from '../../../net/route/netns.ts';
import { network } from '../../../net/route/prefix.ts';
import { addRule } from '../../../net/route/rules.ts';
import { setSysctl } from '../../../net/route/sysctl.ts';
import { UAPI } from '../../../spec/constants.ts';
import { errnoName } from '../../../spec/errno.ts';
import { runSetup } from '../setup/index.ts';
import { DEVICE, NEIGHBOUR, NEIGHBOUR_NEEDS, ROUTE, ROUTE_NEEDS, RULE } from './fields.ts';
import { sysctlValue } from './kinds.ts';
import { isRecord, joined, listOf, readRecord, report, type Sink, say, type Values } from './shape.ts';

type DeviceEntry = Values<typeof DEVICE>;

/** What lies around a namespace, in a node that has several. */
interface Surroundings {
  /** Devices that are ends of veth pairs whose other end lies in another namespace. */
  readonly cables: ReadonlySet<string>;
  /** MAC addresses of devices that the file gives none. */
  readonly defaultMac?: (ifindex: number) => Uint8Array;
}

const ALONE: Surroundings = { cables: new Set() };

/** The namespace after a change, or as it was with a problem more. */
function take(sink: Sink, path: string, net: NetNs, changed: NetNs | number): NetNs {
  if (typeof changed === 'object') return changed;
  const errno = -changed;
  say(sink, 'file-refused', path, { errno, errname: errnoName(errno) ?? 'errno' });
  return net;
}

/** The ifindex that a name stands for, or 0 with a problem. */
function indexOf(sink: Sink, net: NetNs, name: string, path: string): number {
  const device = deviceByName(net, name);
  if (!device) report(sink, path, name, `the name of a device: ${net.devices.map((d) => d.name).join(', ')}`);
  return device?.ifindex ?? 0;
}

/** Makes the devices in the file's order; the loopback is there, and a veth's other end comes with it. */
function addDevices(sink: Sink, net: NetNs, entries: readonly DeviceEntry[], surroundings: Surroundings): NetNs {
  let now = net;
  entries.forEach((entry, i) => {
    const { name, ifindex } = entry;
    const path = `devices[${i}]`;
    if (name === undefined) return;
    if (deviceByName(now, name)) {
      const twice = entries.findIndex((e) => e.name === name) < i;
      if (twice) report(sink, `${path}.name`, name, 'a name that no other device has');
      return;
    }
    const single = surroundings.cables.has(name);
    const peer = single ? undefined : entry.peer;
    const type = entry.type ?? (single || peer !== undefined ? 'veth' : 'ether');
    if (type === 'loopback') {
      report(sink, `${path}.name`, name, 'lo, the one loopback there is');
      return;
    }
    for (const key of ['local', 'remote'] as const) {
      if (entry[key] && type !== 'ipip') report(sink, `${path}.${key}`, entry[key], 'type: ipip beside it');
    }
    const other = entries.find((e) => e.name === peer && peer !== undefined);
    const spec = {
      name,
      type,
      ...(peer !== undefined && { peerName: peer }),
      ...(ifindex !== undefined && { ifindex }),
      ...(other?.ifindex !== undefined && { peerIfindex: other.ifindex }),
      ...(entry.queues !== undefined && { queues: entry.queues }),
      ...(single && { single }),
      ...(type === 'ipip' && entry.local && { local: entry.local }),
      ...(type === 'ipip' && entry.remote && { remote: entry.remote }),
    };
    now = take(sink, path, now, addLink(now, { ...spec, ownFirst: true }));
  });
  return now;
}

/** Gives the devices what the file says of them, addresses last, and switches them on. */
function configureDevices(
  sink: Sink,
  net: NetNs,
  entries: readonly DeviceEntry[],
  { defaultMac }: Surroundings,
): NetNs {
  let now = net;
  if (defaultMac) {
    for (const { ifindex, type } of net.devices) {
      if (type === 'loopback' || type === 'ipip') continue;
      const given = setMac(now, ifindex, defaultMac(ifindex));
      if (typeof given === 'object') now = given;
    }
  }
  entries.forEach(({ name, mac, mtu, up, group, addresses = [] }, i) => {
    const path = `devices[${i}]`;
    const ifindex = name === undefined ? undefined : deviceByName(now, name)?.ifindex;
    if (ifindex === undefined) return;
    if (mac) now = take(sink, `${path}.mac`, now, setMac(now, ifindex, mac));
    if (mtu !== undefined) now = take(sink, `${path}.mtu`, now, setMtu(now, ifindex, mtu));
    if (group !== undefined)
      now = { ...now, devices: now.devices.map((d) => (d.ifindex === ifindex ? { ...d, group } : d)) };
    now = up === false ? setDown(now, ifindex) : setUp(now, ifindex);
    addresses.forEach((address, k) => {
      const add = address.address.length === 4 ? addInetAddress : addInet6Address;
      now = take(sink, `${path}.addresses[${k}]`, now, add(now, ifindex, address));
    });
  });
  return now;
}

/** Sets sysctls: before the devices are there those for all and for devices to come, then the others. */
function applySysctls(sink: Sink, net: NetNs, value: unknown, early: boolean): NetNs {
  if (value === undefined) return net;
  if (!isRecord(value)) {
    if (early) report(sink, 'sysctls', value, 'a mapping of names to values');
    return net;
  }
  let now = net;
  for (const [name, given] of Object.entries(value)) {
    const device = /\.conf\.(?!all\.|default\.)/.test(name);
    if (device === early) continue;
    const text = sysctlValue.read(given);
    const done = text === undefined ? 'value' : setSysctl(now, name, text);
    if (typeof done === 'object') now = done;
    else
      report(
        sink,
        `sysctls.${name}`,
        given,
        done === 'value' ? sysctlValue.wanted : `a sysctl that is there (${name} is not)`,
      );
  }
  return now;
}

function addRoutes(sink: Sink, net: NetNs, list: readonly unknown[]): NetNs {
  let now = net;
  list.forEach((value, i) => {
    const path = `routes[${i}]`;
    const r = readRecord(sink, value, ROUTE, path, ROUTE_NEEDS);
    if (!r.to) return;
    const known = r.to.address ?? r.via ?? r.src;
    const family: Family = known ? familyOf(known) : (r.family ?? 'inet');
    const dev = r.dev === undefined ? undefined : indexOf(sink, now, r.dev, `${path}.dev`);
    if (dev === 0) return;
    const { type, via, table, metric, src, mtu, scope, tos, onlink } = r;
    const given = { type, via, table, metric, src, mtu, scope, tos, onlink, dev, mtuLocked: r.mtu_lock };
    const spec = Object.fromEntries(Object.entries(given).filter(([, v]) => v !== undefined));
    const dst = r.to.address ?? new Uint8Array(family === 'inet' ? 4 : 16);
    now = take(sink, path, now, addRoute(now, { ...spec, dst, prefix: r.to.prefix }));
  });
  return now;
}

function addRules(sink: Sink, net: NetNs, list: readonly unknown[]): NetNs {
  let now = net;
  list.forEach((value, i) => {
    const path = `rules[${i}]`;
    const r = readRecord(sink, value, RULE, path);
    const known = r.from?.address ?? r.to?.address;
    const family: Family = known ? familyOf(known) : (r.family ?? 'inet');
    const selector = (p: typeof r.from) => p?.address && { address: network(p.address, p.prefix), prefix: p.prefix };
    const [src, dst] = [selector(r.from), selector(r.to)];
    const rule = {
      action: r.action ?? UAPI.FR_ACT_TO_TBL,
      table: r.table ?? UAPI.RT_TABLE_MAIN,
      tos: r.tos ?? 0,
      mark: r.fwmark?.mark ?? 0,
      markMask: r.fwmark?.mask ?? 0,
      suppressPrefix: r.suppress_prefixlength ?? -1,
      suppressGroup: r.suppress_ifgroup ?? -1,
      ...(r.pref !== undefined && { pref: r.pref }),
      ...(r.iif !== undefined && { iif: r.iif }),
      ...(r.oif !== undefined && { oif: r.oif }),
      ...(src && { src }),
      ...(dst && { dst }),
    };
    now = take(sink, path, now, addRule(now, family, rule));
  });
  return now;
}

function addNeighbours(sink: Sink, net: NetNs, list: readonly unknown[]): NetNs {
  let now = net;
  list.forEach((value, i) => {
    const path = `neighbours[${i}]`;
    const n = readRecord(sink, value, NEIGHBOUR, path, NEIGHBOUR_NEEDS);
    if (!n.address || !n.mac || n.dev === undefined) return;
    const ifindex = indexOf(sink, now, n.dev, `${path}.dev`);
    if (ifindex === 0) return;
    const entry = { ifindex, address: n.address, mac: n.mac, state: n.state ?? UAPI.NUD_PERMANENT };
    now = take(sink, path, now, addNeighbour(now, entry));
  });
  return now;
}

/**
 * The namespace that the keys of a node file make; what is wrong is told, and left out.
 *
 * @param top the file's contents, or the part of them that is about this namespace; keys of no concern are not looked at
 */
export function buildNetNs(sink: Sink, top: Readonly<Record<string, unknown>>, surroundings = ALONE): NetNs {
  const raw = listOf(sink, top.devices, 'devices');
  const devices = raw.map((value, i) => readRecord(sink, value, DEVICE, `devices[${i}]`, ['name']));
  let net = applySysctls(sink, loopbackNetNs(), top.sysctls, true);
  net = addDevices(sink, net, devices, surroundings);
  net = applySysctls(sink, net, top.sysctls, false);
  net = configureDevices(sink, net, devices, surroundings);
  net = addNeighbours(sink, net, listOf(sink, top.neighbours, 'neighbours'));
  net = addRoutes(sink, net, listOf(sink, top.routes, 'routes'));
  net = addRules(sink, net, listOf(sink, top.rules, 'rules'));
  const lines = listOf(sink, top.setup, 'setup');
  lines.forEach((line, i) => {
    if (typeof line !== 'string') report(sink, `setup[${i}]`, line, 'a command line');
  });
  const built = runSetup(
    net,
    lines.filter((line) => typeof line === 'string'),
  );
  if ('net' in built) return built.net;
  const { problem } = built;
  const path = joined(sink.under ?? '', `setup[${problem.args.index}]`);
  sink.problems.push({ ...problem, args: { ...problem.args, file: sink.file, path } });
  return net;
}
