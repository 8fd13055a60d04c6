/** Expressions as trees. */

/** A part of an expression's text: offset of its first character, and characters. */
export interface Span {
  readonly at: number;
  readonly length: number;
}

/** A type as it is written: `u32`, `struct iphdr *`. */
export interface TypeName {
  /** `scalar`: u8 to u64, s8 to s64, be16 to be64. */
  readonly kind: 'scalar' | 'struct' | 'union';
  readonly name: string;
  readonly stars: number;
}

/** How a literal that is more than a number was written. */
export type LiteralForm = 'ipv4' | 'mac' | 'ipv6' | 'hex';

type Kinds = {
  number: { readonly value: bigint; readonly form?: Extract<LiteralForm, 'ipv4' | 'mac'> };
  /** `hex:0a00` and IPv6 addresses. */
  bytes: { readonly bytes: Uint8Array; readonly form: Extract<LiteralForm, 'ipv6' | 'hex'> };
  /** A word that is no register: what it means is known when it is evaluated. `quoted`: only a map. */
  name: { readonly name: string; readonly quoted: boolean };
  register: { readonly reg: number; readonly half: boolean };
  unary: { readonly op: string; readonly arg: Node };
  binary: { readonly op: string; readonly left: Node; readonly right: Node };
  choice: { readonly test: Node; readonly yes: Node; readonly no: Node };
  /** `base[index]`, `base[index:size]`. */
  index: { readonly base: Node; readonly index: Node; readonly size?: Node };
  /** `base.name`, `base->name`. */
  member: { readonly base: Node; readonly name: string; readonly arrow: boolean };
  /** `MAP[key]@2` */
  cpu: { readonly base: Node; readonly cpu: Node };
  cast: { readonly type: TypeName; readonly arg: Node };
  call: { readonly name: string; readonly args: readonly Node[] };
  /** `{field: value, …}` */
  record: { readonly fields: readonly (readonly [name: string, value: Node])[] };
  /** `[a, b]`, inside of records only. */
  list: { readonly items: readonly Node[] };
};

export type NodeKind = keyof Kinds;
/** A node of one kind. */
export type NodeOf<K extends NodeKind> = { readonly kind: K; readonly span: Span } & Kinds[K];
export type Node = { [K in NodeKind]: NodeOf<K> }[NodeKind];

/** An expression that was read. */
export interface Expr {
  /** As it was written. */
  readonly text: string;
  readonly root: Node;
}
