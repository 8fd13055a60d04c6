/** Programs as text, in one of three syntaxes; what is printed assembles to the same bytes again. */
import { decodeProgram } from '../../isa/codec.ts';
import { exactInsnText, type InsnNames, insnText, jumpDistance } from '../../isa/disasm.ts';
import type { Insn } from '../../isa/insn.ts';
import { slotsOf } from '../../isa/insn.ts';
import type { Dialect } from '../../isa/rows.ts';
import { HELPERS } from '../../spec/helpers/index.ts';

const HELPER_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(HELPERS).map(([name, row]) => [row.id, name] as const),
);

const helperName = (id: number): string | undefined => HELPER_NAMES.get(id);

export interface ListedInsn {
  readonly slot: number;
  readonly insn: Insn;
  readonly text: string;
  /** Something jumps here. */
  readonly label?: string;
}

export interface ListingOptions {
  readonly syntax: Dialect;
  /** Name of the map that the ld_imm64 at a slot loads. */
  readonly mapAt?: (slot: number) => string | undefined;
}

/** The insns of a program with their texts. The kernel's syntax jumps by distance, the others to labels. */
export function listInsns(bytes: Uint8Array, options: ListingOptions): ListedInsn[] {
  const { syntax, mapAt } = options;
  const insns: { slot: number; insn: Insn }[] = [];
  let slot = 0;
  for (const insn of decodeProgram(bytes)) {
    insns.push({ slot, insn });
    slot += slotsOf(insn);
  }
  const starts = new Set(insns.map((i) => i.slot));
  const targets = new Set<number>();
  for (const { slot: at, insn } of insns) {
    const distance = insn.defect ? undefined : jumpDistance(insn);
    if (distance !== undefined && starts.has(at + 1 + distance)) targets.add(at + 1 + distance);
  }
  const labels = syntax !== 'kernel';
  return insns.map(({ slot: at, insn }) => {
    const map =
      syntax === 'llvm' && insn.row?.kind === 'ld_imm64' && insn.row.pseudo === 'map_fd' ? mapAt?.(at) : undefined;
    const names: InsnNames = {
      ...(syntax !== 'ubpf' && { helper: helperName }),
      ...(map !== undefined && { imm64: () => map }),
      ...(labels && { label: (d: number) => (targets.has(at + 1 + d) ? `L${at + 1 + d}` : undefined) }),
    };
    const text = map === undefined ? exactInsnText(insn, syntax, names) : insnText(insn, syntax, names);
    return { slot: at, insn, text, ...(labels && targets.has(at) && { label: `L${at}` }) };
  });
}

/** The listing as lines: `  12: (bf) r1 = r2` in the kernel's syntax, labels and insns in the others. */
export function listingText(listed: readonly ListedInsn[], syntax: Dialect): string {
  const lines = listed.map(({ slot, insn, text, label }) => {
    if (syntax === 'kernel') {
      const code = insn.code.toString(16).padStart(2, '0');
      return text.startsWith('.') ? `\t${text}` : `${String(slot).padStart(4)}: (${code}) ${text}`;
    }
    return `${label === undefined ? '' : `${label}:\n`}\t${text}`;
  });
  return `${lines.join('\n')}\n`;
}
