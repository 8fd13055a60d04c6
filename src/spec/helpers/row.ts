/** The shape of a helper's row, and what its argument and return kinds are made of. */

import type { ProgSetName } from './progSets.ts';

/** Kinds of bpf_func_proto's arguments without modifiers (enum bpf_arg_type). */
export type ArgBase =
  | 'ARG_DONTCARE'
  | 'ARG_CONST_MAP_PTR'
  | 'ARG_PTR_TO_MAP_KEY'
  | 'ARG_PTR_TO_MAP_VALUE'
  | 'ARG_PTR_TO_MEM'
  | 'ARG_PTR_TO_ARENA'
  | 'ARG_CONST_SIZE'
  | 'ARG_CONST_SIZE_OR_ZERO'
  | 'ARG_PTR_TO_CTX'
  | 'ARG_ANYTHING'
  | 'ARG_SCALAR'
  | 'ARG_PTR_TO_SPIN_LOCK'
  | 'ARG_PTR_TO_SOCK_COMMON'
  | 'ARG_PTR_TO_SOCKET'
  | 'ARG_PTR_TO_BTF_ID'
  | 'ARG_PTR_TO_RINGBUF_MEM'
  | 'ARG_CONST_ALLOC_SIZE_OR_ZERO'
  | 'ARG_PTR_TO_BTF_ID_SOCK_COMMON'
  | 'ARG_PTR_TO_PERCPU_BTF_ID'
  | 'ARG_PTR_TO_FUNC'
  | 'ARG_PTR_TO_STACK'
  | 'ARG_PTR_TO_CONST_STR'
  | 'ARG_PTR_TO_TIMER'
  | 'ARG_KPTR_XCHG_DEST'
  | 'ARG_PTR_TO_DYNPTR';

/** Kinds of return values without modifiers (enum bpf_return_type). */
export type RetBase =
  | 'RET_INTEGER'
  | 'RET_VOID'
  | 'RET_PTR_TO_MAP_VALUE'
  | 'RET_PTR_TO_SOCKET'
  | 'RET_PTR_TO_TCP_SOCK'
  | 'RET_PTR_TO_SOCK_COMMON'
  | 'RET_PTR_TO_MEM'
  | 'RET_PTR_TO_MEM_OR_BTF_ID'
  | 'RET_PTR_TO_BTF_ID';

/** Modifiers of a kind (enum bpf_type_flag) that helpers use. */
export type TypeFlag =
  | 'PTR_MAYBE_NULL'
  | 'PTR_TRUSTED'
  | 'MEM_RDONLY'
  | 'MEM_UNINIT'
  | 'MEM_WRITE'
  | 'MEM_FIXED_SIZE'
  | 'MEM_ALIGNED'
  | 'MEM_RINGBUF'
  | 'OBJ_RELEASE'
  | 'DYNPTR_TYPE_LOCAL'
  | 'DYNPTR_TYPE_RINGBUF';

/** Names the kernel has for a base with modifiers; `argKind` and `retKind` take them apart. */
export type ArgAlias =
  | 'ARG_PTR_TO_MAP_VALUE_OR_NULL'
  | 'ARG_PTR_TO_MEM_OR_NULL'
  | 'ARG_PTR_TO_CTX_OR_NULL'
  | 'ARG_PTR_TO_SOCKET_OR_NULL'
  | 'ARG_PTR_TO_STACK_OR_NULL'
  | 'ARG_PTR_TO_BTF_ID_OR_NULL'
  | 'ARG_PTR_TO_UNINIT_MEM'
  | 'ARG_PTR_TO_FIXED_SIZE_MEM';

export type RetAlias =
  | 'RET_PTR_TO_MAP_VALUE_OR_NULL'
  | 'RET_PTR_TO_SOCKET_OR_NULL'
  | 'RET_PTR_TO_TCP_SOCK_OR_NULL'
  | 'RET_PTR_TO_SOCK_COMMON_OR_NULL'
  | 'RET_PTR_TO_RINGBUF_MEM_OR_NULL'
  | 'RET_PTR_TO_DYNPTR_MEM_OR_NULL'
  | 'RET_PTR_TO_BTF_ID_OR_NULL'
  | 'RET_PTR_TO_BTF_ID_TRUSTED';

/** An argument kind as bpf_func_proto has it: `ARG_PTR_TO_MEM|MEM_RDONLY`. */
export type ArgKind = ArgBase | ArgAlias | `${ArgBase | ArgAlias}|${string}`;
/** A return kind as bpf_func_proto has it. */
export type RetKind = RetBase | RetAlias | `${RetBase | RetAlias}|${string}`;

/** Position of an argument, counted from 1 as in `arg2_btf_id` and R2. */
type ArgNumber = 1 | 2 | 3 | 4 | 5;

/** What may differ between the prototypes of one helper; undefined means as in the row. */
export interface HelperVariant {
  /** Where this prototype holds. */
  readonly for: readonly HelperHook[];
  /** Only for programs loaded with BPF_F_SLEEPABLE. */
  readonly sleepable?: true;
  readonly args?: readonly ArgKind[];
  readonly ret?: RetKind;
  readonly gplOnly?: boolean;
  readonly pktAccess?: boolean;
  readonly mightSleep?: boolean;
  readonly fastcall?: boolean;
  readonly argBtf?: Readonly<Partial<Record<ArgNumber, string>>>;
  readonly allowed?: string;
}

/**
 * A prog type (`xdp`), a set of them (`@tc`), or one kind of attachment of a prog type (`cgroup_sock_addr/cgroup_inet4_bind`,
 * `tracing/trace_iter:tcp` for the iterator over TCP sockets). Lower-case names of the uapi enums without their prefix.
 */
export type HelperHook = string;

export interface HelperRow {
  /** BPF_FUNC_ number, the imm of the call insn. */
  readonly id: number;
  /** Kinds of R1 to R5 as in the kernel's bpf_func_proto; ARG_DONTCARE where the function reads a register nobody checks. */
  readonly args: readonly ArgKind[];
  readonly ret: RetKind;
  /** Parameter names, parallel to `args`. */
  readonly params: readonly string[];
  /**
   * C types, parallel to `args`: of integers the type that the kernel function reads (so its width and sign),
   * of pointers the type in the uapi prototype.
   */
  readonly ctypes: readonly string[];
  /** C type of the result in the uapi prototype; `long` holds an int (0, a count or -errno), sign-extended to 64 bits. */
  readonly rtype: string;
  /** Callable only from programs with a GPL-compatible license. */
  readonly gplOnly: boolean;
  /** The memory arguments may be packet pointers. */
  readonly pktAccess?: true;
  /** Refused in non-sleepable programs. */
  readonly mightSleep?: true;
  /** Follows the bpf_fastcall contract (touches R0 and its arguments only). */
  readonly fastcall?: true;
  /** Kernel struct that an ARG_PTR_TO_BTF_ID argument must point to, by argument number. */
  readonly argBtf?: Readonly<Partial<Record<ArgNumber, string>>>;
  /** Bytes behind a MEM_FIXED_SIZE argument, by argument number. */
  readonly argSize?: Readonly<Partial<Record<ArgNumber, number>>>;
  /** Kernel struct behind a RET_PTR_TO_BTF_ID or RET_PTR_TO_MEM_OR_BTF_ID result. */
  readonly retBtf?: string;
  /** The kernel's predicate over the program that must hold in addition ("helper call is not allowed in probe"). */
  readonly allowed?: string;
  /** First release with this helper. */
  readonly since: string;
  /** Capability without which the helper is unknown to the program. */
  readonly cap?: 'bpf' | 'perfmon';
  /** Which programs may call it (6.12); `helperAllowed` expands it. */
  readonly progs: 'all' | readonly (HelperHook | `@${ProgSetName}`)[];
  /** Kernel option without which the helper does not exist; the profile's kernel is built without those named here. */
  readonly config?: string;
  /** Prototypes that differ by program; the first that fits holds. */
  readonly variants?: readonly HelperVariant[];
}

export type HelperTable = Readonly<Record<`bpf_${string}`, HelperRow>>;
