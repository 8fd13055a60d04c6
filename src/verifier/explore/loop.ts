/** The walk over all paths: one insn at a time, branches from the stack when a path ends. */
import type { Insn } from '../../isa/insn.ts';
import { checkHelperCall } from '../call/helper.ts';
import { checkKfuncCall } from '../call/kfunc.ts';
import { checkFuncCall, prepareFuncExit } from '../call/subprog.ts';
import type { Env, Err } from '../env.ts';
import { lifted, markAllScratched, markRegScratched, notCovered, reject, verbose } from '../env.ts';
import { checkAluOp } from '../insn/alu.ts';
import { checkCondJmpOp } from '../insn/jump.ts';
import { checkLdAbs } from '../insn/ldAbs.ts';
import { checkMayGoto } from '../insn/mayGoto.ts';
import { checkAtomic, checkLdImm, checkLoad, checkStore } from '../insn/memory.ts';
import { printFrame, printInsnState, scratched } from '../log/events.ts';
import { verboseLinfo } from '../log/lines.ts';
import { familyRow } from '../program.ts';
import { curFrame, newState } from '../state.ts';
import { setArguments } from './arguments.ts';
import { callWithLock, checkExit } from './exit.ts';
import { pushHistory } from './history.ts';
import { isStateVisited, updateBranchCounts } from './prune.ts';
import { checkReturnCode } from './returnCode.ts';

const MAX_INSNS = 1_000_000;
const LEVELS = 3;

/** What an insn means for the walk beside going on (0) and errors (below 0). */
const PATH_END = 1;
const FRAME_END = 2;

/** One insn: 0, PATH_END, FRAME_END or an error. */
function step(env: Env, insn: Insn): Err {
  const family = familyRow(insn);
  switch (family?.kind) {
    case 'alu':
    case 'addr_space_cast':
      return checkAluOp(env, insn);
    case 'load':
      return checkLoad(env, insn);
    case 'store':
      return checkStore(env, insn);
    case 'atomic':
      return checkAtomic(env, insn);
    case 'ld_imm64': {
      const err = checkLdImm(env, insn);
      env.insn_idx++;
      return err;
    }
    case 'ld_packet':
      return checkLdAbs(env, insn);
    case 'jump':
      env.jmps_processed++;
      return insn.row?.kind === 'jump' ? checkCondJmpOp(env, insn, insn.row) : reject(env, 'jmp-reserved');
    case 'call': {
      env.jmps_processed++;
      const { row } = insn;
      if (row?.kind !== 'call' || insn.dst !== 0) return reject(env, 'call-reserved');
      if (row.target === 'kfunc') {
        const err = callWithLock(env, insn) || checkKfuncCall(env, insn);
        markRegScratched(env, 0);
        return err;
      }
      const err =
        callWithLock(env, insn) || (row.target === 'local' ? checkFuncCall(env, insn) : checkHelperCall(env, insn));
      markRegScratched(env, 0);
      return err;
    }
    case 'goto':
      env.jmps_processed++;
      if (insn.row?.kind !== 'goto' || insn.defect) return reject(env, 'ja-reserved');
      env.insn_idx += insn.row.distance === 'off' ? insn.off : insn.imm;
      return 0;
    case 'may_goto':
      env.jmps_processed++;
      return checkMayGoto(env, insn);
    case 'exit': {
      env.jmps_processed++;
      if (insn.imm !== 0 || insn.src !== 0 || insn.dst !== 0) return reject(env, 'exit-reserved');
      const err = checkExit(env);
      if (err) return err;
      if (env.cur.frame.length > 1) return prepareFuncExit(env) || FRAME_END;
      return checkReturnCode(env) || PATH_END;
    }
    default:
      return notCovered(env, `insn ${insn.code.toString(16)}`);
  }
}

/** The next waiting branch becomes the current state. @kernel pop_stack */
function popStack(env: Env): boolean {
  const top = env.stack.pop();
  if (!top) return false;
  env.cur = top.state;
  if ((env.log.level & 2) === 0) env.log.reset(top.log_pos);
  env.insn_idx = top.insn_idx;
  env.prev_insn_idx = top.prev_insn_idx;
  return true;
}

function printBefore(env: Env, wholeState: boolean, prev: number): void {
  const f = curFrame(env.cur);
  if (env.log.level & 2 && wholeState) {
    verbose(env, `\nfrom ${prev} to ${env.insn_idx}:`);
    printFrame(env, f);
  }
  if ((env.log.level & LEVELS) === 0) return;
  if (scratched(env)) printInsnState(env, f);
  verboseLinfo(env, env.insn_idx, '; ');
  env.prev_log_pos = env.log.end;
  verbose(env, `${env.insn_idx}: `);
  const text = env.insnText(env.insn_idx);
  verbose(env, `${text}\n`);
  env.prev_insn_print_pos = env.log.end - env.prev_log_pos;
  env.prev_log_pos = env.log.end;
}

/** The walk as an object that runs in slices. @kernel do_check */
export class Walk {
  readonly #env: Env;
  #prev = -1;
  #printState = false;
  constructor(env: Env) {
    this.#env = env;
  }

  /** Begins with a subprogram: the main program, or a global function on its own. @kernel do_check_common */
  start(subprog: number): Err {
    const { facts, subprogs } = this.#env;
    const env = this.#env;
    env.explored.clear();
    env.cur = newState(subprog, facts.sleepable);
    env.insn_idx = subprogs[subprog]!.start;
    env.cur.first_insn_idx = env.insn_idx;
    env.prev_linfo = undefined;
    this.#prev = -1;
    this.#printState = false;
    env.recorder?.start(env.cur, subprog);
    const err = setArguments(env, subprog);
    markAllScratched(env);
    return err;
  }

  /** Runs at most `budget` insns: 0 when all paths are done, 1 to call again, below 0 the error. */
  advance(budget: number): Err {
    for (let i = 0; i < budget; i++) {
      const done = this.#one();
      if (done !== 1) return done;
    }
    return 1;
  }

  #endPath(): Err {
    const env = this.#env;
    markAllScratched(env);
    updateBranchCounts(env.cur);
    if (!popStack(env)) return 0;
    this.#prev = env.prev_insn_idx;
    this.#printState = true;
    return 1;
  }

  #one(): Err {
    const env = this.#env;
    env.cur_hist_ent = undefined;
    env.prev_insn_idx = this.#prev;
    const insn = env.insns[env.insn_idx]!;
    if (++env.insn_processed > MAX_INSNS && !lifted(env, 'insn-limit'))
      return reject(env, 'too-large', { n: env.insn_processed });
    env.cur.last_insn_idx = env.prev_insn_idx;
    env.recorder?.insn(env.cur, env.insn_idx);
    const aux = env.aux[env.insn_idx]!;
    if (aux.prune_point) {
      const err = isStateVisited(env);
      if (err < 0) return err;
      if (err === 1) {
        if (env.log.level & LEVELS) {
          verbose(
            env,
            this.#printState ? `\nfrom ${this.#prev} to ${env.insn_idx}: safe\n` : `${env.insn_idx}: safe\n`,
          );
        }
        return this.#endPath();
      }
    }
    if (aux.jmp_point) pushHistory(env, env.cur);
    printBefore(env, this.#printState, this.#prev);
    if (env.log.level & 2) this.#printState = false;
    aux.seen = true;
    this.#prev = env.insn_idx;
    const done = step(env, insn);
    if (done < 0) return done;
    if (done === PATH_END) return this.#endPath();
    if (done === FRAME_END) this.#printState = true;
    else env.insn_idx++;
    return 1;
  }
}
