/** `may_goto`: a loop that the kernel ends when it has run too long. */
import type { Insn } from '../../isa/insn.ts';
import type { Env, Err } from '../env.ts';
import { reject } from '../env.ts';
import { pushStack } from '../explore/stack.ts';
import { findPrevEntry, widenImpreciseScalars } from '../explore/widen.ts';

/** Both ways are walked; the one that goes on loses what changes from round to round. */
export function checkMayGoto(env: Env, insn: Insn): Err {
  const { cur } = env;
  if (insn.defect) return reject(env, 'may-goto-imm', { imm: insn.imm });
  const prev = cur.parent ? findPrevEntry(env, cur.parent, env.insn_idx) : undefined;
  const queued = pushStack(env, env.insn_idx + 1, env.insn_idx);
  if (typeof queued === 'number') return queued;
  queued.may_goto_depth++;
  if (prev) widenImpreciseScalars(env, prev, queued);
  env.insn_idx += insn.off;
  return 0;
}
