/** Insns as hex with places for maps and callbacks, put together into one program. */
import { insn } from '../program.ts';

/** One insn, or an ld_imm64 of two slots: a map, the value of its only element, or the address of a callback. */
export type Item =
  | string
  | { readonly map: number; readonly dst: number; readonly value?: true }
  | { readonly cb: number };

/** Where on a frame's stack keys and values are. */
export const KEY_AT = -48;
export const VALUE_AT = -120;
/** Bytes of one result: r0, then what was read. */
export const SLOT = 16;

/** Registers that operations leave alone: the result map's value, the number of the run, the context. R8 is theirs. */
export const [RES, RUN, TEMP, CTX] = [6, 7, 8, 9] as const;

export const mov = (dst: number, imm: number): string => insn(0xb7, dst, 0, 0, imm);
export const movReg = (dst: number, src: number): string => insn(0xbf, dst, src, 0, 0);
export const addImm = (dst: number, imm: number): string => insn(0x07, dst, 0, 0, imm);
export const call = (id: number): string => insn(0x85, 0, 0, 0, id);
export const exit = insn(0x95, 0, 0, 0, 0);
export const ldMap = (dst: number, map: number): Item => ({ map, dst });
export const ldValue = (dst: number, map: number): Item => ({ map, dst, value: true });
export const address = (dst: number, at: number): Item[] => [movReg(dst, 10), addImm(dst, at)];
/** A 64-bit number. */
export const long = (dst: number, value: bigint): Item[] =>
  value === BigInt.asIntN(32, value)
    ? [mov(dst, Number(value))]
    : [
        insn(0x18, dst, 0, 0, Number(BigInt.asIntN(32, value))),
        insn(0, 0, 0, 0, Number(BigInt.asIntN(32, value >> 32n))),
      ];
/** Stores R0 as the result of a slot. */
export const storeR0 = (slot: number): string => insn(0x7b, RES, 0, SLOT * slot, 0);
/** Stores a register as what a slot has read. */
export const storeData = (slot: number, src: number): string => insn(0x7b, RES, src, SLOT * slot + 8, 0);
/** `block` only when the register is not 0. */
export const unlessZero = (reg: number, block: readonly Item[]): Item[] => [
  insn(0x15, reg, 0, slots(block), 0),
  ...block,
];

/** 8-byte slots that items take. */
export function slots(items: readonly Item[]): number {
  return items.reduce((n, item) => n + (typeof item === 'string' ? 1 : 2), 0);
}

/** Stores bytes on the stack, eight at a time where they end with zeros anyway. */
export function storeBytes(hex: string, at: number): Item[] {
  const bytes = Buffer.from(hex.padEnd(Math.ceil(hex.length / 16) * 16, '0'), 'hex');
  const out: Item[] = [];
  for (let i = 0; i < bytes.length; i += 4) out.push(insn(0x62, 10, 0, at + i, bytes.readInt32LE(i)));
  return out;
}

/** A program: main, then its callbacks; with the places of maps and where each function begins. */
export function link(
  main: readonly Item[],
  callbacks: readonly (readonly Item[])[],
): { insns: string; map_relocs: [number, number][]; starts: number[] } {
  const starts = [0];
  let end = slots(main);
  for (const callback of callbacks) {
    starts.push(end);
    end += slots(callback);
  }
  const out: string[] = [];
  const map_relocs: [number, number][] = [];
  for (const item of [main, ...callbacks].flat()) {
    if (typeof item === 'string') out.push(item);
    else if ('cb' in item) {
      out.push(insn(0x18, 2, 4, 0, starts[item.cb + 1]! - out.length - 1), insn(0, 0, 0, 0, 0));
    } else {
      map_relocs.push([out.length, item.map]);
      out.push(insn(0x18, item.dst, item.value ? 2 : 1, 0, item.map), insn(0, 0, 0, 0, 0));
    }
  }
  return { insns: out.join(''), map_relocs, starts };
}
