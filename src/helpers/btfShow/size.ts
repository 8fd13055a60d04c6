/** Sizes of the types of a kernel's BTF. */
import type { KernelBtf } from '../../btf/kernelBtf.ts';

/** Bytes of a value; undefined for what has none (functions, sections, void). @kernel btf_resolve_size */
export function btfResolveSize(btf: KernelBtf, id: number): number | undefined {
  let count = 1;
  for (;;) {
    const type = btf.type(id);
    switch (type?.kind) {
      case 'int':
      case 'struct':
      case 'union':
      case 'enum':
      case 'enum64':
      case 'float':
        return count * type.size;
      case 'ptr':
        return count * 8;
      case 'array':
        count *= type.count;
        id = type.type;
        break;
      case 'typedef':
      case 'const':
      case 'volatile':
      case 'restrict':
      case 'type_tag':
        id = type.type;
        break;
      default:
        return undefined;
    }
  }
}
