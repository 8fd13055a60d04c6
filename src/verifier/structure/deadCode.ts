/** What becomes of references to functions when the code that was never walked is removed. */
import type { Env, Err } from '../env.ts';

const EFAULT = -14;

/** Slots of insns that were walked; a 64-bit load has two. */
function walkedSlots(env: Env): boolean[] {
  const walked = env.insns.map((_, i) => env.aux[i]!.seen);
  for (const [i, insn] of env.insns.entries()) if (insn.row?.kind === 'ld_imm64' && walked[i]) walked[i + 1] = true;
  return walked;
}

interface Reference {
  at: number;
  target: number;
}

/** Callbacks whose address was loaded in code that was walked. */
function references(env: Env): Reference[] {
  return env.insns.flatMap((insn, at) => {
    const { row } = insn;
    const callback = row?.kind === 'ld_imm64' && row.pseudo === 'func' && env.aux[at]!.seen;
    return callback ? [{ at, target: at + insn.imm + 1 }] : [];
  });
}

/**
 * Takes the code out that no path reaches. A callback that was never called goes with it, while the load of its address stays and then
 * points at whatever follows: such a program fails unless that is a function again.
 * @kernel opt_remove_dead_code
 */
export function removeDeadCode(env: Env): Err {
  const walked = walkedSlots(env);
  if (walked.every(Boolean)) return 0;
  const refs = references(env);
  if (refs.length === 0) return 0;
  let starts = env.subprogs.slice(0, -1).map((s) => s.start);
  for (let pos = 0; pos < walked.length; pos++) {
    let end = pos;
    while (end < walked.length && !walked[end]) end++;
    if (end === pos) continue;
    const [first, count] = [pos, end - pos];
    walked.splice(first, count);
    const moved = (slot: number): number => (slot >= end ? slot - count : slot);
    for (const r of refs) {
      r.at = moved(r.at);
      r.target = moved(r.target);
    }
    // A function is gone when all of it is; one whose beginning is gone begins at what is left.
    const kept = starts.filter((s, i) => !(s >= first && s < end && (starts[i + 1] ?? walked.length + count) <= end));
    starts = kept.map((s) => (s >= end ? s - count : Math.min(s, s >= first ? first : s)));
  }
  // Nothing is looked up when one function is left.
  return starts.length <= 1 || refs.every((r) => starts.includes(r.target)) ? 0 : EFAULT;
}
