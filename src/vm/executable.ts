import type { Insn } from '../isa/insn.ts';
import type { OpRow } from '../isa/rows.ts';
import type { Problem } from '../util/problem.ts';

/** What the interpreter's switch tells apart; what an operation computes stands in its row. */
export const KIND = {
  bad: 0,
  aluImm: 1,
  aluReg: 2,
  jumpImm: 3,
  jumpReg: 4,
  goto: 5,
  load: 6,
  storeReg: 7,
  storeImm: 8,
  atomic: 9,
  ldImm64: 10,
  helper: 11,
  call: 12,
  callReg: 13,
  tailCall: 14,
  exit: 15,
  ldPacket: 16,
  mayGoto: 17,
  kfunc: 18,
} as const;

/** Added to an insn's kind: the run pauses before it. Debuggers set it and take it away again; it is no part of the program. */
export const STOP = 64;

/** Words of a lowered insn. Registers are word offsets into a frame, targets are slots. */
export const LOWERED = { kind: 0, dst: 1, src: 2, off: 3, lo: 4, hi: 5, size: 6, target: 7, words: 8 } as const;

/** A program made ready to run. Everything is indexed by 8-byte slot. */
export interface Executable {
  readonly id: number;
  readonly name: string;
  readonly progType: string;
  /** Name of the context's struct: `xdp_md` … */
  readonly ctxStruct: string;
  /** Address that stands for slot 0; slot n's address is `text + 8 n`. Function pointers are such addresses. */
  readonly text: number;
  readonly code: Int32Array;
  /** The row of each slot; undefined at second slots and unknown opcodes. */
  readonly rows: readonly (OpRow | undefined)[];
  readonly insns: readonly (Insn | undefined)[];
  /** Bytes of the structs of the program's BTF by type id: what it may allocate. */
  readonly localTypes: ReadonlyMap<number, number>;
  /** Slots of loads through pointers to kernel objects, which read 0 at a bad address. */
  readonly probes: ReadonlySet<number>;
  /** Why a slot of kind `bad` cannot run. */
  readonly defects: ReadonlyMap<number, Problem>;
}
