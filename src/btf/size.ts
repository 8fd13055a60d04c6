/** Sizes of types in bytes. */
import type { KernelBtf } from './kernelBtf.ts';
import type { BtfType } from './parse.ts';

const MAX_DEPTH = 32;

/** What a value consists of. */
interface Resolved {
  /** The outermost array, or the type itself. */
  readonly array: boolean;
  /** Without modifiers; of arrays the element. */
  readonly type: BtfType;
  /** Id that a nested struct is known by. */
  readonly id: number;
  readonly size: number;
  readonly count: number;
}

/**
 * A type without modifiers, arrays of arrays as one array; undefined for void, functions, forward declarations and what has no
 * end. @kernel __btf_resolve_size
 */
export function btfResolveSize(btf: KernelBtf, start: number): Resolved | undefined {
  let at = start;
  let id = start;
  let count = 1;
  let elem = 0;
  for (let i = 0; i < MAX_DEPTH; i++) {
    const type = btf.type(at);
    switch (type?.kind) {
      case 'typedef':
      case 'volatile':
      case 'const':
      case 'restrict':
      case 'type_tag':
        at = type.type;
        id = at;
        break;
      case 'array':
        count *= type.count;
        at = type.type;
        elem = at;
        break;
      default: {
        const one = type?.kind === 'ptr' ? 8 : type && 'size' in type ? type.size : undefined;
        if (one === undefined || type?.kind === 'datasec') return undefined;
        return { array: elem !== 0, type: type!, id: elem || id, size: one * count, count };
      }
    }
  }
  return undefined;
}

/** Bytes that a value of the type takes. @kernel btf_resolve_size */
export function resolveSize(btf: KernelBtf, id: number): number | undefined {
  return btfResolveSize(btf, id)?.size;
}
