/** Types of a program's BTF as the verifier looks at them. */
import type { Btf, BtfType } from '../../btf/parse.ts';

/** A type with one type behind it. */
export interface PtrType {
  readonly type: number;
}

/** The type behind typedefs and qualifiers; undefined for void. @kernel btf_type_skip_modifiers */
export function btfTypeSkipModifiers(btf: Btf, id: number): BtfType | undefined {
  for (let t = btf.types[id], left = btf.types.length; t && left > 0; left--) {
    switch (t.kind) {
      case 'typedef':
      case 'const':
      case 'volatile':
      case 'restrict':
      case 'type_tag':
        t = btf.types[t.type];
        break;
      default:
        return t;
    }
  }
  return undefined;
}

/** Bytes of a type's values; undefined where it has none. @kernel btf_resolve_size */
export function btfResolveSize(btf: Btf, id: number): number | undefined {
  let count = 1;
  for (let t = btfTypeSkipModifiers(btf, id), left = btf.types.length; t && left > 0; left--) {
    switch (t.kind) {
      case 'int':
      case 'struct':
      case 'union':
      case 'enum':
      case 'enum64':
      case 'float':
        return t.size * count;
      case 'ptr':
        return 8 * count;
      case 'array':
        count *= t.count;
        t = btfTypeSkipModifiers(btf, t.type);
        break;
      default:
        return undefined;
    }
  }
  return undefined;
}

/** A kind as the kernel prints it. @kernel btf_type_str */
export function btfTypeStr(t: BtfType | undefined): string {
  return t ? t.kind.toUpperCase() : 'UNKNOWN';
}
