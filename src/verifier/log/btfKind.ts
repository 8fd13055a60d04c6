/** Kinds of BTF types as messages name them. */
import type { BtfType } from '../../btf/parse.ts';

const KIND_TEXT: Readonly<Record<BtfType['kind'], string>> = {
  int: 'INT',
  ptr: 'PTR',
  array: 'ARRAY',
  struct: 'STRUCT',
  union: 'UNION',
  enum: 'ENUM',
  fwd: 'FWD',
  typedef: 'TYPEDEF',
  volatile: 'VOLATILE',
  const: 'CONST',
  restrict: 'RESTRICT',
  func: 'FUNC',
  func_proto: 'FUNC_PROTO',
  var: 'VAR',
  datasec: 'DATASEC',
  float: 'FLOAT',
  decl_tag: 'DECL_TAG',
  type_tag: 'TYPE_TAG',
  enum64: 'ENUM64',
};

/** `STRUCT`; `UNKNOWN` for void. @kernel btf_type_str */
export const btfKindText = (kind: BtfType['kind'] | undefined): string => (kind ? KIND_TEXT[kind] : 'UNKNOWN');
