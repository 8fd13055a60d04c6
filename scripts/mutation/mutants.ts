/** What is broken in an insn: a table of mutations by the opcode table's families. */

import { makeInsn } from '../../src/isa/codec.ts';
import { jumpDistance } from '../../src/isa/disasm.ts';
import { type Insn, type Slot, slotsOf } from '../../src/isa/insn.ts';
import { OPCODES, rowNamed } from '../../src/isa/opcodes.ts';
import type { OpRow } from '../../src/isa/rows.ts';
import type { Code } from './code.ts';
import { INVERTED, type Registers } from './flow.ts';

export type MutationKind = 'operator' | 'condition' | 'register' | 'offset' | 'size' | 'immediate' | 'jump' | 'deleted';

export interface Mutation {
  readonly kind: MutationKind;
  /** In words that do not depend on the build: `imm +1`, `jeq -> jne`, `src r3`. */
  readonly what: string;
  /** In place of the insn, as many slots. */
  readonly insns: readonly Insn[];
}

/** Operations that are easily taken for each other. */
const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  add: ['sub'],
  sub: ['add'],
  mul: ['div'],
  div: ['mul'],
  mod: ['div'],
  and: ['or'],
  or: ['and'],
  xor: ['or'],
  lsh: ['rsh'],
  rsh: ['lsh'],
  arsh: ['rsh'],
  be: ['le'],
  le: ['be'],
  // Boundaries and signs of comparisons.
  jgt: ['jge', 'jsgt'],
  jge: ['jgt', 'jsge'],
  jlt: ['jle', 'jslt'],
  jle: ['jlt', 'jsle'],
  jsgt: ['jsge', 'jgt'],
  jsge: ['jsgt', 'jge'],
  jslt: ['jsle', 'jlt'],
  jsle: ['jslt', 'jle'],
  jset: ['jeq'],
};

const ATOMIC_OPS: Readonly<Record<string, string>> = { add: 'or', or: 'and', and: 'or', xor: 'or', xchg: 'add' };

/** The same insn with another operation. */
function withRow(insn: Insn, row: OpRow): Insn {
  const field = (name: 'src' | 'off' | 'imm'): number => row.fixed[name] ?? (row.uses.includes(name) ? insn[name] : 0);
  const slot: Slot = { code: row.code, dst: insn.dst, src: field('src'), off: field('off'), imm: field('imm') };
  return makeInsn(slot, insn.next);
}

const withFields = (insn: Insn, fields: Partial<Slot>): Insn => makeInsn({ ...insn, ...fields }, insn.next);

const nop = (): Insn => {
  const { code } = rowNamed('ja');
  return makeInsn({ code, dst: 0, src: 0, off: 0, imm: 0 });
};

const fitsImm = (v: number): boolean => v >= -0x80000000 && v <= 0x7fffffff;
const fitsOff = (v: number): boolean => v >= -0x8000 && v <= 0x7fff;

/** A row like this one but for what is given. */
function sibling(row: OpRow, like: Readonly<Record<string, unknown>>): OpRow | undefined {
  const wanted = { ...row, ...like } as Readonly<Record<string, unknown>>;
  const keys = ['kind', 'op', 'width', 'operand', 'size', 'signed', 'fetch', 'indirect'] as const;
  return OPCODES.find((r) => keys.every((key) => (r as unknown as Record<string, unknown>)[key] === wanted[key]));
}

function operators(insn: Insn): Mutation[] {
  const { row } = insn;
  if (row?.kind !== 'alu' && row?.kind !== 'jump') return [];
  const inverted = INVERTED[row.op];
  const rows: (readonly [MutationKind, OpRow | undefined])[] = (OPERATORS[row.op] ?? []).map((op) => {
    const bits = row.op === 'be' || row.op === 'le' ? { fixed: row.fixed } : {};
    const found = 'fixed' in bits ? OPCODES.find((r) => r.name === row.name.replace(row.op, op)) : sibling(row, { op });
    return ['operator', found];
  });
  if (row.kind === 'jump' && inverted) rows.push(['condition', sibling(row, { op: inverted })]);
  return rows.flatMap(([kind, to]) => {
    if (!to || !('op' in to)) return [];
    return [{ kind, what: `${row.op} -> ${to.op}`, insns: [withRow(insn, to)] }];
  });
}

function immediates(insn: Insn): Mutation[] {
  const { row, imm } = insn;
  if (!row) return [];
  const wide = row.kind === 'ld_imm64';
  if (!row.uses.includes('imm') && !wide) return [];
  if (row.kind === 'call' || row.kind === 'goto' || row.kind === 'addr_space_cast') return [];
  if (wide && row.pseudo !== 'value') {
    // The offset into a map's value is in the second slot.
    if (row.pseudo !== 'map_value' && row.pseudo !== 'map_idx_value') return [];
    const next = insn.next!;
    return [4, -4].map((by) => ({
      kind: 'offset',
      what: `value ${by > 0 ? '+' : ''}${by}`,
      insns: [makeInsn(insn, { ...next, imm: next.imm + by })],
    }));
  }
  const values: (readonly [string, number])[] = [
    ['imm +1', imm + 1],
    ['imm -1', imm - 1],
    ['imm negated', -imm],
  ];
  // A shift by a negative number is no insn at all.
  const shift = row.kind === 'alu' && /sh$/.test(row.op);
  return values.flatMap(([what, value]) =>
    value === imm || !fitsImm(value) || (shift && value < 0)
      ? []
      : [{ kind: 'immediate', what, insns: [withFields(insn, { imm: value })] }],
  );
}

/** The next register that has a value, in a circle; r10 cannot be written. */
function otherRegister(of: number, not: number, registers: Registers, write: boolean): number | undefined {
  for (let i = 1; i < 11; i++) {
    const r = (of + i) % 11;
    if (r !== of && r !== not && registers[r] && !(write && r === 10)) return r;
  }
  return undefined;
}

function registerMutations(insn: Insn, registers: Registers): Mutation[] {
  const { row, dst, src } = insn;
  if (!row || row.kind === 'call') return [];
  const mutations: Mutation[] = [];
  const memory = row.kind === 'store' || row.kind === 'atomic' || row.kind === 'jump';
  if (row.uses.includes('dst')) {
    const r = otherRegister(dst, row.uses.includes('src') ? src : -1, registers, !memory);
    if (r !== undefined) mutations.push({ kind: 'register', what: `dst r${r}`, insns: [withFields(insn, { dst: r })] });
  }
  if (row.uses.includes('src')) {
    const r = otherRegister(src, dst, registers, false);
    if (r !== undefined) mutations.push({ kind: 'register', what: `src r${r}`, insns: [withFields(insn, { src: r })] });
  }
  return mutations;
}

function memoryMutations(insn: Insn): Mutation[] {
  const { row, off } = insn;
  if (row?.kind !== 'load' && row?.kind !== 'store' && row?.kind !== 'atomic') {
    if (row?.kind !== 'ld_packet') return [];
    const to = sibling(row, { size: row.size === 4 ? 2 : 2 * row.size });
    return to
      ? [{ kind: 'size', what: `size ${row.size} -> ${row.size === 4 ? 2 : 2 * row.size}`, insns: [withRow(insn, to)] }]
      : [];
  }
  const { size } = row;
  const offsets = [size, -size, 4 * size].flatMap((by): Mutation[] =>
    fitsOff(off + by)
      ? [{ kind: 'offset', what: `off ${by > 0 ? '+' : ''}${by}`, insns: [withFields(insn, { off: off + by })] }]
      : [],
  );
  const sizes = (row.kind === 'atomic' ? [size === 8 ? 4 : 8] : [size * 2, size / 2]).flatMap((to): Mutation[] => {
    const other = sibling(row, { size: to });
    return other ? [{ kind: 'size', what: `size ${size} -> ${to}`, insns: [withRow(insn, other)] }] : [];
  });
  if (row.kind !== 'atomic') return [...offsets, ...sizes];
  const op = ATOMIC_OPS[row.op];
  const other =
    op && (sibling(row, { op }) ?? OPCODES.find((r) => r.kind === 'atomic' && r.op === op && r.size === size));
  const swapped: Mutation[] = other
    ? [{ kind: 'operator', what: `${row.op} -> ${op}`, insns: [withRow(insn, other)] }]
    : [];
  return [...offsets, ...sizes, ...swapped];
}

function jumpMutations(insn: Insn, slot: number, insns: readonly (Insn | undefined)[]): Mutation[] {
  const { row } = insn;
  const distance = jumpDistance(insn);
  if (!row || distance === undefined || row.kind === 'call') return [];
  const target = insns[slot + 1 + distance];
  if (!target) return [];
  const to = distance + slotsOf(target);
  if (!insns[slot + 1 + to]) return [];
  const far = row.kind === 'goto' && row.distance === 'imm';
  return [{ kind: 'jump', what: 'target +1', insns: [withFields(insn, far ? { imm: to } : { off: to })] }];
}

function deletion(insn: Insn): Mutation[] {
  // A jump to the next insn is deleted already.
  if (insn.row?.kind === 'goto' && jumpDistance(insn) === 0) return [];
  return [{ kind: 'deleted', what: 'deleted', insns: Array.from({ length: slotsOf(insn) }, nop) }];
}

const sameBytes = (a: Insn, b: Insn): boolean =>
  a.code === b.code &&
  a.dst === b.dst &&
  a.src === b.src &&
  a.off === b.off &&
  a.imm === b.imm &&
  a.next?.imm === b.next?.imm;

/** Every mutation of the insn at a slot; `registers` are those that have values there. */
export function mutationsOf({ insns }: Code, slot: number, registers: Registers): readonly Mutation[] {
  const insn = insns[slot];
  if (!insn) return [];
  return [
    ...operators(insn),
    ...registerMutations(insn, registers),
    ...memoryMutations(insn),
    ...immediates(insn),
    ...jumpMutations(insn, slot, insns),
    ...deletion(insn),
  ].filter((m) => !(m.insns.length === 1 && sameBytes(m.insns[0]!, insn)));
}
