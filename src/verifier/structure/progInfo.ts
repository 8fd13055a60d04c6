/** What a load request's BTF tells of a program: its functions and its source lines. */
import type { KernelBtf } from '../../btf/kernelBtf.ts';

/** A record of func_info. */
export interface FuncInfo {
  readonly insn_off: number;
  /** Id of a FUNC in the program's BTF. */
  readonly type_id: number;
}

/** What is kept of each function apart from its record (bpf_func_info_aux). */
interface FuncInfoAux {
  readonly name: string;
  readonly linkage: 'static' | 'global' | 'extern';
  /** The program does not keep to what its BTF says, so that nobody relies on it. */
  unreliable: boolean;
  /** Its parameters, once they are known. */
  args: readonly SubprogArg[] | undefined;
}

/** What one parameter of a function takes (bpf_subprog_arg_info). */
export interface SubprogArg {
  readonly kind: 'ANYTHING' | 'CTX' | 'MEM' | 'DYNPTR' | 'BTF_ID' | 'ARENA';
  /** PTR_MAYBE_NULL, PTR_TRUSTED, PTR_UNTRUSTED. */
  readonly flags: number;
  /** Bytes behind a MEM. */
  readonly mem_size: number;
  /** Kernel type behind a BTF_ID. */
  readonly btf_id: number;
}

/** A record of line_info. */
export interface LineInfo {
  readonly insn_off: number;
  readonly file_name: string;
  /** Where the file's name stands in the BTF's strings. */
  readonly file_name_off: number;
  /** The source line as it is in BTF. */
  readonly line: string;
  readonly line_num: number;
  readonly line_col: number;
}

/** The part of the verifier's environment that BTF fills. */
export interface ProgInfo {
  /** The program's BTF; undefined when neither func_info nor line_info came with it. */
  btf: KernelBtf | undefined;
  /** One for each subprogram, in their order; empty without BTF. */
  func_info: readonly FuncInfo[];
  func_info_aux: readonly FuncInfoAux[];
  /** By insn_off. */
  line_info: readonly LineInfo[];
  /** The line that the log showed last. */
  prev_linfo: LineInfo | undefined;
}

export function noProgInfo(): ProgInfo {
  return { btf: undefined, func_info: [], func_info_aux: [], line_info: [], prev_linfo: undefined };
}
