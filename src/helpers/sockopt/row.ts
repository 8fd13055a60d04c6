/** What an option of a socket looks like. */
import type { Arena } from '../../mem/arena.ts';
import { skMember } from '../../net/inetSock.ts';
import { UAPI } from '../../spec/constants.ts';

const { IPPROTO_TCP } = UAPI;

/** A 32-bit option of one level; `set` gives 0 or a negative errno. An option without `get` or `set` is EINVAL. */
export interface IntOption {
  readonly get?: (arena: Arena, sk: number) => number;
  readonly set?: (arena: Arena, sk: number, value: number) => number;
}

/** Options of one level by number. */
export type IntTable = Readonly<Record<number, IntOption>>;

/** Is it a TCP socket? */
export const isTcp = (arena: Arena, sk: number): boolean => skMember(arena, sk, 'sock', 'sk_protocol') === IPPROTO_TCP;
