/** One insn as text, in the syntax of the kernel's log, of llvm-objdump or of uBPF. */
import { U64_MASK } from '../util/bits.ts';
import type { Insn } from './insn.ts';
import { imm64 } from './insn.ts';
import { OPCODES } from './opcodes.ts';
import type { Dialect, OpRow, Template } from './rows.ts';
import type { Placeholder } from './template.ts';
import { templateOwners, templateParts } from './template.ts';

/** Names for what an insn holds only as a number; undefined leaves the number as the dialect prints it. */
export interface InsnNames {
  /** Name of a helper: `bpf_map_lookup_elem` for 1. */
  readonly helper?: (id: number) => string | undefined;
  /** Name of a kfunc, by BTF id and fd_array index. */
  readonly kfunc?: (id: number, index: number) => string | undefined;
  /** What stands for a 64-bit immediate (`map[id:5]`). */
  readonly imm64?: (insn: Insn) => string | undefined;
  /** Label of a jump or local call `distance` insns behind the next insn. */
  readonly label?: (distance: number) => string | undefined;
}

const signed = (v: number): string => (v < 0 ? `${v}` : `+${v}`);
const hex = (v: number): string => `0x${(v >>> 0).toString(16)}`;
const signedHex = (v: number): string => (v < 0 ? `-0x${(-v).toString(16)}` : `0x${v.toString(16)}`);
const s64Hex = (v: bigint): string => {
  const s = BigInt.asIntN(64, v);
  return s < 0n ? `-0x${(-s).toString(16)}` : `0x${s.toString(16)}`;
};
const u64Hex = (v: bigint): string => `0x${(v & U64_MASK).toString(16)}`;

interface NumberStyle {
  readonly imm: (v: number) => string;
  readonly hex: (v: number) => string;
  readonly imm64: (v: bigint) => string;
  readonly off: (v: number) => string;
  readonly pc: (v: number) => string;
}

const STYLES: Readonly<Record<Dialect, NumberStyle>> = {
  kernel: { imm: String, hex, imm64: u64Hex, off: signed, pc: (v) => `pc${signed(v)}` },
  llvm: {
    imm: signedHex,
    hex: signedHex,
    imm64: s64Hex,
    off: (v) => (v < 0 ? `- ${hex(-v)}` : `+ ${hex(v)}`),
    pc: (v) => (v < 0 ? signedHex(v) : `+${signedHex(v)}`),
  },
  ubpf: {
    imm: (v) => (v < 0 ? `${v}` : hex(v)),
    hex: (v) => (v < 0 ? `${v}` : hex(v)),
    imm64: u64Hex,
    off: (v) => (v === 0 ? '' : signed(v)),
    pc: signed,
  },
};

/** How far a jump or a local call goes, in insns behind the next one; undefined for everything else. */
export function jumpDistance(insn: Insn): number | undefined {
  const { row } = insn;
  switch (row?.kind) {
    case 'jump':
    case 'may_goto':
      return insn.off;
    case 'goto':
      return row.distance === 'off' ? insn.off : insn.imm;
    case 'call':
      return row.target === 'local' ? insn.imm : undefined;
    default:
      return undefined;
  }
}

function callee(insn: Insn, row: OpRow, dialect: Dialect, names: InsnNames): string {
  const kfunc = row.kind === 'call' && row.target === 'kfunc';
  const name = kfunc ? names.kfunc?.(insn.imm, insn.off) : names.helper?.(insn.imm);
  if (dialect === 'kernel')
    return `${name ?? (kfunc ? 'kernel-function' : insn.imm === 0 ? 'bpf_unspec' : 'unknown')}#${insn.imm}`;
  return name ?? STYLES[dialect].imm(insn.imm);
}

function fillHole(hole: Placeholder, insn: Insn, row: OpRow, dialect: Dialect, names: InsnNames): string {
  const style = STYLES[dialect];
  const register = dialect === 'ubpf' ? '%r' : 'r';
  switch (hole) {
    case 'dst':
      return register + insn.dst;
    case 'src':
      return register + insn.src;
    case 'wdst':
      return `w${insn.dst}`;
    case 'wsrc':
      return `w${insn.src}`;
    case 'imm':
      return style.imm(insn.imm);
    case 'hex':
      return style.hex(insn.imm);
    case 'imm64':
      return names.imm64?.(insn) ?? style.imm64(imm64(insn));
    case 'lo':
      return String(insn.imm >>> 0);
    case 'hi':
      return String((insn.next?.imm ?? 0) >>> 0);
    case 'off':
      return style.off(insn.off);
    case 'index':
      return String(insn.off);
    case 'pc': {
      const distance = jumpDistance(insn) ?? 0;
      const label = names.label?.(distance);
      if (label !== undefined) return label;
      // `call -0x9` is a helper's number for llvm-mc.
      return (row.kind === 'call' && dialect === 'llvm' ? 'pc' : '') + style.pc(distance);
    }
    case 'callee':
      return callee(insn, row, dialect, names);
    case 'dstas':
      return dialect === 'llvm' ? hex(insn.imm >>> 16) : String(insn.imm >>> 16);
    case 'srcas':
      return dialect === 'llvm' ? hex(insn.imm & 0xffff) : String(insn.imm & 0xffff);
  }
}

function fillTemplate(template: Template, insn: Insn, row: OpRow, dialect: Dialect, names: InsnNames): string {
  let text = '';
  for (const { literal, hole } of templateParts(template)) {
    text += literal;
    if (hole) text += fillHole(hole, insn, row, dialect, names);
  }
  return text;
}

const NO_NAMES: InsnNames = {};

/**
 * The text of one insn, just as the dialect's own tool prints it (the kernel's log without `(bf)`), which for some insns
 * leaves fields out: see `exactInsnText`. An insn without a row gives its raw bytes.
 */
export function insnText(insn: Insn, dialect: Dialect, names: InsnNames = NO_NAMES): string {
  const { row } = insn;
  const template = row && printed(row, insn, dialect);
  return template === undefined ? rawText(insn) : fillTemplate(template, insn, row!, dialect, names);
}

/** llvm-objdump leaves a zero offset of LD_IND out; every other insn prints by its first template. */
function printed(row: OpRow, insn: Insn, dialect: Dialect): Template | undefined {
  const templates = row.text[dialect];
  return row.kind === 'ld_packet' ? templates.find((t) => says(t, insn)) : templates[0];
}

const FIELD_HOLES: readonly (readonly [(insn: Insn) => boolean, readonly Placeholder[]])[] = [
  [(insn) => insn.imm !== 0, ['imm', 'hex', 'imm64', 'lo', 'callee', 'pc', 'dstas']],
  [(insn) => insn.off !== 0, ['off', 'index', 'pc']],
];

/** Whether a template shows every field that the row uses and that is not 0. */
function says(template: Template, insn: Insn): boolean {
  const { row } = insn;
  const holes = templateParts(template).map((p) => p.hole);
  return FIELD_HOLES.every(([set, shows], i) => {
    const used = i === 0 ? row!.uses.includes('imm') || row!.uses.includes('imm64') : row!.uses.includes('off');
    return !used || !set(insn) || shows.some((hole) => holes.includes(hole));
  });
}

const OWNERS: Readonly<Record<Dialect, ReadonlyMap<Template, OpRow>>> = {
  kernel: templateOwners(OPCODES, 'kernel'),
  llvm: templateOwners(OPCODES, 'llvm'),
  ubpf: templateOwners(OPCODES, 'ubpf'),
};

/** Raw bytes as a directive: `.8byte 0x95`. */
function rawText(insn: Insn): string {
  const slots = insn.next ? [insn, insn.next] : [insn];
  const words = slots.map((s) => {
    const low = BigInt(s.code | (s.dst << 8) | (s.src << 12)) | (BigInt(s.off & 0xffff) << 16n);
    return `0x${(low | (BigInt(s.imm >>> 0) << 32n)).toString(16)}`;
  });
  return `.8byte ${words.join(', ')}`;
}

/** The text of one insn that assembles to the same bytes, whatever they are. */
export function exactInsnText(insn: Insn, dialect: Dialect, names: InsnNames = NO_NAMES): string {
  const { row } = insn;
  if (!row || insn.defect) return rawText(insn);
  const template = row.text[dialect].find((t) => OWNERS[dialect].get(t) === row && says(t, insn));
  return template === undefined ? rawText(insn) : fillTemplate(template, insn, row, dialect, names);
}
