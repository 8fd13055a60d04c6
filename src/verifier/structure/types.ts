/** Types of a program's BTF as the verifier looks at them. */
import { btfTypeSkipModifiers, type KernelBtf } from '../../btf/kernelBtf.ts';
import type { BtfType } from '../../btf/parse.ts';

/** A type with one type behind it. */
export interface PtrType {
  readonly type: number;
}

/** The type behind typedefs and qualifiers; undefined for void. */
export function typeBehind(btf: KernelBtf, id: number): BtfType | undefined {
  return btfTypeSkipModifiers(btf, id)?.type;
}

/** All types of a BTF's own. */
export function* typesOf(btf: KernelBtf): Generator<BtfType> {
  for (let id = btf.firstId; id < btf.endId; id++) yield btf.type(id)!;
}

/** A kind as the kernel prints it. @kernel btf_type_str */
export function btfTypeStr(t: BtfType | undefined): string {
  return t ? t.kind.toUpperCase() : 'UNKNOWN';
}
