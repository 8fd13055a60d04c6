/** What a file declares, as the directives and statements leave it for layout, encoding and BTF. */
import type { Expr } from './expr.ts';
import type { Match } from './match.ts';
import type { Spot } from './source.ts';
import type { Token } from './token.ts';
import type { CType } from './types.ts';

export interface Param {
  readonly name: string;
  readonly type: CType;
  readonly tags: readonly string[];
}

export interface FuncDecl {
  readonly name: string;
  readonly params: readonly Param[];
  readonly ret: CType;
  readonly linkage?: 'static' | 'global';
  readonly at: Spot;
}

/** Numbers of `size` bytes each, in code or data. */
interface DataEntry {
  readonly kind: 'data';
  readonly size: 1 | 2 | 4 | 8;
  readonly values: readonly Expr[];
  readonly at: Spot;
  /** Number of the slot, in a listing. */
  readonly index?: number;
}

export type CodeEntry =
  | { readonly kind: 'label'; readonly name: string; readonly at: Spot; readonly func?: FuncDecl }
  | {
      readonly kind: 'insn';
      readonly match: Match;
      readonly code?: number;
      readonly index?: number;
      readonly at: Spot;
    }
  | DataEntry;

export interface CodeSection {
  readonly kind: 'code';
  readonly name: string;
  readonly at: Spot | undefined;
  readonly entries: CodeEntry[];
}

export interface DataSection {
  readonly kind: 'data';
  readonly name: string;
  readonly at: Spot;
  bytes: Uint8Array;
  size: number;
  readonly fixups: { readonly offset: number; readonly entry: DataEntry }[];
  readonly labels: { readonly name: string; readonly offset: number }[];
}

export type Section = CodeSection | DataSection;

export interface MapDecl {
  readonly name: string;
  readonly at: Spot;
  readonly type: string;
  readonly key?: MapSide;
  readonly value?: MapSide;
  readonly maxEntries?: Expr;
  readonly mapFlags?: Expr;
  readonly mapExtra?: Expr;
  readonly inner?: Token;
  readonly pinning: boolean;
  readonly values: readonly { readonly key: Expr | undefined; readonly value: Token | Expr; readonly at: Spot }[];
}

/** A key or value: a size or a type. */
export type MapSide = { readonly kind: 'size'; readonly expr: Expr } | { readonly kind: 'type'; readonly type: CType };

/** What a name stands for. */
export interface Defined {
  readonly what: 'number' | 'map' | 'data symbol' | 'function' | 'struct';
  readonly at: Spot;
  readonly expr?: Expr;
  readonly section?: DataSection;
  readonly offset?: number;
}
