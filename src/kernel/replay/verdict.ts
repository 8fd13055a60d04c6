/** What a program's return value means to whoever called the program. */
import { constant } from '../../spec/constants.ts';
import { RETVALS } from './hook.ts';

const XDP = ['XDP_ABORTED', 'XDP_DROP', 'XDP_PASS', 'XDP_TX', 'XDP_REDIRECT'];
const TC = [
  'TC_ACT_UNSPEC',
  'TC_ACT_OK',
  'TC_ACT_RECLASSIFY',
  'TC_ACT_SHOT',
  'TC_ACT_PIPE',
  'TC_ACT_STOLEN',
  'TC_ACT_QUEUED',
  'TC_ACT_REPEAT',
  'TC_ACT_REDIRECT',
  'TC_ACT_TRAP',
];

const NAMES: Readonly<Record<string, readonly string[]>> = {
  xdp: XDP,
  sched_cls: TC,
  sched_act: TC,
};

/** What becomes of the packet, in one word: `pass`, `drop`, `tx`, `redirect`; `other` where it is none of these. */
export type Fate = 'pass' | 'drop' | 'tx' | 'redirect' | 'other';

const FATES: Readonly<Record<string, Fate>> = {
  XDP_ABORTED: 'drop',
  XDP_DROP: 'drop',
  XDP_PASS: 'pass',
  XDP_TX: 'tx',
  XDP_REDIRECT: 'redirect',
  TC_ACT_UNSPEC: 'pass',
  TC_ACT_OK: 'pass',
  TC_ACT_SHOT: 'drop',
  TC_ACT_PIPE: 'pass',
  TC_ACT_STOLEN: 'drop',
  TC_ACT_REDIRECT: 'redirect',
  SK_PASS: 'pass',
  SK_DROP: 'drop',
  NF_ACCEPT: 'pass',
  NF_DROP: 'drop',
  BPF_OK: 'pass',
  BPF_DROP: 'drop',
  BPF_REDIRECT: 'redirect',
};

/** What return values of this prog type are called; empty where they are just numbers. */
export function verdictNames(progType: string): readonly string[] {
  return NAMES[progType] ?? RETVALS[progType] ?? [];
}

/** The name of a return value (`retval`: unsigned 32 bits), `XDP_TX`; the number as text where it has no name. */
export function verdictName(progType: string, retval: number): string {
  return verdictNames(progType).find((name) => Number(constant(name)) >>> 0 === retval) ?? `${retval | 0}`;
}

/** What becomes of a packet with this verdict. */
export function verdictFate(verdict: string): Fate {
  return FATES[verdict] ?? 'other';
}
