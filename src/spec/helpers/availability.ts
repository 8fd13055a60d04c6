/** Which program may call which helper, and with which prototype. */

import type { KernelProfile } from '../profiles.ts';
import type { HelperName } from './params.ts';
import { PROG_SETS, type ProgSetName } from './progSets.ts';
import type { HelperHook, HelperRow, HelperVariant } from './row.ts';

/** The program that calls, in lower-case uapi names without prefix. */
export interface HelperCaller {
  /** `sched_cls` */
  readonly progType: string;
  /** `cgroup_inet4_bind`, `trace_iter` …; absent or '' when the prog type has none. */
  readonly attachType?: string;
  /** What a tracing program is attached to, where that matters: the iterator's target (`tcp`). */
  readonly target?: string;
  readonly sleepable?: boolean;
}

function covers(hooks: readonly HelperHook[], caller: HelperCaller): boolean {
  const { progType, attachType, target } = caller;
  for (const hook of hooks) {
    if (hook.startsWith('@')) {
      if (covers(PROG_SETS[hook.slice(1) as ProgSetName], caller)) return true;
    } else if (
      hook === progType ||
      hook === `${progType}/${attachType}` ||
      hook === `${progType}/${attachType}:${target}`
    ) {
      return true;
    }
  }
  return false;
}

/**
 * Whether the kernel (6.12, fully privileged) knows the helper for such a program. License, sleepability and the row's
 * `allowed` predicate are further conditions that the verifier checks after this one, with other messages.
 */
export function helperAllowed(row: HelperRow, caller: HelperCaller): boolean {
  return row.config === undefined && (row.progs === 'all' || covers(row.progs, caller));
}

/** Whether a kernel lets such a program call a helper that 6.12 lets it call; undefined when that is not known. */
export function helperInProfile(profile: KernelProfile, name: HelperName, caller: HelperCaller): boolean | undefined {
  if (covers(profile.unknown, caller)) return undefined;
  const lacks = profile.lacks[name];
  return lacks === undefined || (lacks !== 'all' && !covers(lacks, caller));
}

/** The row with the prototype that such a program gets: a variant's columns over the row's own. */
export function helperFor(row: HelperRow, caller: HelperCaller): HelperRow {
  const variant = row.variants?.find(
    (v: HelperVariant) => (!v.sleepable || caller.sleepable === true) && covers(v.for, caller),
  );
  if (variant === undefined) return row;
  const { for: _for, sleepable: _sleepable, pktAccess, mightSleep, fastcall, ...columns } = variant;
  const {
    pktAccess: ownPktAccess,
    mightSleep: ownMightSleep,
    fastcall: ownFastcall,
    variants: _variants,
    ...own
  } = row;
  return {
    ...own,
    ...columns,
    ...((pktAccess ?? ownPktAccess) ? { pktAccess: true } : {}),
    ...((mightSleep ?? ownMightSleep) ? { mightSleep: true } : {}),
    ...((fastcall ?? ownFastcall) ? { fastcall: true } : {}),
  };
}
