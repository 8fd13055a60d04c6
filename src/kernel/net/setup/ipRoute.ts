/** `ip route`: routes. */
import { addRoute, type RouteMode, type RouteSpec, removeRoute } from '../../../net/route/changeRoutes.ts';
import type { Family, NetNs } from '../../../net/route/netns.ts';
import { deviceByName } from '../../../net/route/netns.ts';
import { UAPI } from '../../../spec/constants.ts';
import { ERRNO } from '../../../spec/errno.ts';
import { SCOPES } from './ipAddress.ts';
import type { Interpreter, Outcome } from './outcome.ts';
import { notUnderstood } from './outcome.ts';
import { address, keyword, prefixOf, readOptions, unsigned } from './words.ts';

const { ENODEV } = ERRNO;
const OPTIONS = {
  src: 1,
  via: 1,
  mtu: 1,
  advmss: 1,
  scope: 1,
  protocol: 1,
  table: 1,
  dev: 1,
  oif: 1,
  to: 1,
  metric: 1,
  onlink: 0,
} as const;

/** Names of route types, in the kernel's numbers. */
export const ROUTE_TYPES: Readonly<Record<string, number>> = {
  unicast: UAPI.RTN_UNICAST,
  local: UAPI.RTN_LOCAL,
  broadcast: UAPI.RTN_BROADCAST,
  brd: UAPI.RTN_BROADCAST,
  anycast: UAPI.RTN_ANYCAST,
  multicast: UAPI.RTN_MULTICAST,
  blackhole: UAPI.RTN_BLACKHOLE,
  unreachable: UAPI.RTN_UNREACHABLE,
  prohibit: UAPI.RTN_PROHIBIT,
  throw: UAPI.RTN_THROW,
};

/** Names of tables, in the kernel's numbers. */
export const TABLES: Readonly<Record<string, number>> = {
  local: UAPI.RT_TABLE_LOCAL,
  main: UAPI.RT_TABLE_MAIN,
  default: UAPI.RT_TABLE_DEFAULT,
};

const PROTOCOLS: Readonly<Record<string, number>> = { redirect: 1, kernel: 2, boot: 3, static: 4 };

type Given = RouteSpec & { readonly scopeGiven: boolean; readonly typeGiven: boolean };

function parse(net: NetNs, words: readonly string[], preferred: Family | undefined): Given | number | string {
  const lock = words.findIndex((w, i) => keyword(Object.keys(OPTIONS), w) === 'mtu' && words[i + 1] === 'lock');
  const read = readOptions(lock < 0 ? words : words.toSpliced(lock + 1, 1), OPTIONS);
  if (typeof read === 'string') return read;
  const { values } = read;
  const rest = values.to === undefined ? [...read.rest] : [...read.rest, values.to];
  const named = rest.length > 1 ? keyword(Object.keys(ROUTE_TYPES), rest[0]!) : undefined;
  const type = named === undefined ? undefined : ROUTE_TYPES[named];
  if (named !== undefined) rest.shift();
  if (rest.length > 1) return notUnderstood(rest[1]!);
  const known = [values.via, values.src].find((t) => t !== undefined);
  const told = known === undefined ? undefined : known.includes(':') ? 'inet6' : 'inet';
  const target = rest[0] === undefined ? undefined : prefixOf(rest[0], preferred);
  if (rest[0] !== undefined && !target) return notUnderstood(rest[0]);
  const own = target?.address && (target.address.length === 4 ? 'inet' : 'inet6');
  const family: Family = preferred ?? own ?? told ?? 'inet';
  const via = values.via === undefined ? undefined : address(values.via, family);
  const src = values.src === undefined ? undefined : address(values.src, family);
  if (values.via !== undefined && !via) return notUnderstood(values.via);
  if (values.src !== undefined && !src) return notUnderstood(values.src);
  const numbers: Record<string, number | undefined> = {};
  for (const [key, names] of [
    ['mtu', {}],
    ['advmss', {}],
    ['metric', {}],
    ['scope', SCOPES],
    ['table', TABLES],
    ['protocol', PROTOCOLS],
  ] as const) {
    const text = values[key];
    if (text === undefined) continue;
    const number = (names as Readonly<Record<string, number>>)[text] ?? unsigned(text);
    if (number === undefined) return notUnderstood(text);
    numbers[key] = number;
  }
  const name = values.dev ?? values.oif;
  const device = name === undefined ? undefined : deviceByName(net, name);
  if (name !== undefined && !device) return -ENODEV;
  const { mtu, metric, scope, table, protocol } = numbers;
  return {
    dst: target?.address ?? new Uint8Array(family === 'inet' ? 4 : 16),
    prefix: target?.prefix ?? 0,
    mtuLocked: lock >= 0,
    onlink: values.onlink !== undefined,
    scopeGiven: scope !== undefined,
    typeGiven: type !== undefined,
    ...(type !== undefined && { type }),
    ...(via && { via }),
    ...(src && { src }),
    ...(device && { dev: device.ifindex }),
    ...(mtu !== undefined && { mtu }),
    ...(metric !== undefined && { metric }),
    ...(scope !== undefined && { scope }),
    ...(table !== undefined && table !== 0 && { table }),
    ...(protocol !== undefined && { protocol }),
  };
}

const MODES: Readonly<Record<string, RouteMode>> = {
  a: 'add',
  add: 'add',
  append: 'append',
  change: 'change',
  chg: 'change',
  prepend: 'prepend',
  replace: 'replace',
};

function remove(net: NetNs, words: readonly string[], family: Family | undefined): Outcome {
  const given = parse(net, words, family);
  if (typeof given !== 'object') return given;
  const { scopeGiven: _s, typeGiven: _t, mtuLocked: _m, onlink: _o, ...pattern } = given;
  return removeRoute(net, pattern);
}

export const ipRoute: Interpreter = (net, words, family) => {
  const names = ['a', 'add', 'append', 'change', 'chg', 'delete', 'list', 'show', 'prepend', 'replace'];
  const command = keyword(names, words[0] ?? 'show');
  if (command === undefined) return notUnderstood(words[0]!);
  if (command === 'delete') return remove(net, words.slice(1), family);
  const mode = MODES[command];
  if (mode === undefined) return net;
  const given = parse(net, words.slice(1), family);
  return typeof given === 'object' ? addRoute(net, given, mode) : given;
};
