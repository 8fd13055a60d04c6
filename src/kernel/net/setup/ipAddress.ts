/** `ip addr`: addresses of devices. */

import { addInet6Address, removeInet6Address } from '../../../net/route/inet6Address.ts';
import type { AddressSpec } from '../../../net/route/inetAddress.ts';
import { addInetAddress, removeInetAddress } from '../../../net/route/inetAddress.ts';
import type { Family, NetNs } from '../../../net/route/netns.ts';
import { deviceByName } from '../../../net/route/netns.ts';
import { network } from '../../../net/route/prefix.ts';
import { UAPI } from '../../../spec/constants.ts';
import { ERRNO } from '../../../spec/errno.ts';
import type { Interpreter, Outcome } from './outcome.ts';
import { notUnderstood } from './outcome.ts';
import { address, exactly, keyword, prefixOf, readOptions, unsigned } from './words.ts';

const { ENODEV, EADDRNOTAVAIL } = ERRNO;
const OPTIONS = {
  peer: 1,
  remote: 1,
  broadcast: 1,
  brd: 1,
  scope: 1,
  dev: 1,
  label: 1,
  noprefixroute: 0,
  local: 1,
} as const;

/** Names of scopes, in the kernel's numbers. */
export const SCOPES: Readonly<Record<string, number>> = {
  global: UAPI.RT_SCOPE_UNIVERSE,
  site: UAPI.RT_SCOPE_SITE,
  link: UAPI.RT_SCOPE_LINK,
  host: UAPI.RT_SCOPE_HOST,
  nowhere: UAPI.RT_SCOPE_NOWHERE,
};

/** The broadcast address that `+` (all ones) and `-` (all zeros) mean. */
function broadcastOf(text: string, local: Uint8Array, bits: number): Uint8Array | undefined | string {
  if (text !== '+' && text !== '-') return address(text, 'inet') ?? notUnderstood(text);
  return bits <= 30 ? network(local, bits, text === '+') : undefined;
}

interface Parsed {
  readonly ifindex: number;
  readonly spec: AddressSpec;
}

function parse(net: NetNs, words: readonly string[], family: Family | undefined): Parsed | number | string {
  const read = readOptions(words, OPTIONS, exactly);
  if (typeof read === 'string') return read;
  const { values, rest } = read;
  const text = values.local ?? rest[0];
  if (text === undefined || rest.length > (values.local === undefined ? 1 : 0)) return notUnderstood(rest.at(-1) ?? '');
  const local = prefixOf(text, family);
  if (!local?.address) return notUnderstood(text);
  const v6 = local.address.length === 16;
  const peerText = values.peer ?? values.remote;
  const peer = peerText === undefined ? undefined : prefixOf(peerText, v6 ? 'inet6' : 'inet');
  if (peerText !== undefined && !peer?.address) return notUnderstood(peerText);
  if (peer && v6) return 'IPv6 addresses with a peer are not simulated';
  const brd = values.broadcast ?? values.brd;
  if (brd !== undefined && v6) return 'broadcast can be set only for IPv4 addresses';
  const prefix = (peer ?? local).prefix;
  const broadcast = brd === undefined ? undefined : broadcastOf(brd, (peer ?? local).address!, prefix);
  if (typeof broadcast === 'string') return broadcast;
  const scope = values.scope === undefined ? undefined : (SCOPES[values.scope] ?? unsigned(values.scope));
  if (values.scope !== undefined && scope === undefined) return notUnderstood(values.scope);
  if (values.dev === undefined) return 'need "dev IFACE"';
  if (values.label !== undefined && !values.label.startsWith(values.dev)) return '"dev" must match "label"';
  const device = deviceByName(net, values.dev);
  if (!device) return -ENODEV;
  const spec: AddressSpec = {
    address: local.address,
    prefix,
    noPrefixRoute: values.noprefixroute !== undefined,
    ...(peer?.address && { peer: peer.address }),
    ...(broadcast && { broadcast }),
    ...(scope !== undefined && { scope }),
  };
  return { ifindex: device.ifindex, spec };
}

function add(net: NetNs, words: readonly string[], family: Family | undefined): Outcome {
  const parsed = parse(net, words, family);
  if (typeof parsed !== 'object') return parsed;
  const { ifindex, spec } = parsed;
  return spec.address.length === 4 ? addInetAddress(net, ifindex, spec) : addInet6Address(net, ifindex, spec);
}

function remove(net: NetNs, words: readonly string[], family: Family | undefined): Outcome {
  const parsed = parse(net, words, family);
  if (typeof parsed !== 'object') return parsed;
  const { ifindex, spec } = parsed;
  // busybox tells the kernel no IPv4 prefix to compare.
  return spec.address.length === 4
    ? removeInetAddress(net, ifindex, spec.address)
    : removeInet6Address(net, ifindex, spec.address, spec.prefix);
}

function flush(net: NetNs, words: readonly string[], family: Family | undefined): Outcome {
  const read = readOptions(words, { dev: 1 } as const);
  if (typeof read === 'string') return read;
  const name = read.values.dev ?? read.rest[0];
  if (name === undefined || read.rest.length > 1) return 'ip addr flush wants one device';
  const device = deviceByName(net, name);
  if (!device) return -ENODEV;
  let now = net;
  for (const a of device.addresses) {
    if (family !== undefined && a.family !== family) continue;
    const next =
      a.family === 'inet'
        ? removeInetAddress(now, device.ifindex, a.address, a.prefix)
        : removeInet6Address(now, device.ifindex, a.address, a.prefix);
    // A secondary address may have gone with its primary one.
    if (typeof next === 'object') now = next;
    else if (next !== -EADDRNOTAVAIL) return next;
  }
  return now;
}

export const ipAddress: Interpreter = (net, words, family) => {
  const command = keyword(['add', 'delete', 'list', 'show', 'lst', 'flush'], words[0] ?? 'show');
  if (command === 'add') return add(net, words.slice(1), family);
  if (command === 'delete') return remove(net, words.slice(1), family);
  if (command === 'flush') return flush(net, words.slice(1), family);
  return command === undefined ? notUnderstood(words[0]!) : net;
};
