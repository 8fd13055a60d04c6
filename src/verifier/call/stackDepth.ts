/** How much stack the deepest chain of calls takes. */
import { HELPERS } from '../../spec/helpers/index.ts';
import type { Env, Err } from '../env.ts';
import { lifted, reject } from '../env.ts';
import { isCall } from '../program.ts';
import { findSubprog } from '../structure/subprogs.ts';

const MAX_STACK = 512;
const TAIL_CALL_STACK = 256;
const MAX_CALL_FRAMES = 8;
/** The JIT's granularity. */
const ROUND = 16;
const WORD = 8;
/** What a bpf_loop that is written out, and a counter of may_goto, keep on the stack. */
const LOOP_STACK = 3 * WORD;

const rounded = (depth: number, to: number): number => Math.ceil(depth / to) * to;

/** The subprogram that an insn calls, or whose address it takes, when it adds to the stack. */
function calleeOf(env: Env, i: number): number | undefined {
  const insn = env.insns[i]!;
  const direct = isCall(insn, 'local');
  if (!direct && !(insn.row?.kind === 'ld_imm64' && insn.row.pseudo === 'func')) return undefined;
  const callee = findSubprog(env, i + insn.imm + 1);
  // Callbacks that run later have a stack of their own.
  return !direct && env.subprogs[callee]!.is_async_cb ? undefined : callee;
}

/** One chain of calls, walked frame by frame. */
class Chain {
  readonly #env: Env;
  readonly #callers: number[] = [];
  /** Functions that were fine at a depth and number of callers. */
  readonly #walked = new Set<string>();
  #depth = 0;
  constructor(env: Env) {
    this.#env = env;
  }

  /** A function on top of its callers, and everything that it calls. */
  walk(idx: number): Err {
    const { subprogs } = this.#env;
    const sub = subprogs[idx]!;
    const place = `${idx} ${this.#depth} ${this.#callers.length}`;
    if (this.#walked.has(place)) return 0;
    if (idx !== 0 && sub.has_tail_call && this.#depth >= TAIL_CALL_STACK) {
      return reject(this.#env, 'depth-tail-call', { depth: this.#depth });
    }
    const own = rounded(sub.stack_depth, ROUND);
    this.#depth += own;
    if (this.#depth > MAX_STACK && !lifted(this.#env, 'stack-limit')) {
      return reject(this.#env, 'depth-too-large', { frames: this.#callers.length + 1, depth: this.#depth });
    }
    let reachable = false;
    for (let i = sub.start; i < subprogs[idx + 1]!.start; i++) {
      const callee = calleeOf(this.#env, i);
      if (callee === undefined) continue;
      this.#callers.push(idx);
      if (this.#callers.length >= MAX_CALL_FRAMES) {
        return reject(this.#env, 'depth-frames', { n: this.#callers.length });
      }
      const err = this.walk(callee);
      if (err) return err;
      this.#callers.pop();
      reachable ||= subprogs[callee]!.has_tail_call || subprogs[callee]!.tail_call_reachable;
    }
    sub.tail_call_reachable ||= reachable;
    this.#depth -= own;
    this.#walked.add(place);
    return 0;
  }
}

/** @kernel check_max_stack_depth */
export function checkMaxStackDepth(env: Env): Err {
  for (let i = 0; i < env.subprogs.length - 1; i++) {
    const err = i === 0 || env.subprogs[i]!.is_async_cb ? new Chain(env).walk(i) : 0;
    if (err) return err;
  }
  return 0;
}

/** What code that the kernel adds keeps on a function's stack. @kernel optimize_bpf_loop, @kernel do_misc_fixups */
export function addedStack(env: Env): void {
  for (const [s, sub] of env.subprogs.slice(0, -1).entries()) {
    let [loop, counter] = [false, false];
    for (let i = sub.start; i < env.subprogs[s + 1]!.start; i++) {
      const [{ row, imm }, aux] = [env.insns[i]!, env.aux[i]!];
      if (!aux.seen) continue;
      if (row?.kind === 'may_goto') counter = true;
      const helper = row?.kind === 'call' && row.target === 'helper';
      if (helper && imm === HELPERS.bpf_loop.id && typeof aux.loop_inline === 'number') loop = true;
    }
    if (loop) sub.stack_depth = rounded(sub.stack_depth, WORD) + LOOP_STACK;
    if (counter) sub.stack_depth += WORD;
  }
}

/** Subprograms of which nothing was walked are removed. @kernel opt_remove_dead_code */
export function removeDeadSubprogs(env: Env): void {
  const { subprogs } = env;
  env.subprogs = subprogs.filter((sub, i) => {
    const next = subprogs[i + 1];
    return !next || env.aux.slice(sub.start, next.start).some((a) => a.seen);
  });
}
