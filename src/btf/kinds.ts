/** The kinds of BTF types: numbers and names of include/uapi/linux/btf.h. */
export const BTF_KINDS = {
  int: 1,
  ptr: 2,
  array: 3,
  struct: 4,
  union: 5,
  enum: 6,
  fwd: 7,
  typedef: 8,
  volatile: 9,
  const: 10,
  restrict: 11,
  func: 12,
  func_proto: 13,
  var: 14,
  datasec: 15,
  float: 16,
  decl_tag: 17,
  type_tag: 18,
  enum64: 19,
} as const;

/** Names of the BTF_KIND_* numbers in lower case. */
export type BtfKind = keyof typeof BTF_KINDS;

export const BTF_MAGIC = 0xeb9f;
export const BTF_HEADER = 24;

/** Bits of an INT's encoding. */
export const INT_SIGNED = 1;
export const INT_CHAR = 2;
export const INT_BOOL = 4;

export type FuncLinkage = 'static' | 'global' | 'extern';
export const FUNC_LINKAGES: readonly FuncLinkage[] = ['static', 'global', 'extern'];
