/** The shapes of context layouts and of the rules by which the kernel turns a context access into reads of kernel objects. */

import type { MemberPath } from '../layouts.ts';

/**
 * How to reach the kernel member behind a field, from the kernel object that the context pointer really points to. A step is a list
 * of members whose offsets are added (`['sk_buff.cb', 'qdisc_skb_cb.pkt_len']`: the control block seen as another struct); between two
 * steps the 8-byte pointer found there is followed. The last step is what is read or written. `shinfo` stands for
 * skb_shinfo(skb), so the address `skb->head + skb->end`, as a step of its own.
 */
type CtxPath = readonly (readonly MemberPath[] | 'shinfo')[];

/** How a field is read from, or written to, the kernel member. */
type CtxConversion =
  /** The bytes of the member, zero-extended. */
  | 'plain'
  /** A pointer of 8 bytes; the field's own 4 bytes are its low half as far as programs can tell. */
  | 'pointer'
  /** The low bits of the byte, `mask` of them. */
  | 'mask'
  /** 1 when the member is not zero, else 0. */
  | 'nonzero'
  /** 0 when the first pointer on the path is NULL, else the member. */
  | 'zero-if-null'
  /** The member, but 0 when it is less than `limit`. */
  | 'zero-below'
  /** The member, but 0xffffffff when it equals `limit`. */
  | 'minus-one-at'
  /** The member shifted left by 16 (a big-endian port in the field's upper half). */
  | 'shift-left-16'
  /** Reads the member, but 0 at tc ingress when it holds a delivery time and the program never looks at tstamp_type; a write there clears tstamp_type. */
  | 'tstamp'
  /** Where the linear data of a socket buffer ends: the pointer at the path, plus `len` less `data_len` of the sk_buff. */
  | 'linear-end'
  /** Writes the low 16 bits unless the 32-bit value is `limit` or more, which changes nothing. */
  | 'below-limit';

/** What stands behind a field. */
export interface CtxSource {
  readonly path: CtxPath;
  /** Bytes that are read or written; absent: as many as the insn says (any part of the member). */
  readonly bytes?: 1 | 2 | 4 | 8;
  /** Absent: `plain`. */
  readonly how?: CtxConversion;
  /** A byte of the object behind the context; when it is 0, a read gives 0 and a write changes nothing. */
  readonly guard?: MemberPath;
  readonly mask?: number;
  readonly limit?: number;
}

/**
 * Who may access a field, as names of prog types or `type/attach_type`, both lower case: see ProgTypes and AttachTypes. Measured on
 * 6.12 with full privileges.
 */
export type CtxAccess = 'all' | readonly string[];

export interface CtxField {
  /** Byte offset in the uapi struct. */
  readonly offset: number;
  /** Bytes of the field, of one element of an array. */
  readonly size: number;
  /** Elements of an array; absent: no array. */
  readonly count?: number;
  /** C type of the field or element in the uapi struct. */
  readonly type: string;
  /** Which programs may read the field at its full size; absent: none, or no context. */
  readonly read?: CtxAccess;
  readonly write?: CtxAccess;
  /**
   * Parts of the field (1 or 2 bytes, or 4 of 8) may be read, each aligned to its size; `start`: only parts that begin where the field
   * begins; `halves`: parts of 2 bytes only.
   */
  readonly narrow?: true | 'start' | 'halves';
  /** Two elements of the array (8 aligned bytes) may be accessed at once. */
  readonly wide?: true;
  /** A field of 2 bytes that may be read as 4, as it once was: zero-extended. */
  readonly padded?: true;
  /** What a read gives; absent where conversions are not tabled. */
  readonly from?: CtxSource;
  /** What a read or write means instead in programs of some types, by prog type. */
  readonly fromBy?: Readonly<Record<string, CtxSource>>;
  /** What a write does, where it is not simply the reverse of `from`. */
  readonly to?: CtxSource;
}

export interface CtxStruct {
  readonly size: number;
  readonly fields: Readonly<Record<string, CtxField>>;
}

export type CtxTable = Readonly<Record<string, CtxStruct>>;
