/**
 * All helpers of Linux 6.12, one row each, keyed by name. A row is `as const`, so that its argument kinds and C types are
 * part of its type: `params.ts` derives from them what an implementation looks like.
 */

import { csumHelpers } from './csum.ts';
import { dynptrHelpers } from './dynptr.ts';
import { flowHelpers } from './flow.ts';
import { lircHelpers } from './lirc.ts';
import { lwtHelpers } from './lwt.ts';
import { mapHelpers } from './map.ts';
import { outputHelpers } from './output.ts';
import type { HelperName } from './params.ts';
import { probeHelpers } from './probe.ts';
import { redirectHelpers } from './redirect.ts';
import { ringbufHelpers } from './ringbuf.ts';
import type { HelperRow } from './row.ts';
import { skbHelpers } from './skb.ts';
import { sockHelpers } from './sock.ts';
import { sockCastHelpers } from './sockCast.ts';
import { sockmapHelpers } from './sockmap.ts';
import { sockopsHelpers } from './sockops.ts';
import { sockoptHelpers } from './sockopt.ts';
import { storageHelpers } from './storage.ts';
import { stringHelpers } from './string.ts';
import { syncookieHelpers } from './syncookie.ts';
import { syscallHelpers } from './syscall.ts';
import { sysctlHelpers } from './sysctl.ts';
import { taskHelpers } from './task.ts';
import { timeHelpers } from './time.ts';
import { tracingHelpers } from './tracing.ts';
import { tunnelHelpers } from './tunnel.ts';
import { xdpHelpers } from './xdp.ts';

/** The rows by name. */
export const HELPERS = {
  ...mapHelpers,
  ...flowHelpers,
  ...timeHelpers,
  ...skbHelpers,
  ...csumHelpers,
  ...tunnelHelpers,
  ...redirectHelpers,
  ...xdpHelpers,
  ...sockHelpers,
  ...sockoptHelpers,
  ...sockCastHelpers,
  ...syncookieHelpers,
  ...storageHelpers,
  ...sockopsHelpers,
  ...sockmapHelpers,
  ...lwtHelpers,
  ...probeHelpers,
  ...taskHelpers,
  ...tracingHelpers,
  ...outputHelpers,
  ...ringbufHelpers,
  ...dynptrHelpers,
  ...stringHelpers,
  ...sysctlHelpers,
  ...syscallHelpers,
  ...lircHelpers,
} as const;

const BY_ID: ReadonlyMap<number, HelperName> = new Map(
  (Object.keys(HELPERS) as HelperName[]).map((name) => [HELPERS[name].id, name]),
);

/** Name of the helper with this BPF_FUNC_ number, undefined when there is none. */
export function helperName(id: number): HelperName | undefined {
  return BY_ID.get(id);
}

/** Row of the helper with this BPF_FUNC_ number or name, without its literal types; undefined when there is none. */
export function helperRow(helper: number | string): HelperRow | undefined {
  const name = typeof helper === 'number' ? BY_ID.get(helper) : helper;
  return name !== undefined && Object.hasOwn(HELPERS, name) ? HELPERS[name as HelperName] : undefined;
}
