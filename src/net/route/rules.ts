/** Rules: which tables a look-up asks, in which order. */
import { UAPI } from '../../spec/constants.ts';
import { ERRNO } from '../../spec/errno.ts';
import type { Device, Family, NetNs, Rule } from './netns.ts';
import { deviceByName } from './netns.ts';
import { prefixEqual, sameAddress } from './prefix.ts';

const { FR_ACT_BLACKHOLE, FR_ACT_NOP, FR_ACT_PROHIBIT, FR_ACT_TO_TBL, FR_ACT_UNREACHABLE } = UAPI;
const { EACCES, EAGAIN, EEXIST, EINVAL, ENETUNREACH, ENOENT, ESRCH } = ERRNO;

/** What a packet is routed by. Addresses are bytes in network order. */
export interface Flow {
  readonly dst: Uint8Array;
  readonly src: Uint8Array;
  /** Incoming interface. */
  readonly iif: number;
  /** Outgoing interface that is asked for, 0 for any. */
  readonly oif: number;
  /** The whole TOS or traffic class octet. */
  readonly tos: number;
  readonly mark: number;
}

/** A result of a table, or a negative errno: -EAGAIN goes on with the next rule. */
export type TableLookup<R> = (table: number) => R | number;

/** A rule's interface by name: one that is not there matches nothing. */
function onDevice(net: NetNs, name: string | undefined, ifindex: number): boolean {
  return name === undefined || deviceByName(net, name)?.ifindex === ifindex;
}

/** `hasSource`: the source address is known (IPv6 look-ups may lack it). @kernel fib_rule_match */
function matches(net: NetNs, rule: Rule, flow: Flow, hasSource: boolean): boolean {
  if (!onDevice(net, rule.iif, flow.iif) || !onDevice(net, rule.oif, flow.oif)) return false;
  if (((rule.mark ^ flow.mark) & rule.markMask) !== 0) return false;
  if (rule.tos !== 0 && rule.tos !== (flow.tos & DSCP_MASK)) return false;
  if (rule.dst && !prefixEqual(rule.dst.address, flow.dst, rule.dst.prefix)) return false;
  return !rule.src || (hasSource && prefixEqual(rule.src.address, flow.src, rule.src.prefix));
}

/** INET_DSCP_MASK */
export const DSCP_MASK = 0xfc;

const REFUSALS: Readonly<Record<number, number>> = {
  [FR_ACT_UNREACHABLE]: -ENETUNREACH,
  [FR_ACT_PROHIBIT]: -EACCES,
  [FR_ACT_BLACKHOLE]: -EINVAL,
};

/**
 * Asks the tables of the rules that match, until one answers something else than -EAGAIN. `suppressed` says of a result
 * that the rule does not want it.
 * @kernel fib_rules_lookup
 */
export function fibRulesLookup<R>(
  net: NetNs,
  rules: readonly Rule[],
  flow: Flow,
  lookup: TableLookup<R>,
  { hasSource, suppressed }: { hasSource: boolean; suppressed: (rule: Rule, result: R) => boolean },
): R | number {
  for (const rule of rules) {
    if (rule.action === FR_ACT_NOP || !matches(net, rule, flow, hasSource)) continue;
    const result = rule.action === FR_ACT_TO_TBL ? lookup(rule.table) : (REFUSALS[rule.action] ?? -EINVAL);
    if (result === -EAGAIN) continue;
    if (typeof result === 'number' || !suppressed(rule, result)) return result;
  }
  return -ESRCH;
}

/** Is a device of the rule's group in the way? */
export function suppressedBy(rule: Rule, prefix: number, device: Device | undefined): boolean {
  if (prefix <= rule.suppressPrefix) return true;
  return rule.suppressGroup !== -1 && device?.group === rule.suppressGroup;
}

function sameSelector(a: Rule['src'], b: Rule['src']): boolean {
  return a === undefined || b === undefined ? a === b : a.prefix === b.prefix && sameAddress(a.address, b.address);
}

const WORDS = ['action', 'table', 'tos', 'mark', 'markMask', 'iif', 'oif', 'suppressPrefix', 'suppressGroup'] as const;

/** Is a rule there already? Selectors that the new one lacks may be anything. @kernel rule_exists */
function exists(old: Rule, rule: Rule): boolean {
  const words = WORDS.every((w) => old[w] === rule[w] || (w === 'tos' && rule.tos === 0));
  const selectors = (['src', 'dst'] as const).every((s) => !rule[s] || sameSelector(old[s], rule[s]));
  return words && selectors && old.pref === rule.pref;
}

function withRules(net: NetNs, family: Family, rules: readonly Rule[]): NetNs {
  return { ...net, [family]: { ...net[family], rules, customRules: true } };
}

/** Preference of a rule that names none: one before the second rule. @kernel fib_default_rule_pref */
function defaultPref(rules: readonly Rule[]): number {
  const second = rules[1]?.pref ?? 0;
  return second === 0 ? 0 : second - 1;
}

/** RTM_NEWRULE: behind all rules of its preference. @kernel fib_nl_newrule */
export function addRule(net: NetNs, family: Family, rule: Omit<Rule, 'pref'> & { pref?: number }): NetNs | number {
  const { rules } = net[family];
  const pref = rule.pref ?? defaultPref(rules);
  const added: Rule = { ...rule, pref };
  if (rules.some((r) => exists(r, added))) return -EEXIST;
  const at = rules.findIndex((r) => r.pref > pref);
  return withRules(net, family, at < 0 ? [...rules, added] : [...rules.slice(0, at), added, ...rules.slice(at)]);
}

/** RTM_DELRULE: the first rule that has all that is given. @kernel fib_nl_delrule */
export function removeRule(net: NetNs, family: Family, given: Partial<Rule>): NetNs | number {
  const { rules } = net[family];
  const words = ['pref', ...WORDS] as const;
  const found = rules.find(
    (r) =>
      words.every((w) => given[w] === undefined || given[w] === r[w]) &&
      (!given.src || sameSelector(given.src, r.src)) &&
      (!given.dst || sameSelector(given.dst, r.dst)),
  );
  if (!found) return -ENOENT;
  return withRules(
    net,
    family,
    rules.filter((r) => r !== found),
  );
}
