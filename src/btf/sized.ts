/** Types with sizes, in BTF that has been verified. */
import type { Btf, BtfType } from './parse.ts';

/** Longer chains do not load. */
const MAX_CHAIN = 64;

/** A type that has a size, and the size. */
export interface SizedType {
  readonly id: number;
  readonly type: BtfType;
  readonly size: number;
}

/** The type with a size behind qualifiers, typedefs and variables; undefined where there is none. @kernel btf_type_id_size */
export function btfTypeIdSize(btf: Btf, id: number, depth = 0): SizedType | undefined {
  const type = btf.types[id];
  if (!type || depth > MAX_CHAIN) return undefined;
  switch (type.kind) {
    case 'int':
    case 'struct':
    case 'union':
    case 'enum':
    case 'enum64':
    case 'float':
    case 'datasec':
      return { id, type, size: type.size };
    case 'ptr':
      return { id, type, size: 8 };
    case 'array': {
      const element = btfTypeIdSize(btf, type.type, depth + 1);
      return element && { id, type, size: (element.size * type.count) >>> 0 };
    }
    case 'typedef':
    case 'const':
    case 'volatile':
    case 'restrict':
    case 'type_tag':
    case 'var':
      return btfTypeIdSize(btf, type.type, depth + 1);
    default:
      return undefined;
  }
}

/** Id of the first type of a kind with a name. @kernel btf_find_by_name_kind */
export function btfFindByNameKind(btf: Btf, name: string, kind: BtfType['kind']): number | undefined {
  const id = btf.types.findIndex((t) => t?.kind === kind && t.name === name);
  return id < 0 ? undefined : id;
}
