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

/** @kernel check_max_stack_depth */
export function checkMaxStackDepth(env: Env): Err {
  const { subprogs, insns } = env;
  const calls: { readonly behind: number; readonly subprog: number }[] = [];
  let subprog = 0;
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
  for (let i = 0; ; ) {
    const end = subprogs[subprog + 1]!.start;
    for (; i < end; i++) {
      const { row, imm } = insns[i]!;
      if (row?.kind !== 'call' || row.target !== 'local') continue;
      calls.push({ behind: i + 1, subprog });
      subprog = findSubprog(env, i + imm + 1);
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
