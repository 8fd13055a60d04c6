/** Takes argument and return kinds apart: `ARG_PTR_TO_UNINIT_MEM|MEM_ALIGNED` is a base and a set of modifiers. */

import type { ArgAlias, ArgBase, ArgKind, RetAlias, RetBase, RetKind, TypeFlag } from './row.ts';

const ARG_ALIASES: Readonly<Record<ArgAlias, readonly [ArgBase, ...TypeFlag[]]>> = {
  ARG_PTR_TO_MAP_VALUE_OR_NULL: ['ARG_PTR_TO_MAP_VALUE', 'PTR_MAYBE_NULL'],
  ARG_PTR_TO_MEM_OR_NULL: ['ARG_PTR_TO_MEM', 'PTR_MAYBE_NULL'],
  ARG_PTR_TO_CTX_OR_NULL: ['ARG_PTR_TO_CTX', 'PTR_MAYBE_NULL'],
  ARG_PTR_TO_SOCKET_OR_NULL: ['ARG_PTR_TO_SOCKET', 'PTR_MAYBE_NULL'],
  ARG_PTR_TO_STACK_OR_NULL: ['ARG_PTR_TO_STACK', 'PTR_MAYBE_NULL'],
  ARG_PTR_TO_BTF_ID_OR_NULL: ['ARG_PTR_TO_BTF_ID', 'PTR_MAYBE_NULL'],
  ARG_PTR_TO_UNINIT_MEM: ['ARG_PTR_TO_MEM', 'MEM_UNINIT', 'MEM_WRITE'],
  ARG_PTR_TO_FIXED_SIZE_MEM: ['ARG_PTR_TO_MEM', 'MEM_FIXED_SIZE'],
};

const RET_ALIASES: Readonly<Record<RetAlias, readonly [RetBase, ...TypeFlag[]]>> = {
  RET_PTR_TO_MAP_VALUE_OR_NULL: ['RET_PTR_TO_MAP_VALUE', 'PTR_MAYBE_NULL'],
  RET_PTR_TO_SOCKET_OR_NULL: ['RET_PTR_TO_SOCKET', 'PTR_MAYBE_NULL'],
  RET_PTR_TO_TCP_SOCK_OR_NULL: ['RET_PTR_TO_TCP_SOCK', 'PTR_MAYBE_NULL'],
  RET_PTR_TO_SOCK_COMMON_OR_NULL: ['RET_PTR_TO_SOCK_COMMON', 'PTR_MAYBE_NULL'],
  RET_PTR_TO_RINGBUF_MEM_OR_NULL: ['RET_PTR_TO_MEM', 'PTR_MAYBE_NULL', 'MEM_RINGBUF'],
  RET_PTR_TO_DYNPTR_MEM_OR_NULL: ['RET_PTR_TO_MEM', 'PTR_MAYBE_NULL'],
  RET_PTR_TO_BTF_ID_OR_NULL: ['RET_PTR_TO_BTF_ID', 'PTR_MAYBE_NULL'],
  RET_PTR_TO_BTF_ID_TRUSTED: ['RET_PTR_TO_BTF_ID', 'PTR_TRUSTED'],
};

/** A kind taken apart. `flags` is in no particular order and without doubles. */
export interface Kind<B extends string> {
  readonly base: B;
  readonly flags: ReadonlySet<TypeFlag>;
}

function takeApart<B extends string>(
  kind: string,
  aliases: Readonly<Record<string, readonly [B, ...TypeFlag[]]>>,
): Kind<B> {
  const [name, ...flags] = kind.split('|') as [string, ...TypeFlag[]];
  const alias = aliases[name];
  if (alias === undefined) return { base: name as B, flags: new Set(flags) };
  const [base, ...own] = alias;
  return { base, flags: new Set([...own, ...flags]) };
}

/** Base and modifiers of an argument kind, the kernel's combined names resolved. */
export function argKind(kind: ArgKind): Kind<ArgBase> {
  return takeApart(kind, ARG_ALIASES);
}

/** Base and modifiers of a return kind, the kernel's combined names resolved. */
export function retKind(kind: RetKind): Kind<RetBase> {
  return takeApart(kind, RET_ALIASES);
}
