/** One program through the verifier: an object that works in slices and ends with a verdict, or with what it does not cover. */

import type { KernelTypes } from '../btf/kernelBtf.ts';
import { makeInsn } from '../isa/codec.ts';
import { insnText } from '../isa/disasm.ts';
import type { Insn, Slot } from '../isa/insn.ts';
import { ERRNO } from '../spec/errno.ts';
import { helperName } from '../spec/helpers/index.ts';
import type { KernelName } from '../spec/profiles.ts';
import { DEFAULT_KERNEL, kernelProfile } from '../spec/profiles.ts';
import type { ProgRequest } from '../spec/request.ts';
import type { RuleName } from '../spec/rules.ts';
import { convertCtxAccesses } from './access/sock.ts';
import { addedStack, checkMaxStackDepth, removeDeadSubprogs } from './call/stackDepth.ts';
import type { Env, Err } from './env.ts';
import { NOT_COVERED, notCovered, reject, verbose } from './env.ts';
import { Backtrack } from './explore/backtrack.ts';
import { Walk } from './explore/loop.ts';
import { progFacts } from './facts.ts';
import { checkLoad } from './load.ts';
import { printStats } from './log/events.ts';
import { type LogSink, makeSink } from './log/sink.ts';
import type { MapInfo } from './maps.ts';
import { familyRow, isCall, slotInsns } from './program.ts';
import type { Recorder } from './recorder.ts';
import type { SetupFailure, Verification, VerifyStats } from './result.ts';
import { judge, NO_STATS, statsOf } from './result.ts';
import { newState } from './state.ts';
import { checkAttachBtfId } from './structure/attach.ts';
import type { TargetProg } from './structure/attachProg.ts';
import { checkBtfInfo, checkBtfInfoEarly } from './structure/btfInfo.ts';
import { checkCfg } from './structure/cfg.ts';
import { removeDeadCode } from './structure/deadCode.ts';
import { markFastcallPatterns, removeFastcallSpillsFills } from './structure/fastcall.ts';
import type { Linked } from './structure/kfuncs.ts';
import { kfuncName, linkKfuncs } from './structure/kfuncs.ts';
import { noProgInfo } from './structure/progInfo.ts';
import type { MapOfSlot } from './structure/pseudo.ts';
import { resolvePseudo } from './structure/pseudo.ts';
import { addSubprogs, checkSubprogs, subprogIsGlobal, subprogName } from './structure/subprogs.ts';

export interface VerifyInput {
  readonly request: ProgRequest;
  /** The raw insns. */
  readonly bytes: Uint8Array;
  /** Maps of the request, in its order. */
  readonly maps: readonly MapInfo[];
  readonly logLevel: number;
  /** Where the log goes; default: all of it is kept. */
  readonly log?: LogSink;
  /** Types of the kernel that the program is loaded into. */
  readonly types: KernelTypes;
  /** Watches the walk. */
  readonly recorder?: Recorder;
  /** The kernel whose verdict is wanted; the default is the one that is covered in full. */
  readonly kernel?: KernelName;
  /** Rules that a what-if lifts. */
  readonly allow?: ReadonlySet<RuleName>;
  /** The program that this one is attached to. */
  readonly target?: VerifyInput | SetupFailure;
}

function makeEnv(input: VerifyInput, linked: Linked, facts: NonNullable<ReturnType<typeof progFacts>>): Env {
  const { insns, fd_array } = linked;
  const env: Env = {
    recorder: input.recorder,
    insns,
    aux: insns.map(() => ({
      seen: false,
      prune_point: false,
      jmp_point: false,
      force_checkpoint: false,
      ptr: undefined,
      map: undefined,
      calls_callback: false,
      is_iter_next: false,
      loop_inline: undefined,
      fastcall_pattern: false,
      fastcall_spills_num: 0,
      btf_var: undefined,
    })),
    facts,
    maps: input.maps,
    log: input.log ?? makeSink(input.logLevel),
    subprogs: [],
    cur: newState(),
    stack: [],
    explored: new Map(),
    insn_idx: 0,
    prev_insn_idx: -1,
    id_gen: 0,
    bt: new Backtrack(),
    immediates: new Map(),
    cur_hist_ent: undefined,
    insn_processed: 0,
    prev_insn_processed: 0,
    jmps_processed: 0,
    prev_jmps_processed: 0,
    max_states_per_insn: 0,
    total_states: 0,
    peak_states: 0,
    longest_mark_read_walk: 0,
    scratchedRegs: 0,
    scratchedSlots: new Uint8Array(64),
    anySlotScratched: false,
    prev_log_pos: 0,
    prev_insn_print_pos: 0,
    lifted: new Set(),
    rejection: undefined,
    missing: undefined,
    seen_direct_write: false,
    types: input.types,
    fd_array,
    kfuncs: new Map(),
    attach: undefined,
    has_callchain_buf: false,
    ...noProgInfo(),
    insnText: (idx) => insnLine(env, idx),
  };
  return env;
}

/** Insns with fields that must be zero print as if they were. */
function printable(insn: Insn): Insn {
  if (insn.row) return insn;
  const family = familyRow(insn);
  if (!family) return insn;
  if (family.kind === 'alu' && family.operand === 'none') return makeInsn({ ...slotOf(insn), src: 0, off: 0 });
  if (family.kind === 'alu' || family.kind === 'ld_imm64') return makeInsn({ ...slotOf(insn), off: 0 }, insn.next);
  if (family.kind === 'atomic') return insn;
  if (family.kind !== 'call') return makeInsn({ ...slotOf(insn), ...family.fixed });
  const src = isCall(insn, 'local') ? insn.src : 0;
  return makeInsn({ code: insn.code, dst: 0, src, off: 0, imm: insn.imm });
}

function slotOf({ code, dst, src, off, imm }: Insn): Slot {
  return { code, dst, src, off, imm };
}

/** `(b7) r0 = 1`, with the names of helpers and without the addresses of maps. */
function insnLine(env: Env, idx: number): string {
  const insn = env.insns[idx]!;
  const code = insn.code.toString(16).padStart(2, '0');
  if (!insn.row && familyRow(insn)?.kind === 'atomic') return `BUG_${code}`;
  const { map, btf_var } = env.aux[idx]!;
  const text = insnText(printable(insn), 'kernel', {
    helper: (id) => helperName(id) ?? (insn.src > 2 ? 'unknown' : undefined),
    kfunc: () => kfuncName(env, insn),
    ...(map && { imm64: () => '0xffff888000000000' }),
    ...(btf_var && { imm64: () => `0x${btf_var.address.toString(16)}` }),
  });
  return `(${code}) ${text}`;
}

/** Which map each slot means, as the request's relocations say. */
function mapOfSlot(input: VerifyInput): MapOfSlot {
  const relocs = input.request.map_relocs && new Map(input.request.map_relocs);
  return (slot, insn) => {
    if (insn.src >= 5) return input.maps[insn.imm];
    const index = relocs ? relocs.get(slot) : insn.imm;
    return index === undefined ? undefined : input.maps[index];
  };
}

/** @kernel fixup_kfunc_call */
function unresolvedKfunc(env: Env): Err {
  const left = env.insns.some((insn, i) => isCall(insn, 'kfunc') && insn.imm === 0 && env.aux[i]!.seen);
  return left ? reject(env, 'kfunc-zero') : 0;
}

/** Verification of one program. */
export class Verifier {
  readonly #input: VerifyInput;
  #env: Env | undefined;
  #walk: Walk | undefined;
  #subprog = 0;
  #result: Verification | undefined;
  #targetVerifier: Verifier | undefined;
  #target: TargetProg | undefined;

  constructor(input: VerifyInput) {
    this.#input = input;
  }

  /** What has been done so far, for progress and limits. */
  get stats(): VerifyStats {
    return this.#env ? statsOf(this.#env) : NO_STATS;
  }

  /** Walks at most `budget` insns; the verification when it has ended. */
  advance(budget: number): Verification | undefined {
    if (this.#result) return this.#result;
    if (this.#input.target && !this.#target) {
      const end = this.#advanceTarget(this.#input.target, budget);
      if (end !== 'ready') return end;
    }
    if (!this.#walk) {
      const err = this.#prepare();
      if (err !== 0) return this.#finish(err);
    }
    const err = this.#walk!.advance(budget);
    if (err === 1) return undefined;
    const env = this.#env!;
    if (err === 0 && (env.log.level & 2) === 0) env.log.reset(0);
    if (err !== 0) return this.#finish(err, env.insn_idx);
    const next = this.#nextGlobal();
    if (next !== undefined) {
      const begun = this.#walk!.start(next);
      return begun ? this.#finish(begun) : undefined;
    }
    return this.#finish(this.#fixups());
  }

  /** What follows the walk. The end of bpf_check. */
  #fixups(): Err {
    const env = this.#env!;
    removeFastcallSpillsFills(env);
    const err = checkMaxStackDepth(env);
    if (err) return err;
    addedStack(env);
    removeDeadSubprogs(env);
    return convertCtxAccesses(env) || unresolvedKfunc(env) || removeDeadCode(env);
  }

  /** What others may be attached to, once it is accepted. */
  get asTarget(): TargetProg {
    const { btf, func_info, func_info_aux, facts, subprogs } = this.#env!;
    return { btf, func_info, func_info_aux, facts, subprogs };
  }

  /** The program to attach to is loaded first; when it is refused, so is the request. */
  #advanceTarget(target: VerifyInput | SetupFailure, budget: number): Verification | 'ready' | undefined {
    const refused = (errno: number): Verification => {
      const setup: SetupFailure = { stage: 'attach_prog', errno, whole: true };
      return { verdict: 'reject', errno, setup, log: '', insns: 0, stats: NO_STATS, lifted: [] };
    };
    if ('stage' in target) {
      this.#result = refused(target.errno);
      return this.#result;
    }
    this.#targetVerifier ??= new Verifier(target);
    const end = this.#targetVerifier.advance(budget);
    if (!end) return undefined;
    if (end.verdict === 'accept') {
      this.#target = this.#targetVerifier.asTarget;
      return 'ready';
    }
    this.#result = end.verdict === 'not_covered' ? end : refused(end.errno);
    return this.#result;
  }

  /** The walked function was fine; the next global function that was called and not walked. @kernel do_check_subprogs */
  #nextGlobal(): number | undefined {
    const env = this.#env!;
    if (env.func_info.length === 0) return undefined;
    if (this.#subprog > 0) {
      env.subprogs[this.#subprog]!.verified = true;
      const name = subprogName(env, this.#subprog);
      if (env.log.level & 3)
        verbose(env, `Func#${this.#subprog} ('${name}') is safe for any args that match its prototype\n`);
    }
    const count = env.subprogs.length - 1;
    const wants = (i: number): boolean => {
      const s = env.subprogs[i]!;
      return subprogIsGlobal(env, i) && s.called && !s.verified;
    };
    for (let k = 1; k <= count; k++) {
      // In rounds over all functions, as long as a round finds one.
      const i = ((this.#subprog + k - 1) % count) + 1;
      if (i < count && wants(i)) {
        this.#subprog = i;
        return i;
      }
    }
    return undefined;
  }

  /** All checks before the walk. @kernel bpf_check */
  #prepare(): Err {
    const { request, bytes } = this.#input;
    const count = Math.floor(bytes.length / 8);
    const kernel = kernelProfile(this.#input.kernel ?? DEFAULT_KERNEL);
    const facts = progFacts(request, { kernel, ...(this.#input.allow && { allow: this.#input.allow }) });
    const refused = request.unpriv || request.caps ? 0 : checkLoad(request, count, this.#input.logLevel);
    if (refused !== 0) return this.#early(refused);
    if (!facts || count === 0) return this.#early(facts ? ERRNO.E2BIG : ERRNO.EINVAL);
    const linked = linkKfuncs(slotInsns(bytes), request, this.#input.maps.length, this.#input.types);
    const env = makeEnv(this.#input, linked, facts);
    this.#env = env;
    if (request.unpriv || request.caps) return notCovered(env, 'unprivileged loading');
    if (linked.missing !== undefined) return notCovered(env, `kernel symbol ${linked.missing}, which is in no BTF`);
    const err =
      checkBtfInfoEarly(env, request) ||
      addSubprogs(env) ||
      checkSubprogs(env) ||
      checkBtfInfo(env, request) ||
      resolvePseudo(env, mapOfSlot(this.#input)) ||
      checkCfg(env) ||
      checkAttachBtfId(env, request, this.#target);
    if (err) return err;
    markFastcallPatterns(env);
    this.#walk = new Walk(env);
    return this.#walk.start(0);
  }

  #early(errno: number): Err {
    this.#result = { verdict: 'reject', errno, log: '', insns: 0, stats: NO_STATS, lifted: [] };
    return -errno;
  }

  /** `at` is the insn that the walk was at. */
  #finish(err: Err, at?: number): Verification {
    if (this.#result) return this.#result;
    const env = this.#env!;
    if (err !== NOT_COVERED && env.missing === undefined) printStats(env);
    this.#result = judge(env, err, at);
    return this.#result;
  }
}
