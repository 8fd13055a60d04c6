/** The shapes of the opcode table's rows. */

export type Dialect = 'kernel' | 'llvm' | 'ubpf';

/** `imm`: the operand is the immediate, sign-extended; `reg`: the source register; `none`: the op has only dst. */
export type Operand = 'imm' | 'reg' | 'none';

/** The fields of an insn a row reads; every other field must be zero. */
export type Field = 'dst' | 'src' | 'off' | 'imm' | 'imm64';

/**
 * How an insn reads in one dialect. Placeholders: `{dst}` `{src}` 64-bit register names, `{wdst}` `{wsrc}` 32-bit
 * names (`w1`), `{imm}` immediate, `{hex}` immediate that the kernel prints in hex, `{imm64}` the 64-bit immediate,
 * `{lo}` `{hi}` its halves, `{index}` the off field as a plain number,
 * `{off}` a memory displacement with its sign, `{pc}` a jump target, `{callee}` what a call calls, `{dstas}` `{srcas}`
 * address spaces. A placeholder that stands twice is the same operand twice. Everything else stands for itself.
 */
export type Template = string;

/** What every operation has. */
export interface RowBase {
  /** Unique name: `add64_imm`. */
  readonly name: string;
  /** First byte of the insn. */
  readonly code: number;
  /** Fields that must have just this value for the row to apply. */
  readonly fixed: { readonly src?: number; readonly off?: number; readonly imm?: number };
  readonly uses: readonly Field[];
  /** The first prints as the tools do; all are read. */
  readonly text: Readonly<Record<Dialect, readonly Template[]>>;
  /** Kernel release that brought it. */
  readonly since: string;
  /** Section of RFC 9669, or '' for a kernel extension. */
  readonly rfc: string;
}

/** dst = dst OP operand. */
export interface AluRow extends RowBase {
  readonly kind: 'alu';
  /** The operation without width and operand: `add`, `movsx`, `le`. */
  readonly op: string;
  readonly width: 32 | 64;
  readonly operand: Operand;
  /** New dst from unsigned 64-bit dst and operand. A 32-bit op's result has its upper half cleared. */
  readonly eval: (dst: bigint, src: bigint) => bigint;
  /** The same in place: dst is `r[d]`, `r[d + 1]` (low and high half), the operand two signed halves. */
  readonly exec: (r: Int32Array, d: number, lo: number, hi: number) => void;
}

/** if dst OP operand goto pc + off. */
export interface JumpRow extends RowBase {
  readonly kind: 'jump';
  /** The comparison without width and operand: `jsgt`. */
  readonly op: string;
  readonly width: 32 | 64;
  readonly operand: 'imm' | 'reg';
  /** Is the jump taken? 32-bit rows look at the lower halves. */
  readonly eval: (dst: bigint, src: bigint) => boolean;
  /** The same over the operands' 32-bit halves. */
  readonly exec: (dlo: number, dhi: number, slo: number, shi: number) => boolean;
}

/** Jumps without a condition. */
export interface GotoRow extends RowBase {
  readonly kind: 'goto';
  /** Which field holds the distance in insns. */
  readonly distance: 'off' | 'imm';
}

/** Loads from memory, zero- or sign-extended. */
export interface LoadRow extends RowBase {
  readonly kind: 'load';
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
}

/** Stores of a register or an immediate. */
export interface StoreRow extends RowBase {
  readonly kind: 'store';
  readonly size: 1 | 2 | 4 | 8;
  readonly operand: 'imm' | 'reg';
}

/** Atomic read-modify-write operations. */
export interface AtomicRow extends RowBase {
  readonly kind: 'atomic';
  readonly size: 4 | 8;
  readonly op: 'add' | 'or' | 'and' | 'xor' | 'xchg' | 'cmpxchg';
  /** The old value goes to src (cmpxchg: to r0). */
  readonly fetch: boolean;
  /** New memory value; for cmpxchg `r0` is the value expected. 32-bit ops use the lower halves. */
  readonly eval: (old: bigint, src: bigint, r0: bigint) => bigint;
  /** The same in place on a pair of halves that holds the old value. */
  readonly exec: (r: Int32Array, d: number, lo: number, hi: number, r0lo: number, r0hi: number) => void;
}

/** Two-slot loads of a 64-bit number, map, variable or function; `src` of the insn tells which. */
export interface LoadImm64Row extends RowBase {
  readonly kind: 'ld_imm64';
  /** What the 64-bit immediate means: a number, a map, an address in a map's value, a kernel variable, a subprog. */
  readonly pseudo: 'value' | 'map_fd' | 'map_value' | 'btf_id' | 'func' | 'map_idx' | 'map_idx_value';
}

/** LD_ABS and LD_IND: big-endian loads from the packet of the context in R6. */
export interface LoadPacketRow extends RowBase {
  readonly kind: 'ld_packet';
  readonly size: 1 | 2 | 4;
  /** LD_IND adds the source register to the offset. */
  readonly indirect: boolean;
}

/** Calls of helpers, kfuncs, functions of the program, and of addresses in registers. */
export interface CallRow extends RowBase {
  readonly kind: 'call';
  readonly target: 'helper' | 'local' | 'kfunc' | 'reg';
}

/** Operations that need no more than their kind. */
export interface PlainRow<K extends string> extends RowBase {
  readonly kind: K;
}

/** A row of `OPCODES`; `kind` tells the variants apart. */
export type OpRow =
  | AluRow
  | JumpRow
  | GotoRow
  | LoadRow
  | StoreRow
  | AtomicRow
  | LoadImm64Row
  | LoadPacketRow
  | CallRow
  | PlainRow<'may_goto'>
  | PlainRow<'exit'>
  | PlainRow<'addr_space_cast'>;
