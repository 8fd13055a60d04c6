/** `ip link`: devices made, removed and changed. */
import { parseIpv4, parseMac } from '../../../net/addr.ts';
import { addLink, freeName, removeLink, rename, setDown, setMac, setMtu, setUp } from '../../../net/route/link.ts';
import type { DeviceType, NetNs } from '../../../net/route/netns.ts';
import { deviceByName } from '../../../net/route/netns.ts';
import { ERRNO } from '../../../spec/errno.ts';
import type { Interpreter, Outcome } from './outcome.ts';
import { notUnderstood } from './outcome.ts';
import { keyword, readOptions, unsigned } from './words.ts';

const { ENODEV } = ERRNO;
const ADD = { name: 1, type: 1, dev: 1, address: 1 } as const;
const SET = { up: 0, down: 0, name: 1, mtu: 1, qlen: 1, multicast: 1, arp: 1, promisc: 1, address: 1, dev: 1 } as const;

const TUNNEL = { local: 1, remote: 1 } as const;

/** The ends of a tunnel: words behind `type ipip`. */
function tunnelEnds(words: readonly string[]): { local?: Uint8Array; remote?: Uint8Array } | string {
  const read = readOptions(words, TUNNEL);
  if (typeof read === 'string') return read;
  if (read.rest.length > 0) return notUnderstood(read.rest[0]!);
  const ends: { local?: Uint8Array; remote?: Uint8Array } = {};
  for (const key of ['local', 'remote'] as const) {
    const text = read.values[key];
    if (text === undefined || text === 'any') continue;
    const end = parseIpv4(text);
    if (!end) return notUnderstood(text);
    ends[key] = end;
  }
  return ends;
}

function add(net: NetNs, words: readonly string[]): Outcome {
  const at = words.findIndex((w) => keyword(Object.keys(ADD), w) === 'type');
  if (at < 0 || at + 1 >= words.length) return 'ip link add wants type dummy, type veth or type ipip';
  const ends = words[at + 1] === 'ipip' ? tunnelEnds(words.slice(at + 2)) : {};
  if (typeof ends === 'string') return ends;
  if (words.length > at + 2 && words[at + 1] !== 'ipip')
    return `'${words[at + 2]}': words behind the type have no effect on the kernel side`;
  const read = readOptions(words.slice(0, at), ADD);
  if (typeof read === 'string') return read;
  const type = words[at + 1]!;
  if (type !== 'dummy' && type !== 'veth' && type !== 'ipip') return `devices of type ${type} are not simulated`;
  const mac = read.values.address === undefined ? undefined : parseMac(read.values.address);
  if (read.values.address !== undefined && !mac) return notUnderstood(read.values.address);
  if (read.rest.length > 1) return notUnderstood(read.rest[1]!);
  const name = read.values.name ?? read.values.dev ?? read.rest[0] ?? freeName(net, type === 'ipip' ? 'tunl' : type);
  return addLink(net, { name, type: type as DeviceType, ...(mac && { mac }), ...ends });
}

function set(net: NetNs, words: readonly string[]): Outcome {
  const read = readOptions(words, SET);
  if (typeof read === 'string') return read;
  const { values, rest } = read;
  const name = values.dev ?? rest[0];
  if (name === undefined || rest.length > (values.dev === undefined ? 1 : 0))
    return notUnderstood(rest.at(-1) ?? 'set');
  for (const key of ['multicast', 'arp', 'promisc'] as const) {
    if (values[key] !== undefined) return `ip link set ${key} is not simulated`;
  }
  const device = deviceByName(net, name);
  if (!device) return -ENODEV;
  const { ifindex } = device;
  let now: NetNs | number = net;
  if (values.address !== undefined) {
    const mac = parseMac(values.address);
    if (!mac) return notUnderstood(values.address);
    now = setMac(now, ifindex, mac);
  }
  if (typeof now === 'object' && values.name !== undefined) now = rename(now, ifindex, values.name);
  if (typeof now === 'object' && values.mtu !== undefined) {
    const mtu = unsigned(values.mtu);
    if (mtu === undefined) return notUnderstood(values.mtu);
    now = setMtu(now, ifindex, mtu);
  }
  if (typeof now === 'number') return now;
  // Of up and down the last word counts.
  const [last] = words
    .flatMap((w) => keyword(Object.keys(SET), w) ?? [])
    .filter((w) => w === 'up' || w === 'down')
    .reverse();
  if (last === 'up') return setUp(now, ifindex);
  return last === 'down' ? setDown(now, ifindex) : now;
}

function remove(net: NetNs, words: readonly string[]): Outcome {
  const read = readOptions(words, ADD);
  if (typeof read === 'string') return read;
  const name = read.values.dev ?? read.values.name ?? read.rest[0];
  const device = name === undefined ? undefined : deviceByName(net, name);
  return device ? removeLink(net, device.ifindex) : -ENODEV;
}

export const ipLink: Interpreter = (net, words) => {
  const command = keyword(['add', 'delete', 'set', 'show', 'lst', 'list'], words[0] ?? 'show');
  if (command === 'add') return add(net, words.slice(1));
  if (command === 'delete') return remove(net, words.slice(1));
  if (command === 'set') return set(net, words.slice(1));
  return command === undefined ? notUnderstood(words[0]!) : net;
};
