/** How much stack the deepest chain of calls takes. */
import type { Env, Err } from '../env.ts';
import { lifted, reject } from '../env.ts';
import { findSubprog } from '../structure/subprogs.ts';

const MAX_STACK = 512;
const TAIL_CALL_STACK = 256;
const MAX_CALL_FRAMES = 8;
/** The JIT's granularity. */
const ROUND = 16;

const rounded = (depth: number): number => Math.ceil(depth / ROUND) * ROUND;

/** The function that an insn calls, or whose address it takes for a helper that calls it. */
function calledSubprog(env: Env, i: number): { readonly subprog: number; readonly direct: boolean } | undefined {
  const { row, imm } = env.insns[i]!;
  const direct = row?.kind === 'call' && row.target === 'local';
  if (!direct && !(row?.kind === 'ld_imm64' && row.pseudo === 'func')) return undefined;
  return { subprog: findSubprog(env, i + imm + 1), direct };
}

/** @kernel check_max_stack_depth_subprog */
function checkDepthFrom(env: Env, first: number): Err {
  const { subprogs } = env;
  const calls: { readonly behind: number; readonly subprog: number }[] = [];
  let subprog = first;
  let depth = 0;
  const enter = (): Err => {
    const s = subprogs[subprog]!;
    if (subprog !== 0 && s.has_tail_call && depth >= TAIL_CALL_STACK) return reject(env, 'depth-tail-call', { depth });
    depth += rounded(s.stack_depth);
    return depth > MAX_STACK && !lifted(env, 'stack-limit')
      ? reject(env, 'depth-too-large', { frames: calls.length + 1, depth })
      : 0;
  };
  let err = enter();
  if (err) return err;
  for (let i = subprogs[first]!.start; ; ) {
    const end = subprogs[subprog + 1]!.start;
    for (; i < end; i++) {
      const callee = calledSubprog(env, i);
      // What runs later has a stack of its own.
      if (!callee || (subprogs[callee.subprog]!.is_async_cb && !callee.direct)) continue;
      calls.push({ behind: i + 1, subprog });
      ({ subprog } = callee);
      if (calls.length >= MAX_CALL_FRAMES) return reject(env, 'depth-frames', { n: calls.length });
      i = subprogs[subprog]!.start;
      err = enter();
      if (err) return err;
      break;
    }
    if (i < subprogs[subprog + 1]!.start) continue;
    const back = calls.pop();
    if (!back) return 0;
    depth -= rounded(subprogs[subprog]!.stack_depth);
    i = back.behind;
    subprog = back.subprog;
  }
}

/** @kernel check_max_stack_depth */
export function checkMaxStackDepth(env: Env): Err {
  for (let i = 0; i < env.subprogs.length - 1; i++) {
    const err = i === 0 || env.subprogs[i]!.is_async_cb ? checkDepthFrom(env, i) : 0;
    if (err) return err;
  }
  return 0;
}
