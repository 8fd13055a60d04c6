/** What one verification works with: the program, its facts, the log and the counters of the closing line. */
import type { KernelBtf, KernelTypes } from '../btf/kernelBtf.ts';
import type { Insn } from '../isa/insn.ts';
import { ERRNO } from '../spec/errno.ts';
import type { HelperCaller } from '../spec/helpers/availability.ts';
import type { KernelProfile } from '../spec/profiles.ts';
import type { RuleName } from '../spec/rules.ts';
import type { Backtrack } from './explore/backtrack.ts';
import type { LogSink } from './log/sink.ts';
import type { MapInfo } from './maps.ts';
import type { VerifierMessage } from './messages/row.ts';
import type { VerifierCode } from './messages.ts';
import { VERIFIER_MESSAGES } from './messages.ts';
import type { Recorder } from './recorder.ts';
import type { HistEntry, State } from './state.ts';
import type { ProgInfo } from './structure/progInfo.ts';
import type { Reg, RegType } from './value/reg.ts';

/** 0 and above: go on; below: a negated errno, or NOT_COVERED. */
export type Err = number;

/** The verifier met something that is not implemented, so that it has no verdict. */
export const NOT_COVERED = -1_000_000;

export interface Subprog {
  readonly start: number;
  stack_depth: number;
  has_tail_call: boolean;
  has_ld_abs: boolean;
  /** Tail calls are reachable from here, so that the tail call counter is passed on. */
  tail_call_reachable: boolean;
  is_cb: boolean;
  is_async_cb: boolean;
  changes_pkt_data: boolean;
  /** A global function that was called, and one that was walked. */
  called: boolean;
  verified: boolean;
  /** Lowest stack offset that only spills around bpf_fastcall calls use. */
  fastcall_stack_off: number;
  keep_fastcall_stack: boolean;
}

/** What is known of an insn over all paths (insn_aux_data). */
interface InsnAux {
  seen: boolean;
  prune_point: boolean;
  jmp_point: boolean;
  force_checkpoint: boolean;
  /** Kind of pointer that a load or store went through. */
  ptr: { readonly type: RegType; readonly flags: number; readonly mismatchOk: boolean } | undefined;
  map: { readonly map: MapInfo; readonly off: number | undefined } | undefined;
  /** The call runs a callback before it returns. */
  calls_callback: boolean;
  is_iter_next: boolean;
  /** Callback of a bpf_loop call that can be written out in place. */
  loop_inline: number | 'never' | undefined;
  /** Part of the spills and fills around a call of a bpf_fastcall helper: so many of them. */
  fastcall_pattern: boolean;
  fastcall_spills_num: number;
  /** Kernel variable that a 64-bit immediate stands for. */
  btf_var:
    | {
        readonly btf: KernelBtf;
        readonly btf_id: number;
        readonly type: RegType;
        readonly flags: number;
        readonly mem_size: number;
        /** What the log shows as the immediate. */
        readonly address: bigint;
      }
    | undefined;
}

/** A kernel function that the program calls. */
interface KfuncDesc {
  readonly name: string;
  readonly btf: KernelBtf;
  /** Id of its FUNC. */
  readonly func_id: number;
}

/** What a tracing, LSM or freplace program is attached to (attach_btf_id). */
export interface AttachTarget {
  readonly btf: KernelBtf;
  readonly btf_id: number;
  /** Name of the function, without the prefixes of typedefs of tracepoints. */
  readonly name: string;
  /** Id of the FUNC_PROTO. */
  readonly proto_id: number;
  /** The BPF program that is traced or replaced. */
  readonly prog:
    | { readonly progType: string; readonly attachType: string | undefined; readonly subprog: number }
    | undefined;
}

/** A remembered state with how often it helped. */
export interface StateListEntry {
  readonly state: State;
  hit_cnt: number;
  miss_cnt: number;
}

interface StackElem {
  readonly state: State;
  readonly insn_idx: number;
  readonly prev_insn_idx: number;
  readonly log_pos: number;
}

export interface ProgFacts {
  readonly caller: HelperCaller;
  readonly progType: string;
  readonly attachType: string | undefined;
  /** The load attribute, whatever the prog type makes of it. */
  readonly loadAttachType: string | undefined;
  readonly ctx: string;
  readonly gpl: boolean;
  readonly strictAlignment: boolean;
  readonly anyAlignment: boolean;
  readonly testStateFreq: boolean;
  readonly testRegInvariants: boolean;
  readonly sleepable: boolean;
  /** The program replaces a function of a program, whose facts these are. */
  readonly extends?: true;
  readonly kernel: KernelProfile;
  /** Rules that a what-if lifts. */
  readonly allow: ReadonlySet<RuleName>;
}

export interface Env extends ProgInfo {
  readonly recorder: Recorder | undefined;
  readonly insns: readonly Insn[];
  readonly aux: readonly InsnAux[];
  facts: ProgFacts;
  readonly maps: readonly MapInfo[];
  readonly log: LogSink;
  subprogs: Subprog[];
  cur: State;
  stack: StackElem[];
  explored: Map<number, StateListEntry[]>;
  insn_idx: number;
  prev_insn_idx: number;
  id_gen: number;
  /** Immediates that were met, as values. */
  readonly immediates: Map<number, Reg>;
  /** Scratch of precision tracking. */
  readonly bt: Backtrack;
  cur_hist_ent: HistEntry | undefined;
  insn_processed: number;
  prev_insn_processed: number;
  jmps_processed: number;
  prev_jmps_processed: number;
  max_states_per_insn: number;
  total_states: number;
  peak_states: number;
  longest_mark_read_walk: number;
  scratchedRegs: number;
  readonly scratchedSlots: Uint8Array;
  anySlotScratched: boolean;
  prev_log_pos: number;
  prev_insn_print_pos: number;
  /** Rules that were lifted where they would have rejected. */
  readonly lifted: Set<RuleName>;
  /** What `reject` said last. */
  rejection: Rejection | undefined;
  /** Why there is no verdict. */
  missing: string | undefined;
  /** Text of an insn as the log prints it. */
  readonly insnText: (idx: number) => string;
  seen_direct_write: boolean;
  /** BTF of the kernel and of its modules. */
  readonly types: KernelTypes;
  /** What calls of module functions may index by their offset; undefined when user space passes no fd_array. */
  readonly fd_array: readonly (KernelBtf | undefined)[] | undefined;
  /** Kernel functions by the insn that calls them. */
  kfuncs: Map<number, KfuncDesc>;
  attach: AttachTarget | undefined;
  /** Some helper walks the stack. */
  has_callchain_buf: boolean;
}

/** What a message names. */
export type MessageArgs = Readonly<Record<string, string | number | bigint>>;

/** A rejection as data: the message's code and what it names. */
export interface Rejection {
  readonly code: VerifierCode;
  readonly args: MessageArgs;
}

/** Whether a what-if lifts this rule; asked only where the rule rejects, so that the answer can name the rules that mattered. */
export function lifted(env: Env, rule: RuleName): boolean {
  if (!env.facts.allow.has(rule)) return false;
  env.lifted.add(rule);
  return true;
}

/** Ends the walk without a verdict. */
export function notCovered(env: Env, what: string): Err {
  env.missing ??= what;
  return NOT_COVERED;
}

/** Writes to the log; callers build text only when `env.log.level` is not 0. */
export function verbose(env: Env, text: string): void {
  if (env.log.level !== 0) env.log.write(text);
}

/** A rejection: its line goes to the log, its errno is the result. */
export function reject(env: Env, code: VerifierCode, args: MessageArgs = {}): Err {
  const { errno, text, open }: VerifierMessage = VERIFIER_MESSAGES[code];
  env.rejection = { code, args };
  if (env.log.level !== 0) {
    env.log.write(text.replace(/\{(\w+)\}/g, (_, name: string) => String(args[name])) + (open ? '' : '\n'));
  }
  return -ERRNO[errno];
}

export function markRegScratched(env: Env, regno: number): void {
  env.scratchedRegs |= 1 << regno;
}

export function markSlotScratched(env: Env, spi: number): void {
  env.scratchedSlots[spi] = 1;
  env.anySlotScratched = true;
}

/** The next print shows everything. @kernel mark_verifier_state_scratched */
export function markAllScratched(env: Env): void {
  env.scratchedRegs = 0x7ff;
  env.scratchedSlots.fill(1);
  env.anySlotScratched = true;
}

export function newId(env: Env): number {
  return ++env.id_gen;
}
