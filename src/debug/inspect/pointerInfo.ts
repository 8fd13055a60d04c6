/** What is said of a pointer, and its text. */
import type { Region } from '../../mem/arena.ts';
import type { View } from '../view.ts';

type PointerKind =
  | 'ctx'
  | 'packet'
  | 'packet-end'
  | 'packet-meta'
  | 'stack'
  | 'map'
  | 'map-value'
  | 'func'
  | 'object'
  | 'socket'
  | 'ringbuf'
  | 'memory'
  | 'internal'
  | 'freed';

/** Where a pointer leads. */
export interface PointerInfo {
  readonly kind: PointerKind;
  readonly address: number;
  /** `packet`, `fp`, `ct4_global[{…}]`, `tc_main` … */
  readonly base: string;
  /** Bytes from the base (functions: insns); negative ones of the stack. */
  readonly offset: number;
  /** What lies there: `ipv4.src`, `.lifetime`, `__sk_buff.mark`. */
  readonly field?: string;
  /** What else there is to know: `of frame 1`, `deleted`. */
  readonly note?: string;
  /** The map that it belongs to. */
  readonly map?: string;
}

/** What is known of an address in a region of one kind; undefined where no pointer leads there. */
export type Describe = (view: View, region: Region, address: number) => Omit<PointerInfo, 'address'> | undefined;

/** The text of a pointer. */
export function pointerText({ kind, base, offset, field, note }: PointerInfo): string {
  const prefix = kind === 'func' ? 'func ' : kind === 'map' ? 'map ' : '';
  const by = offset === 0 ? '' : offset < 0 ? `${offset}` : `+${offset}`;
  return `${prefix}${base}${by}${field === undefined ? '' : ` (${field})`}${note === undefined ? '' : ` ${note}`}`;
}

/** Does an address lie in a region or right behind it, where pointers to the end point to? */
export const inside = ({ base, end }: Region, address: number): boolean => address >= base && address <= end;
