/** What stands before a value that is printed by its type: `.member = (struct name *[])` and the bracket that opens it. */
import type { KernelBtf } from '../../btf/kernelBtf.ts';
import type { BtfMember, BtfType } from '../../btf/parse.ts';

/** Pointers, arrays and typedefs on top of each other that a name may have. */
const MAX_ITER = 10;
/** Bytes of the kernel's buffer, without the NUL. */
const MAX_NAME = 79;

/** The type behind const, volatile, restrict and type tags, 0 (void) being none. @kernel btf_type_skip_qualifiers */
function skipQualifiers(btf: KernelBtf, id: number): BtfType | undefined {
  let type = btf.type(id);
  while (
    type &&
    (type.kind === 'const' || type.kind === 'volatile' || type.kind === 'restrict' || type.kind === 'type_tag')
  )
    type = btf.type(type.type);
  return type;
}

/** What a name says: the words in its parentheses, and the bracket behind them. */
interface Cast {
  readonly words: string;
  readonly open: string;
}

function castOf(btf: KernelBtf, id: number): Cast | undefined {
  let type = btf.type(id);
  let typedef: string | undefined;
  let [pointers, arrays] = [0, 0];
  for (let i = 0; ; i++) {
    if (i === MAX_ITER) return undefined;
    if (type?.kind === 'typedef') typedef ??= type.name;
    else if (type?.kind === 'ptr') pointers++;
    else if (type?.kind === 'array') arrays++;
    else break;
    // A pointer to void has no further name.
    if (type.type === 0) break;
    type = skipQualifiers(btf, type.type);
  }
  const aggregate = type?.kind === 'struct' || type?.kind === 'union';
  const word = aggregate ? type!.kind : type?.kind === 'enum' || type?.kind === 'enum64' ? 'enum' : '';
  const name = typedef ?? type?.name ?? '';
  const prefix = typedef === undefined ? word : '';
  const gap = prefix !== '' && name !== '' ? ' ' : '';
  const stars = pointers > 0 ? ` ${'*'.repeat(pointers)}` : '';
  const bracket = arrays > 0 ? '[' : aggregate ? '{' : '';
  return { words: prefix + gap + name + stars + '[]'.repeat(arrays), open: pointers > 0 ? '' : bracket };
}

/**
 * The name of a value of type `id`, or of a member.
 *
 * @param bare only the opening bracket (BTF_F_NONAME)
 * @kernel btf_show_name
 */
export function btfShowName(btf: KernelBtf, id: number, member: BtfMember | undefined, bare: boolean): string {
  const cast = castOf(btf, member?.type ?? id);
  if (!cast) return '';
  if (bare) return cast.open;
  const place = member && member.name !== '' ? `.${member.name} = ` : '';
  return `${place}(${cast.words})${cast.open}`.slice(0, MAX_NAME);
}
