/**
 * Named constants of the kernel for expressions in programs: `BPF_ANY`, `ETH_P_IP`, `XDP_PASS`. What other tables of this folder
 * hold (map, prog and attach types, helper numbers, errnos) is derived from them. Multi-byte numbers are plain C values: a protocol
 * number of a packet (`ETH_P_IP`) has to be brought into network byte order by the program; TCP_FLAG_* already are.
 */

import { ATTACH_TYPES } from './attachTypes.ts';
import { bpfConstants } from './constants/bpf.ts';
import { inetConstants } from './constants/inet.ts';
import { linkConstants } from './constants/link.ts';
import { netfilterConstants } from './constants/netfilter.ts';
import { routeConstants } from './constants/route.ts';
import type { ConstantGroup } from './constants/row.ts';
import { socketConstants } from './constants/socket.ts';
import { sockopsConstants } from './constants/sockops.ts';
import { syscallConstants } from './constants/syscall.ts';
import { ERRNO, ERRNO_ALIASES } from './errno.ts';
import { HELPERS } from './helpers/index.ts';
import { MAP_TYPES } from './mapTypes.ts';
import { PROG_TYPES } from './progTypes.ts';

export type { ConstantGroup } from './constants/row.ts';

function byKernelName(rows: Readonly<Record<string, { readonly kernel: string; readonly id: number }>>) {
  return Object.fromEntries(Object.values(rows).map((row) => [row.kernel, row.id]));
}

const DERIVED: readonly ConstantGroup[] = [
  { header: 'linux/bpf.h', values: { BPF_MAP_TYPE_UNSPEC: 0, ...byKernelName(MAP_TYPES) } },
  { header: 'linux/bpf.h', values: { BPF_PROG_TYPE_UNSPEC: 0, ...byKernelName(PROG_TYPES) } },
  { header: 'linux/bpf.h', values: byKernelName(ATTACH_TYPES) },
  {
    header: 'linux/bpf.h',
    values: Object.fromEntries(
      Object.entries(HELPERS).map(([name, row]) => [name.replace(/^bpf_/, 'BPF_FUNC_'), row.id]),
    ),
  },
  {
    header: 'linux/errno.h',
    values: {
      ...ERRNO,
      ...Object.fromEntries(Object.entries(ERRNO_ALIASES).map(([alias, name]) => [alias, ERRNO[name]])),
    },
  },
];

const OWN = [
  ...bpfConstants,
  ...sockopsConstants,
  ...syscallConstants,
  ...linkConstants,
  ...routeConstants,
  ...inetConstants,
  ...socketConstants,
  ...netfilterConstants,
];

/** All constants, grouped by the header that defines them; a header may have several groups. */
export const CONSTANT_GROUPS: readonly ConstantGroup[] = [...OWN, ...DERIVED];

type Values<G> = G extends { readonly values: infer V } ? V : never;
/** Names in a group whose values are numbers, not bigints. */
type NumberNames<V> = V extends unknown ? { [N in keyof V]: V[N] extends number ? N : never }[keyof V] : never;

/** The constants below 2^53 that no other table of this folder holds, for the code that plays the kernel: `UAPI.ETH_P_IP` is 0x0800. */
export const UAPI = Object.assign({}, ...OWN.map((group) => group.values)) as Readonly<
  Record<NumberNames<Values<(typeof OWN)[number]>>, number>
>;

const BY_NAME: ReadonlyMap<string, number | bigint> = new Map(
  CONSTANT_GROUPS.flatMap((group) => Object.entries(group.values)),
);

/** Value of a kernel constant; undefined when the tables do not have it. */
export function constant(name: string): number | bigint | undefined {
  return BY_NAME.get(name);
}

/** Names of all constants, for suggestions and completion. */
export function constantNames(): Iterable<string> {
  return BY_NAME.keys();
}
