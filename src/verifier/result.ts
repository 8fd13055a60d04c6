/** How a verification ends: the verdict with its errno and log, the closing numbers, and what a what-if changed. */
import { helperInProfile } from '../spec/helpers/availability.ts';
import { helperName } from '../spec/helpers/index.ts';
import type { RuleName } from '../spec/rules.ts';
import type { Env, Err, Rejection } from './env.ts';
import { NOT_COVERED } from './env.ts';
import type { VerifierCode } from './messages.ts';

/** The numbers of the log's closing lines, as numbers. */
export interface VerifyStats {
  /** Insns walked over all paths (`processed N insns`). */
  readonly insns: number;
  readonly max_states_per_insn: number;
  readonly total_states: number;
  readonly peak_states: number;
  readonly mark_read: number;
  /** Bytes of stack of all functions together, as veristat adds them. */
  readonly stack_depth: number;
}

/** A request that does not get to its programs. */
export interface SetupFailure {
  readonly stage: 'btf_load' | 'map_create' | 'attach_prog';
  readonly errno: number;
  /** What the kernel says of a blob at level 1. */
  readonly btf_log?: string;
  readonly detail?: string;
  /** The request as a whole, and not only this program. */
  readonly whole: boolean;
}

/** What every end of a verification has. */
export interface VerificationEnd {
  /** The kernel's log at the level asked for; '' at level 0. */
  readonly log: string;
  /** Insns walked, as in `stats`. */
  readonly insns: number;
  readonly stats: VerifyStats;
  /** The lifted rules that would have rejected. */
  readonly lifted: readonly RuleName[];
}

/** The end of a verification. */
export type Verification =
  | (VerificationEnd & { readonly verdict: 'accept'; readonly errno: 0 })
  | (VerificationEnd & {
      readonly verdict: 'reject';
      readonly errno: number;
      /** Slot of the insn that was being checked; absent when the rejection is of the program as a whole. */
      readonly insn?: number;
      /** Where the request ended when it did not get to this program: its BTF or a map was refused. */
      readonly setup?: SetupFailure;
      /** Code and values of the message; absent where bpf(2) refuses the program without words. */
      readonly reason?: Rejection;
    })
  /** No verdict: the program uses something that is not implemented, or the kernel is not covered that far. */
  | (VerificationEnd & { readonly verdict: 'not_covered'; readonly what: string });

export const NO_STATS: VerifyStats = {
  insns: 0,
  max_states_per_insn: 0,
  total_states: 0,
  peak_states: 0,
  mark_read: 0,
  stack_depth: 0,
};

export function statsOf(env: Env): VerifyStats {
  return {
    insns: env.insn_processed,
    max_states_per_insn: env.max_states_per_insn,
    total_states: env.total_states,
    peak_states: env.peak_states,
    mark_read: env.longest_mark_read_walk,
    stack_depth: env.subprogs.reduce((sum, s) => sum + s.stack_depth, 0),
  };
}

/** Rejections that say which helpers a kernel offers. */
const OF_HELPERS: ReadonlySet<VerifierCode> = new Set([
  'helper-unknown',
  'helper-prog',
  'helper-prog-old',
  'helper-gpl',
]);

/** Calls of helpers that the kernel does not offer to such programs: of a kernel that is not covered in full they are named. */
function lackingText(env: Env): string {
  const { kernel, caller } = env.facts;
  if (kernel.covers === 'full') return '';
  const calls = env.insns.flatMap((insn, slot) => {
    const name = insn.row?.kind === 'call' && insn.row.target === 'helper' ? helperName(insn.imm) : undefined;
    return name !== undefined && helperInProfile(kernel, name, caller) === false ? [`${name} (insn ${slot})`] : [];
  });
  return calls.length === 0 ? '' : `; ${caller.progType} programs may not call ${calls.join(', ')} there`;
}

/** The verification that ends with `err`; `at` is the insn that the walk over the paths was at. */
export function judge(env: Env, err: Err, at: number | undefined): Verification {
  const ended = { log: env.log.text(), insns: env.insn_processed, stats: statsOf(env), lifted: [...env.lifted] };
  if (err === NOT_COVERED || env.missing !== undefined) {
    return { verdict: 'not_covered', what: `${env.missing ?? 'something'}${lackingText(env)}`, ...ended };
  }
  const { rejection, facts } = env;
  if (facts.kernel.covers !== 'full' && !(err !== 0 && rejection && OF_HELPERS.has(rejection.code))) {
    const what = `a verdict of Linux ${facts.kernel.release}: only its ${facts.kernel.covers} is covered${lackingText(env)}`;
    return { verdict: 'not_covered', what, ...ended, log: '' };
  }
  if (err === 0) return { verdict: 'accept', errno: 0, ...ended };
  const named = rejection?.args.insn ?? rejection?.args.from;
  const insn = at ?? (typeof named === 'number' ? named : undefined);
  return {
    verdict: 'reject',
    errno: -err,
    ...(insn !== undefined && { insn }),
    ...(rejection && { reason: rejection }),
    ...ended,
  };
}
