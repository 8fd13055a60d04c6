/** The walk over all paths: one insn at a time, branches from the stack when a path ends. */
import type { Insn } from '../../isa/insn.ts';
import { progTypeRow, retvalRule } from '../../spec/progTypes.ts';
import { checkHelperCall, checkReferenceLeak } from '../call/helper.ts';
import { checkFuncCall, prepareFuncExit } from '../call/subprog.ts';
import type { Env, Err } from '../env.ts';
import { lifted, markAllScratched, markRegScratched, notCovered, reject, verbose } from '../env.ts';
import { checkAluOp } from '../insn/alu.ts';
import { checkCondJmpOp } from '../insn/jump.ts';
import { checkAtomic, checkLdAbs, checkLdImm, checkLoad, checkStore } from '../insn/memory.ts';
import { printFrame, printInsnState, scratched } from '../log/events.ts';
import { regTypeStr } from '../log/print.ts';
import { familyRow } from '../program.ts';
import { curFrame, newState } from '../state.ts';
import { pointer, S64_MAX, S64_MIN } from '../value/reg.ts';
import { pushHistory } from './history.ts';
import { readReg } from './liveness.ts';
import { markChainPrecision } from './precision.ts';
import { isStateVisited, updateBranchCounts } from './prune.ts';

const MAX_INSNS = 1_000_000;
const LEVELS = 3;

/** What R0 must be at the end. @kernel check_return_code */
function checkReturnCode(env: Env): Err {
  const row = progTypeRow(env.facts.progType)!;
  const rule = retvalRule(row, env.facts.attachType);
  const err = readReg(env, 0);
  if (err) return err;
  const r = curFrame(env.cur).regs[0]!.v;
  if (rule === 'any') return 0;
  if (typeof rule === 'string') return notCovered(env, 'return rule');
  if (r.type !== 'SCALAR_VALUE') return reject(env, 'r0-not-scalar', { type: regTypeStr(r.type, r.flags) });
  const marked = markChainPrecision(env, 0);
  if (marked) return marked;
  const [min, max] = rule;
  const now = curFrame(env.cur).regs[0]!.v;
  if (now.smin_value >= BigInt(min) && now.smax_value <= BigInt(max)) return 0;
  if (lifted(env, 'return-value-range')) return 0;
  const parts: string[] = [];
  if (now.smin_value > S64_MIN) parts.push(`smin=${now.smin_value}`);
  if (now.smax_value < S64_MAX) parts.push(`smax=${now.smax_value}`);
  return reject(env, 'r0-range', { value: parts.length > 0 ? parts.join(' ') : 'unknown scalar value', min, max });
}

type Flow = 'next' | 'path-end' | 'frame-end';

/** One insn; `path-end` when the path is done. */
function step(env: Env, insn: Insn): { err: Err; flow: Flow } {
  const go = (err: Err, flow: Flow = 'next'): { err: Err; flow: Flow } => ({ err, flow });
  const family = familyRow(insn);
  switch (family?.kind) {
    case 'alu':
    case 'addr_space_cast':
      return go(checkAluOp(env, insn));
    case 'load':
      return go(checkLoad(env, insn));
    case 'store':
      return go(checkStore(env, insn));
    case 'atomic':
      return go(checkAtomic(env, insn));
    case 'ld_imm64': {
      const err = checkLdImm(env, insn);
      env.insn_idx++;
      return go(err);
    }
    case 'ld_packet':
      return go(checkLdAbs(env, insn));
    case 'jump':
      env.jmps_processed++;
      return go(insn.row?.kind === 'jump' ? checkCondJmpOp(env, insn, insn.row) : reject(env, 'jmp-reserved'));
    case 'call': {
      env.jmps_processed++;
      const { row } = insn;
      if (row?.kind !== 'call' || insn.dst !== 0) return go(reject(env, 'call-reserved'));
      if (row.target === 'kfunc') {
        // A kfunc that was not resolved is refused only when it is still there after the walk.
        markRegScratched(env, 0);
        return go(insn.imm === 0 ? 0 : notCovered(env, 'kfunc call'));
      }
      const err = row.target === 'local' ? checkFuncCall(env, insn) : checkHelperCall(env, insn);
      markRegScratched(env, 0);
      return go(err);
    }
    case 'goto':
      env.jmps_processed++;
      if (insn.row?.kind !== 'goto' || insn.defect) return go(reject(env, 'ja-reserved'));
      env.insn_idx += insn.row.distance === 'off' ? insn.off : insn.imm;
      return go(0);
    case 'exit': {
      env.jmps_processed++;
      if (insn.imm !== 0 || insn.src !== 0 || insn.dst !== 0) return go(reject(env, 'exit-reserved'));
      const err = checkReferenceLeak(env, false);
      if (err) return go(err);
      if (env.cur.frame.length > 1) return go(prepareFuncExit(env), 'frame-end');
      return go(checkReturnCode(env), 'path-end');
    }
    default:
      return go(notCovered(env, `insn ${insn.code.toString(16)}`));
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
    env.cur = newState();
    env.cur.frame[0]!.regs[1]!.v = pointer('PTR_TO_CTX');
    markAllScratched(env);
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
    const { err, flow } = step(env, insn);
    if (err) return err;
    if (flow === 'path-end') return this.#endPath();
    if (flow === 'frame-end') this.#printState = true;
    else env.insn_idx++;
    return 1;
  }
}
