/** The list of routes of a family, in the order in which look-ups meet them. */
import type { Route } from './netns.ts';
import { sameAddress } from './prefix.ts';

/** Who made a route: the kernel, or a command line. */
export const RTPROT_KERNEL = 2;
export const RTPROT_BOOT = 3;

/** Negative where `a` is met before `b`, 0 where the older one is. */
function order(a: Route, b: Route): number {
  return b.prefix - a.prefix || b.table - a.table || b.tos - a.tos || a.metric - b.metric;
}

/** The list with a route more: behind its equals, or (`first`) before them. */
export function insertSorted(list: readonly Route[], route: Route, first = false): Route[] {
  const at = list.findIndex((r) => (first ? order(route, r) <= 0 : order(route, r) < 0));
  return at < 0 ? [...list, route] : [...list.slice(0, at), route, ...list.slice(at)];
}

/** Same destination, table and TOS? */
export function sameKey(a: Route, b: Route): boolean {
  return a.prefix === b.prefix && a.table === b.table && a.tos === b.tos && sameAddress(a.dst, b.dst);
}

function sameOptional(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameAddress(a, b);
}

/** Do two routes differ in nothing? */
export function sameRoute(a: Route, b: Route): boolean {
  const words = ['type', 'scope', 'metric', 'dev', 'mtu', 'mtuLocked', 'protocol'] as const;
  return sameKey(a, b) && words.every((w) => a[w] === b[w]) && sameOptional(a.via, b.via) && sameOptional(a.src, b.src);
}
