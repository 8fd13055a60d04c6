/** What the assembler makes: programs, maps and their types, before anything is loaded. */
import type { Insn } from '../isa/insn.ts';
import type { SourcePos } from '../util/problem.ts';

/** A place in a program that names something only the loader can number. `slot` counts 8-byte insns. */
export type AsmReloc =
  | { readonly kind: 'map'; readonly slot: number; readonly map: string }
  | { readonly kind: 'kfunc'; readonly slot: number; readonly name: string }
  | { readonly kind: 'ksym'; readonly slot: number; readonly name: string };

/** A function inside a program. */
export interface AsmFunction {
  readonly name: string;
  /** First slot. */
  readonly slot: number;
  /** BTF id of its FUNC; 0 without BTF. */
  readonly typeId: number;
}

/** A name for a place in a program that is no function: what its jumps go to. */
export interface AsmLabel {
  readonly name: string;
  readonly slot: number;
}

/** One program: its entry function and, behind it, every function that it reaches. */
export interface AsmProgram {
  /** Name of its entry function. */
  readonly name: string;
  /** Its SEC() name; `.text` for a file without sections. */
  readonly section: string;
  readonly insns: readonly Insn[];
  readonly bytes: Uint8Array;
  /** The main function, then each function it reaches, in libbpf's order. */
  readonly functions: readonly AsmFunction[];
  /** In the order of their slots. */
  readonly labels: readonly AsmLabel[];
  readonly relocs: readonly AsmReloc[];
  /** Where each slot was written; the second slot of a 16-byte insn has none. */
  readonly positions: readonly (SourcePos | undefined)[];
  /** BTF strings of each line: offsets into the object's BTF; empty without BTF. */
  readonly lineInfo: readonly LineInfo[];
}

/**
 * A `bpf_line_info` record: which source line the insns from `slot` on come from. `line` and `col` count from 1; the
 * offsets point into the BTF strings.
 */
export interface LineInfo {
  readonly slot: number;
  readonly fileNameOff: number;
  readonly lineOff: number;
  readonly line: number;
  readonly col: number;
}

/** An element that is put into a map before the programs run. */
export interface MapInit {
  /** Raw key bytes. */
  readonly key: Uint8Array;
  readonly value: Uint8Array | { readonly program: string } | { readonly map: string };
}

/** A map to create, as the text declares it; sizes in bytes. */
export interface AsmMap {
  readonly name: string;
  /** Kernel name in lower case: `lru_hash`. */
  readonly type: string;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly mapFlags: number;
  readonly mapExtra?: bigint;
  readonly inner?: string;
  readonly pinning?: 'by_name';
  readonly btfKeyTypeId: number;
  readonly btfValueTypeId: number;
  readonly frozen: boolean;
  readonly values: readonly MapInit[];
  /** The section whose bytes it holds: `.rodata`. */
  readonly section?: string;
}

/** An assembled file: what `toRequest` turns into a load request. */
export interface AsmObject {
  readonly programs: readonly AsmProgram[];
  readonly maps: readonly AsmMap[];
  readonly license: string;
  readonly version: number;
  /** The whole BTF blob; empty without types. */
  readonly btf: Uint8Array;
}
