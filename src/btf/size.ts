/** Sizes of types in bytes. */
import type { KernelBtf } from './kernelBtf.ts';

const MAX_DEPTH = 32;

/** Bytes that a value of the type takes; undefined for void, functions, forward declarations and what has no end. @kernel btf_resolve_size */
export function resolveSize(btf: KernelBtf, id: number): number | undefined {
  let elements = 1;
  let at = id;
  for (let i = 0; i < MAX_DEPTH; i++) {
    const t = btf.type(at);
    switch (t?.kind) {
      case 'int':
      case 'struct':
      case 'union':
      case 'enum':
      case 'enum64':
      case 'float':
        return t.size * elements;
      case 'ptr':
        return 8 * elements;
      case 'typedef':
      case 'volatile':
      case 'const':
      case 'restrict':
      case 'type_tag':
        at = t.type;
        break;
      case 'array':
        elements *= t.count;
        at = t.type;
        break;
      default:
        return undefined;
    }
  }
  return undefined;
}
