/**
 * Where members of kernel structs lie (Linux 6.12.117, x86-64), for context accesses and helpers that read and write kernel objects.
 * Only structs and members that some row or helper needs; the tables under layouts/ are generated from the kernel's BTF.
 */

import { contextLayouts } from './layouts/context.ts';
import { iterLayouts } from './layouts/iter.ts';
import { packetLayouts } from './layouts/packet.ts';
import type { MemberLayout } from './layouts/row.ts';
import { socketLayouts } from './layouts/socket.ts';
import { taskLayouts } from './layouts/task.ts';
import { tcpLayouts } from './layouts/tcp.ts';
import { xdpLayouts } from './layouts/xdp.ts';

export type { MemberLayout } from './layouts/row.ts';

export const LAYOUTS = {
  ...packetLayouts,
  ...xdpLayouts,
  ...socketLayouts,
  ...tcpLayouts,
  ...contextLayouts,
  ...taskLayouts,
  ...iterLayouts,
} as const;

export type StructName = keyof typeof LAYOUTS;

export type MemberName<S extends StructName> = keyof (typeof LAYOUTS)[S]['members'] & string;

/** Byte offset of a member: `offsetOf('sk_buff', 'data')`. */
export function offsetOf<S extends StructName>(struct: S, member: MemberName<S>): number {
  return (LAYOUTS[struct].members as Readonly<Record<string, MemberLayout>>)[member]![0];
}

/** `struct.member` in the form that context rows use. */
export type MemberPath = { readonly [S in StructName]: `${S}.${MemberName<S>}` }[StructName];

const BY_PATH: ReadonlyMap<string, MemberLayout> = new Map(
  Object.entries(LAYOUTS).flatMap(([struct, { members }]) =>
    Object.entries(members).map(([member, layout]) => [`${struct}.${member}`, layout as MemberLayout] as const),
  ),
);

/** Layout of `struct.member`. */
export function memberLayout(path: MemberPath): MemberLayout {
  return BY_PATH.get(path)!;
}
