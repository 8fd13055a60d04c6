/** `ip rule`: which tables are asked for which packets. */
import type { Family, NetNs, Rule } from '../../../net/route/netns.ts';
import { network } from '../../../net/route/prefix.ts';
import { addRule, removeRule } from '../../../net/route/rules.ts';
import { UAPI } from '../../../spec/constants.ts';
import { ERRNO } from '../../../spec/errno.ts';
import { ROUTE_TYPES, TABLES } from './ipRoute.ts';
import type { Interpreter } from './outcome.ts';
import { notUnderstood } from './outcome.ts';
import { keyword, prefixOf, readOptions, unsigned } from './words.ts';

const { FR_ACT_TO_TBL, RT_TABLE_MAIN } = UAPI;
const ECN_MASK = 3;
/** The bits of a TOS octet that IPv4 rules can name. */
const IPTOS_RT_MASK = 0x1c;
const OPTIONS = {
  from: 1,
  to: 1,
  preference: 1,
  order: 1,
  priority: 1,
  tos: 1,
  fwmark: 1,
  realms: 1,
  table: 1,
  lookup: 1,
  suppress_prefixlength: 1,
  suppress_ifgroup: 1,
  dev: 1,
  iif: 1,
  nat: 1,
  'map-to': 1,
  type: 1,
} as const;

type Selector = NonNullable<Rule['src']>;

/** What the words say; -1 for unset numbers is the rule's own. */
function parse(words: readonly string[], family: Family): Partial<Rule> | number | string {
  const read = readOptions(words, OPTIONS);
  if (typeof read === 'string') return read;
  const { values, rest } = read;
  if (rest.length > 0) return notUnderstood(rest[0]!);
  for (const key of ['realms', 'nat', 'map-to'] as const) {
    if (values[key] !== undefined) return `ip rule ${key} is not simulated`;
  }
  const selectors: { src?: Selector; dst?: Selector } = {};
  for (const [key, member] of [
    ['from', 'src'],
    ['to', 'dst'],
  ] as const) {
    const text = values[key];
    if (text === undefined) continue;
    const prefix = prefixOf(text, family);
    if (!prefix) return notUnderstood(text);
    if (prefix.address && prefix.prefix > 0) {
      selectors[member] = { address: network(prefix.address, prefix.prefix), prefix: prefix.prefix };
    }
  }
  const [mark, mask, ...more] = values.fwmark?.split('/') ?? [];
  if (more.length > 0) return notUnderstood(values.fwmark!);
  const texts = {
    pref: values.preference ?? values.order ?? values.priority,
    tos: values.tos,
    mark,
    markMask: mask,
    table: values.table ?? values.lookup,
    suppressPrefix: values.suppress_prefixlength,
    suppressGroup: values.suppress_ifgroup,
  };
  const numbers: Partial<Record<keyof typeof texts, number>> = {};
  for (const [key, text] of Object.entries(texts)) {
    if (text === undefined) continue;
    const number =
      (key === 'table' ? TABLES[text] : undefined) ?? (key === 'tos' ? Number.parseInt(text, 16) : unsigned(text));
    if (number === undefined || Number.isNaN(number)) return notUnderstood(text);
    numbers[key as keyof typeof texts] = number;
  }
  const unusable = family === 'inet' ? ~IPTOS_RT_MASK : ECN_MASK;
  if (numbers.tos !== undefined && (numbers.tos > 255 || (numbers.tos & unusable) !== 0)) return -ERRNO.EINVAL;
  if (numbers.mark !== undefined) numbers.markMask ??= 0xffff_ffff;
  const name = values.dev ?? values.iif;
  const type = values.type === undefined ? undefined : keyword(Object.keys(ROUTE_TYPES), values.type);
  if (values.type !== undefined && type === undefined) return notUnderstood(values.type);
  return {
    ...selectors,
    ...numbers,
    ...(name !== undefined && { iif: name }),
    ...(type !== undefined && { action: ROUTE_TYPES[type]! }),
  };
}

function add(net: NetNs, words: readonly string[], family: Family) {
  const given = parse(words, family);
  if (typeof given !== 'object') return given;
  const { action = FR_ACT_TO_TBL, table = RT_TABLE_MAIN } = given;
  // Types of routes are the numbers of actions; those that no action has are refused.
  if (![FR_ACT_TO_TBL, UAPI.FR_ACT_BLACKHOLE, UAPI.FR_ACT_UNREACHABLE, UAPI.FR_ACT_PROHIBIT].includes(action)) {
    return `rules of type ${words.join(' ')} are not simulated`;
  }
  const unset = { tos: 0, mark: 0, markMask: 0, suppressPrefix: -1, suppressGroup: -1 };
  return addRule(net, family, { ...unset, ...given, action, table });
}

export const ipRule: Interpreter = (net, words, family = 'inet') => {
  const command = keyword(['add', 'delete', 'list', 'show'], words[0] ?? 'show');
  if (command === 'add') return add(net, words.slice(1), family);
  if (command === 'delete') {
    const given = parse(words.slice(1), family);
    return typeof given === 'object' ? removeRule(net, family, given) : given;
  }
  return command === undefined ? notUnderstood(words[0]!) : net;
};
