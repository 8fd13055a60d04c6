/** Storage by its name: what a watch looks at, what `set` changes, what "who wrote" asks for. */
import type { View } from '../view.ts';
import type { Expr } from './ast.ts';
import { spotOf } from './evaluate.ts';
import { elementOf } from './mapElement.ts';
import type { Spot } from './spot.ts';

/** Storage that an expression names. Sizes in bytes; fields of single bits are told by the bytes that hold them. */
export type Place =
  /** `half`: its low 32 bits. */
  | { readonly kind: 'register'; readonly depth: number; readonly reg: number; readonly half: boolean }
  /** Linear memory: stack, packet, kernel objects, values of maps that are reached by a pointer. */
  | { readonly kind: 'memory'; readonly at: number; readonly size: number }
  /** Bytes of a value; `at` is their address while the element is in the map and has one. */
  | {
      readonly kind: 'map';
      readonly map: string;
      readonly key: Uint8Array;
      /** Per-CPU types: whose value. */
      readonly cpu: number;
      readonly offset: number;
      readonly size: number;
      readonly at: number | undefined;
    }
  /** A context field at an address of the context; `field`: `__sk_buff.mark`, '' where it was reached by an address. */
  | { readonly kind: 'ctx'; readonly at: number; readonly size: number; readonly field: string };

function placeOf(view: View, { where, size }: Spot): Place | undefined {
  switch (where.kind) {
    case 'register':
      return { kind: 'register', depth: where.depth, reg: where.reg, half: where.half };
    case 'memory': {
      const { at } = where;
      if (at < 0 || at >= 2 ** 32) return undefined;
      const ctx = view.kernel.arena.region(at)?.kind === 'ctx';
      return ctx ? { kind: 'ctx', at, size, field: '' } : { kind: 'memory', at, size };
    }
    case 'ctx':
      return { kind: 'ctx', at: where.at, size, field: `${where.struct}.${where.field}` };
    case 'map': {
      const { map, key, cpu, offset } = where;
      const element = elementOf(view.kernel, map, key, cpu);
      const at = element?.kind === 'address' ? element.at + offset : undefined;
      return { kind: 'map', map: map.name, key, cpu, offset, size, at };
    }
    case 'bytes':
      return undefined;
  }
}

/** The storage that an expression names now; undefined where it names none. An element need not be in its map. */
export function place(expr: Expr, view: View): Place | undefined {
  const spot = spotOf(expr, view);
  return spot && placeOf(view, spot);
}
