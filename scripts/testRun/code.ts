/** Small programs as lists of insns: R6 holds the context, R9 points into the map in which results land. */
import { encodeProgram, makeInsn } from '../../src/isa/codec.ts';
import type { Insn } from '../../src/isa/insn.ts';
import { slotsOf } from '../../src/isa/insn.ts';
import { rowNamed } from '../../src/isa/opcodes.ts';
import { HELPERS } from '../../src/spec/helpers/index.ts';
import type { HelperName } from '../../src/spec/helpers/params.ts';
import type { LoadRequest } from '../../src/spec/request.ts';
import { toHex } from '../../src/util/hex.ts';

interface Operands {
  readonly dst?: number;
  readonly src?: number;
  readonly off?: number;
  readonly imm?: number;
  /** The upper half of a 64-bit constant. */
  readonly hi?: number;
}

function insn(name: string, f: Operands = {}): Insn {
  const row = rowNamed(name);
  const { fixed } = row;
  const slot = {
    code: row.code,
    dst: f.dst ?? 0,
    src: fixed.src ?? f.src ?? 0,
    off: fixed.off ?? f.off ?? 0,
    imm: fixed.imm ?? f.imm ?? 0,
  };
  return row.kind === 'ld_imm64' ? makeInsn(slot, { code: 0, dst: 0, src: 0, off: 0, imm: f.hi ?? 0 }) : makeInsn(slot);
}

const LETTER = { 1: 'b', 2: 'h', 4: 'w', 8: 'dw' } as const;
export type Size = keyof typeof LETTER;

export const load = (size: Size, dst: number, src: number, off: number): Insn =>
  insn(`ldx${LETTER[size]}`, { dst, src, off });
export const store = (size: Size, dst: number, off: number, src: number): Insn =>
  insn(`stx${LETTER[size]}`, { dst, src, off });
export const move = (dst: number, src: number): Insn => insn('mov64_reg', { dst, src });
export const set = (dst: number, imm: number): Insn => insn('mov64_imm', { dst, imm });
export const add = (dst: number, imm: number): Insn => insn('add64_imm', { dst, imm });
export const subtract = (dst: number, src: number): Insn => insn('sub64_reg', { dst, src });
export const and = (dst: number, imm: number): Insn => insn('and64_imm', { dst, imm });
/** Goes `skip` insns on where dst > src, unsigned. */
export const ifAbove = (dst: number, src: number, skip: number): Insn => insn('jgt64_reg', { dst, src, off: skip });
export const ifZero = (dst: number, skip: number): Insn => insn('jeq64_imm', { dst, imm: 0, off: skip });
export const call = (name: HelperName): Insn => insn('call_helper', { imm: HELPERS[name].id });
/** A 64-bit constant. */
export const wide = (dst: number, lo: number, hi: number): Insn => insn('ld_imm64_value', { dst, imm: lo, hi });
export const loadPacket = (size: 1 | 2 | 4, offset: number): Insn => insn(`ldabs${LETTER[size]}`, { imm: offset });
export const exit = (): Insn => insn('exit');

/** The address of the perf event array. */
export const eventMap = (dst: number): Insn => insn('ld_imm64_map_fd', { dst });

/** A piece of a program: its insns put what they found into R8. */
export type Piece = readonly Insn[];

export const OUT_SIZE = 512;

/** The maps of every program: where results land, and a perf event array without events. */
export const MAPS: NonNullable<LoadRequest['maps']> = [
  { name: 'out', type: 'array', key_size: 4, value_size: OUT_SIZE, max_entries: 1 },
  { name: 'events', type: 'perf_event_array', key_size: 4, value_size: 4, max_entries: 1 },
];
const MAP_OF: Readonly<Record<string, number>> = { ld_imm64_map_value: 0, ld_imm64_map_fd: 1 };

/** A program: R6 and R9 are set up, the pieces' results stored one after the other, then `end`. */
export function program(
  pieces: readonly Piece[],
  end: readonly Insn[],
): Required<Pick<LoadRequest, 'insns' | 'map_relocs'>> {
  const code = [move(6, 1), insn('ld_imm64_map_value', { dst: 9 })];
  pieces.slice(0, OUT_SIZE / 8).forEach((piece, i) => {
    code.push(...piece, store(8, 9, 8 * i, 8));
  });
  code.push(...end, exit());
  const relocs: [number, number][] = [];
  let slot = 0;
  for (const one of code) {
    const map = MAP_OF[one.row?.name ?? ''];
    if (map !== undefined) relocs.push([slot, map]);
    slot += slotsOf(one);
  }
  return { insns: toHex(encodeProgram(code)), map_relocs: relocs };
}
