/** A program under construction: insns with jumps by label, the maps it uses, and places in the output map for what it saw. */
import type { LoadRequest, MapRequest } from '../../src/spec/request.ts';
import { tinyBtf } from '../maps/program.ts';

const SLOT = 8;
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Sizes of the output map: buffers come first, then one u64 for each result. */
export const BUFFERS = 1024;
const OUT_SIZE = 4096;
/** Bytes of the input map. */
export const INPUT_SIZE = 512;

/** R6 the context, R7 what is held, R8 the input map's value, R9 the output map's. */
export const REG = { ctx: 6, held: 7, in: 8, out: 9, fp: 10 } as const;

/** Types of `tinyBtf`: the program's and the callback's prototype. */
const FUNCTION_TYPES = [3, 4] as const;

interface Jump {
  readonly at: number;
  readonly label: string;
  /** A callback's address counts in the imm, jumps in the offset. */
  readonly callback: boolean;
}

export class Code {
  readonly maps: MapRequest[] = [];
  /** What each u64 behind the buffers of the output map means. */
  readonly labels: string[] = [];
  readonly #bytes: Uint8Array[] = [];
  readonly #relocs: [number, number][] = [];
  readonly #jumps: Jump[] = [];
  readonly #places = new Map<string, number>();
  readonly #functions: number[] = [0];
  #unique = 0;

  constructor(input: Uint8Array) {
    const array = (name: string, value_size: number): MapRequest => ({
      ...{ name, type: 'array', key_size: 4, value_size, max_entries: 1 },
    });
    this.maps.push(array('out', OUT_SIZE));
    this.maps.push({ ...array('in', INPUT_SIZE), updates: [{ key: '00000000', value: hexOf(input) }] });
    this.insn(0xbf, REG.ctx, 1, 0, 0);
    this.ldMap(REG.in, 1, 2);
    this.ldMap(REG.out, 0, 2);
  }

  insn(opcode: number, dst: number, src: number, off: number, imm: number): void {
    const view = new DataView(new ArrayBuffer(SLOT));
    view.setUint8(0, opcode);
    view.setUint8(1, (src << 4) | dst);
    view.setInt16(2, off, true);
    view.setInt32(4, imm, true);
    this.#bytes.push(new Uint8Array(view.buffer));
  }

  /** A 64-bit constant. */
  ld64(dst: number, value: bigint): void {
    this.insn(0x18, dst, 0, 0, Number(BigInt.asIntN(32, value)));
    this.insn(0, 0, 0, 0, Number(BigInt.asIntN(32, value >> 32n)));
  }

  /** The map (src 1) or the value of its only element (src 2). */
  ldMap(dst: number, map: number, src: 1 | 2): void {
    this.#relocs.push([this.#bytes.length, map]);
    this.insn(0x18, dst, src, 0, map);
    this.insn(0, 0, 0, 0, 0);
  }

  /** Index of a map; the same object is the same map. */
  useMap(map: MapRequest): number {
    const known = this.maps.indexOf(map);
    return known >= 0 ? known : this.maps.push(map) - 1;
  }

  /** A conditional jump on an immediate. */
  jump(opcode: number, dst: number, imm: number, label: string): void {
    this.#jumps.push({ at: this.#bytes.length, label, callback: false });
    this.insn(opcode, dst, 0, 0, imm);
  }

  jumpReg(opcode: number, dst: number, src: number, label: string): void {
    this.#jumps.push({ at: this.#bytes.length, label, callback: false });
    this.insn(opcode, dst, src, 0, 0);
  }

  ldCallback(dst: number, label: string): void {
    this.#jumps.push({ at: this.#bytes.length, label, callback: true });
    this.insn(0x18, dst, 4, 0, 0);
    this.insn(0, 0, 0, 0, 0);
  }

  label(name: string): void {
    this.#places.set(name, this.#bytes.length);
  }

  fresh(): string {
    return `L${this.#unique++}`;
  }

  /** Begins a function behind the program. */
  function(name: string): void {
    this.#functions.push(this.#bytes.length);
    this.label(name);
  }

  /** Stores a register as the next result. */
  keep(reg: number, label: string): void {
    const at = BUFFERS + SLOT * this.labels.length;
    if (at + SLOT > OUT_SIZE) return;
    this.insn(0x7b, REG.out, reg, at, 0);
    this.labels.push(label);
  }

  /** Loads the last result into a register. */
  last(reg: number): void {
    this.insn(0x79, reg, REG.out, BUFFERS + SLOT * Math.max(0, this.labels.length - 1), 0);
  }

  /** The parts of a load request that come from here. */
  finish(): Pick<LoadRequest, 'insns' | 'map_relocs' | 'maps' | 'btf' | 'func_info' | 'func_info_rec_size'> {
    for (const { at, label, callback } of this.#jumps) {
      const distance = this.#places.get(label)! - at - 1;
      const view = new DataView(this.#bytes[at]!.buffer);
      if (callback) view.setInt32(4, distance, true);
      else view.setInt16(2, distance, true);
    }
    const info = Buffer.alloc(SLOT * this.#functions.length);
    this.#functions.forEach((at, i) => {
      info.writeUInt32LE(at, SLOT * i);
      info.writeUInt32LE(FUNCTION_TYPES[Math.min(i, 1)]!, SLOT * i + 4);
    });
    const types = { btf: tinyBtf().toString('hex'), func_info: info.toString('hex'), func_info_rec_size: SLOT };
    return {
      insns: this.#bytes.map(hexOf).join(''),
      map_relocs: this.#relocs,
      maps: this.maps,
      ...(this.#functions.length > 1 && types),
    };
  }
}
