/** The shape of a struct's layout. */

/**
 * Byte offset and size of a member. A bitfield also has its first bit, counted from the struct's beginning (so bit `n & 7` of byte
 * `n >> 3`), and its width; its byte offset is that of the first byte.
 */
export type MemberLayout =
  | readonly [offset: number, size: number]
  | readonly [offset: number, size: number, bit: number, width: number];

export interface StructLayout {
  readonly size: number;
  /** Members by name; those of anonymous structs and unions are members of the struct itself. */
  readonly members: Readonly<Record<string, MemberLayout>>;
}

export type StructTable = Readonly<Record<string, StructLayout>>;
