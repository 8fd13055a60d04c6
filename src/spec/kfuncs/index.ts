/**
 * Kfuncs of 6.12 as the profile's kernel is built (no sched_ext, no HID-BPF): all of vmlinux, and those of modules that networking
 * programs use. Names, flags and hooks are held against the kernel's .BTF_ids and its answers by test/spec/kfuncs.test.ts.
 */

import { commonKfuncs } from './common.ts';
import { conntrackKfuncs } from './conntrack.ts';
import { cpumaskKfuncs } from './cpumask.ts';
import { cryptoKfuncs } from './crypto.ts';
import { fsKfuncs } from './fs.ts';
import { genericKfuncs } from './generic.ts';
import { networkKfuncs } from './network.ts';
import { KFUNC_HOOKS, type KfuncRow } from './row.ts';
import { tcpKfuncs } from './tcp.ts';
import { testRunKfuncs } from './testRun.ts';
import { tracingKfuncs } from './tracing.ts';
import { tunnelKfuncs } from './tunnel.ts';

export type { KfuncRow } from './row.ts';
export { KFUNC_FLAGS } from './row.ts';

export const KFUNCS = {
  ...commonKfuncs,
  ...genericKfuncs,
  ...networkKfuncs,
  ...conntrackKfuncs,
  ...tunnelKfuncs,
  ...tcpKfuncs,
  ...cpumaskKfuncs,
  ...cryptoKfuncs,
  ...fsKfuncs,
  ...tracingKfuncs,
  ...testRunKfuncs,
} as const;

/** Row of a kfunc; undefined when 6.12 has none of that name. */
export function kfuncRow(name: string): KfuncRow | undefined {
  return Object.hasOwn(KFUNCS, name) ? KFUNCS[name as keyof typeof KFUNCS] : undefined;
}

/** The program that calls, in lower-case uapi names without prefix; an ext program counts as its target's type. */
export interface KfuncCaller {
  readonly progType: string;
  /** The load attribute, whatever the prog type makes of it. */
  readonly attachType?: string;
}

/**
 * Whether such a program may call the kfunc; if not, the verifier says `calling kernel function X is not allowed`. Flags
 * (sleepable, destructive) are further conditions with other messages.
 * @kernel btf_kfunc_id_set_contains
 */
export function kfuncAllowed(row: KfuncRow, { progType, attachType }: KfuncCaller): boolean {
  const { filter, hooks } = row;
  if (filter?.progType !== undefined && filter.progType !== progType) return false;
  if (filter?.attachType !== undefined && filter.attachType !== attachType) return false;
  return hooks.some((hook) => {
    const types: 'all' | readonly string[] = KFUNC_HOOKS[hook];
    return types === 'all' || types.includes(progType);
  });
}
