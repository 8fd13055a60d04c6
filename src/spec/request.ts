/**
 * The load request and its answer: what user space passes to bpf(2) for one or several programs, their maps and test runs,
 * and what the kernel says. One JSON object each, shared by assembler, verifier, runner and the referee that boots a kernel.
 * All byte strings are hexadecimal text, white space allowed.
 */

/** A byte string as hex, or several to be joined. */
export type Hex = string;

/** Names of the BPF_F_* flags of BPF_PROG_LOAD. */
export type ProgFlag =
  | 'strict_alignment'
  | 'any_alignment'
  | 'test_rnd_hi32'
  | 'test_state_freq'
  | 'sleepable'
  | 'xdp_has_frags'
  | 'test_reg_invariants';

/** One bpf(BPF_MAP_UPDATE_ELEM) before the programs run; exactly one of the value fields. */
export interface MapUpdate {
  readonly key: Hex;
  readonly value?: Hex;
  /** Index of the map of this request to put in. */
  readonly value_map?: number;
  /** Index into `listen`: the socket to put in, which a descriptor would name. Only the simulation takes it. */
  readonly value_socket?: number;
  /** A program to load and put in. */
  readonly value_prog?: LoadRequest;
  /** Index into `progs` (0 without `progs`: the program itself); done after all programs are loaded. */
  readonly value_prog_index?: number;
  readonly flags?: number;
}

/** A map to create: BPF_MAP_CREATE; sizes in bytes. */
export interface MapRequest {
  readonly name?: string;
  /** `hash` … (a key of MAP_TYPES) or a number. */
  readonly type: string | number;
  readonly key_size: number;
  readonly value_size: number;
  readonly max_entries: number;
  readonly map_flags?: number;
  readonly map_extra?: number;
  /** Index of the map that is the template of the inner maps. */
  readonly inner_map?: number;
  readonly btf?: Hex;
  readonly btf_key_type_id?: number;
  readonly btf_value_type_id?: number;
  /** Name of the vmlinux struct of a struct_ops map. */
  readonly btf_vmlinux_value_type?: string;
  readonly freeze?: boolean;
  /** A loader that pins maps shares this one by its name. bpf(2) never sees it. */
  readonly pinning?: 'by_name';
  readonly updates?: readonly MapUpdate[];
}

/** A kfunc call or ksym variable to be filled in by name. */
export interface BtfReloc {
  /** Index of the 8-byte insn slot. */
  readonly insn: number;
  readonly name: string;
  /** Or the number of the BTF kind: 12 for functions, 14 for variables. */
  readonly kind: 'func' | 'var' | number;
  readonly module?: string;
  readonly ld_imm64?: boolean;
  readonly optional?: boolean;
}

/** One BPF_PROG_TEST_RUN. */
export interface TestRunRequest {
  /** Index into `progs`, default 0. */
  readonly prog?: number;
  readonly data?: Hex;
  readonly ctx?: Hex;
  readonly repeat?: number;
  readonly flags?: number;
  readonly cpu?: number;
  readonly batch_size?: number;
  /** Bytes of room for data_out. */
  readonly out_size?: number;
  /** Bytes of room for ctx_out. */
  readonly ctx_out_size?: number;
}

/** Fields of one program, so of an entry of `progs` or of a request without them. */
export interface ProgRequest {
  readonly name?: string;
  /** The raw 8-byte insns. */
  readonly insns?: Hex | readonly Hex[];
  /** `xdp` … (a key of PROG_TYPES) or a number. */
  readonly prog_type?: string | number;
  /** A key of ATTACH_TYPES, a short form of one (`fentry`), or a number. */
  readonly expected_attach_type?: string | number;
  readonly license?: string;
  /** The load attribute; 15 characters at most. */
  readonly prog_name?: string;
  readonly kern_version?: number;
  readonly prog_ifindex?: number;
  readonly prog_flags?: number | readonly ProgFlag[];
  /** The kernel function, hook, tracepoint or iterator to attach to; its prefix in BTF is added, unless a kind is given. */
  readonly attach_btf_name?: string;
  readonly attach_btf_kind?: 'func' | 'struct' | 'typedef';
  readonly attach_btf_id?: number;
  /** Target of freplace, or of fentry and fexit on a program. */
  readonly attach_prog?: LoadRequest;
  /** `[insn slot, index of the map]`; absent: every ld_imm64 with src_reg 1 or 2 and imm below the number of maps. */
  readonly map_relocs?: readonly (readonly [insn: number, map: number])[];
  /** In a `value_prog` only: the same for the maps of the request around it. */
  readonly parent_relocs?: readonly (readonly [insn: number, map: number])[];
  readonly btf_relocs?: readonly BtfReloc[];
  readonly btf?: Hex;
  readonly func_info?: Hex;
  readonly func_info_rec_size?: number;
  readonly line_info?: Hex;
  readonly line_info_rec_size?: number;
  readonly core_relo?: Hex;
  readonly core_relo_rec_size?: number;
  /** 1, 2, 4 or sums. */
  readonly log_level?: number;
  readonly log_size?: number;
  /** Keep only so many bytes of the log. */
  readonly log_keep?: number;
  readonly timeout_ms?: number;
  /** Return the insns after the verifier's rewriting. */
  readonly want_xlated?: boolean;
  /** Pass fd_array although no insn needs it. */
  readonly use_fd_array?: boolean;
  /** Load without any capability. */
  readonly unpriv?: boolean;
  readonly caps?: readonly ('bpf' | 'net_admin' | 'perfmon' | 'sys_admin')[];
}

/** A socket to bind; `remote` and what follows is what only the simulation takes. */
export interface SocketRequest {
  readonly proto: 'tcp' | 'udp';
  readonly addr: string;
  readonly port: number;
  /** The far end: UDP is connected to it, TCP established. */
  readonly remote?: { readonly addr: string; readonly port: number };
  /** The connection was accepted by a listener of this node, not begun here. */
  readonly accepted?: boolean;
  readonly state?: 'listen' | 'established' | 'time_wait' | 'syn_recv';
  readonly v6only?: boolean;
  readonly reuseaddr?: boolean;
  readonly reuseport?: boolean;
  readonly ifindex?: number;
  readonly mark?: number;
  readonly priority?: number;
  readonly uid?: number;
  readonly backlog?: number;
  /** Members of the kernel's struct, by name. */
  readonly fields?: Readonly<Record<string, number>>;
}

/** Makes the maps, loads the program or programs, does the test runs in order. */
export interface LoadRequest extends ProgRequest {
  readonly maps?: readonly MapRequest[];
  /** Several programs over the same maps, instead of `insns`; what an entry lacks comes from the request. */
  readonly progs?: readonly ProgRequest[];
  readonly test_run?: TestRunRequest | readonly TestRunRequest[];
  /** The same, in files that also hold answers. */
  readonly test_run_in?: TestRunRequest | readonly TestRunRequest[];
  /** Read all maps after each run. */
  readonly dump_maps?: boolean;
  /** Shell commands that set up links, addresses and routes; the request then has a network namespace of its own. */
  readonly setup?: readonly string[];
  /** Sockets to bind (tcp ones listen) after the setup. */
  readonly listen?: readonly SocketRequest[];
}

/** What became of a request as a whole. */
export type Verdict = 'accept' | 'reject' | 'timeout' | 'setup_error' | 'guest_crash' | 'no_result';

/** How far a request came. */
export type Stage =
  | 'ok'
  | 'prog_load'
  | 'btf_load'
  | 'map_create'
  | 'resolve'
  | 'attach_prog'
  | 'request'
  | 'setup'
  | 'host_encode';

/** Elements of one map, sorted by the bytes of the key; of arrays only elements with a byte other than zero. Per-CPU types have one value for each CPU. */
export type MapDump = readonly (readonly [key: Hex, value: Hex | readonly Hex[]])[];

/** The answer to one BPF_PROG_TEST_RUN. */
export interface TestRunResult {
  /** Index of the program, in requests with `progs`. */
  readonly prog?: number;
  /** Positive errno of the syscall, 0 when it succeeded. */
  readonly errno: number;
  readonly retval: number;
  /** Mean nanoseconds per run; differs from machine to machine. */
  readonly duration?: number;
  readonly data_out?: Hex;
  readonly ctx_out?: Hex;
  readonly maps?: Readonly<Record<string, MapDump>>;
  /** A dump was cut; `maps_total` then has the number of elements of those maps. */
  readonly truncated?: true;
  readonly maps_total?: Readonly<Record<string, number>>;
}

/** What became of one program. */
export interface ProgResult {
  readonly name?: string;
  readonly verdict: Verdict;
  readonly stage: Stage;
  /** Positive errno of the call that failed, 0 when none did. */
  readonly errno: number;
  readonly errname?: string;
  readonly log?: string;
  /** Bytes the whole log would take. */
  readonly log_true_size?: number;
  readonly btf_log?: string;
  readonly detail?: string;
  readonly notes?: readonly string[];
  /** The number of the closing line `processed N insns`. */
  readonly verified_insns?: number;
  readonly xlated_len?: number;
  readonly xlated?: Hex;
}

/** The answer; with `progs` its own verdict, stage and errno are those of the first program that was not accepted. */
export interface LoadResult extends ProgResult {
  readonly test_run?: readonly TestRunResult[];
  readonly progs?: readonly ProgResult[];
  readonly setup?: readonly { readonly cmd: string; readonly rc: number; readonly out: string }[];
}
