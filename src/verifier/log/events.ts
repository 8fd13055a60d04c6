/** The log's recurring pieces: states before and behind insns, and the closing line. */
import type { Env } from '../env.ts';
import { verbose } from '../env.ts';
import type { FuncState } from '../state.ts';
import { frameText } from './print.ts';

const COLUMN = 40;
const TAB = 8;
/** BPF_LOG_STATS. */
const STATS = 4;

export function scratched(env: Env): boolean {
  return env.scratchedRegs !== 0 || env.anySlotScratched;
}

function clean(env: Env): void {
  env.scratchedRegs = 0;
  if (env.anySlotScratched) env.scratchedSlots.fill(0);
  env.anySlotScratched = false;
}

/** All of a frame, without changing what counts as printed. */
export function printFrame(env: Env, f: FuncState): void {
  if (env.log.level !== 0) verbose(env, frameText(f));
}

/** What changed in a frame since the last print. @kernel print_verifier_state */
function printChanges(env: Env, f: FuncState): void {
  if (env.log.level === 0) return;
  const { scratchedRegs, scratchedSlots } = env;
  verbose(
    env,
    frameText(f, { reg: (r) => ((scratchedRegs >> r) & 1) !== 0, slot: (spi) => scratchedSlots[spi] === 1 }),
  );
  clean(env);
}

/** The changes behind the insn that was just printed, or on a line of their own. @kernel print_insn_state */
export function printInsnState(env: Env, f: FuncState): void {
  if ((env.log.level & 3) === 0) return;
  if (env.prev_log_pos !== 0 && env.prev_log_pos === env.log.end) {
    env.log.reset(env.prev_log_pos - 1);
    const pos = env.prev_insn_print_pos;
    const column = Math.ceil(Math.max(pos + TAB / 2, COLUMN) / TAB) * TAB;
    verbose(env, `${' '.repeat(column - pos - 1)};`);
  } else verbose(env, `${env.insn_idx}:`);
  printChanges(env, f);
}

/** @kernel print_verification_stats */
export function printStats(env: Env): void {
  if (env.log.level & STATS) {
    const depths = env.subprogs.slice(0, -1).map((s) => s.stack_depth);
    // There is no clock here.
    verbose(env, `verification time 0 usec\nstack depth ${depths.join('+')}\n`);
  }
  verbose(
    env,
    `processed ${env.insn_processed} insns (limit 1000000) max_states_per_insn ${env.max_states_per_insn} ` +
      `total_states ${env.total_states} peak_states ${env.peak_states} mark_read ${env.longest_mark_read_walk}\n`,
  );
}
