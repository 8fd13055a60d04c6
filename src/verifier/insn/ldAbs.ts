/** The packet loads of classic BPF. */
import type { Insn } from '../../isa/insn.ts';
import { checkPtrOffReg } from '../access/ptrOff.ts';
import { clearCallerSaved } from '../call/caller.ts';
import { checkReferenceLeak, insideSection } from '../call/references.ts';
import { prepareFuncExit } from '../call/subprog.ts';
import type { Env, Err } from '../env.ts';
import { markRegScratched, reject } from '../env.ts';
import { readReg } from '../explore/liveness.ts';
import { pushStack } from '../explore/stack.ts';
import { familyRow } from '../program.ts';
import { curFrame } from '../state.ts';
import { knownScalar, UNKNOWN } from '../value/reg.ts';

const WITH_SKB: ReadonlySet<string> = new Set(['socket_filter', 'sched_cls', 'sched_act']);

/** @kernel check_ld_abs */
export function checkLdAbs(env: Env, insn: Insn): Err {
  if (!WITH_SKB.has(env.facts.progType)) return reject(env, 'ld-abs-type');
  const family = familyRow(insn);
  const { row } = insn;
  if (row?.kind !== 'ld_packet' || family?.kind !== 'ld_packet' || insn.dst !== 0)
    return reject(env, 'ld-abs-reserved');
  if (env.cur.frame.some((f) => f.in_callback_fn)) return reject(env, 'ld-abs-callback');
  let err = readReg(env, 6);
  if (err) return err;
  err = checkReferenceLeak(env, false);
  if (err) {
    reject(env, 'ld-abs-leak');
    return err;
  }
  err = insideSection(env, 'BPF_LD_[ABS|IND]');
  if (err) return err;
  const { regs } = curFrame(env.cur);
  if (regs[6]!.v.type !== 'PTR_TO_CTX') return reject(env, 'ld-abs-r6');
  if (row.indirect) err = readReg(env, insn.src);
  err ||= checkPtrOffReg(env, regs[6]!.v, 6);
  if (err) return err;
  clearCallerSaved(env, regs);
  regs[0]!.v = UNKNOWN;
  return env.cur.frame.length > 1 ? failedLoad(env) : 0;
}

/** Outside of the packet the subprogram ends with R0 = 0. */
function failedLoad(env: Env): Err {
  markRegScratched(env, 0);
  const loaded = pushStack(env, env.insn_idx + 1, env.insn_idx);
  if (typeof loaded === 'number') return loaded;
  curFrame(env.cur).regs[0]!.v = knownScalar(0n);
  const err = prepareFuncExit(env);
  env.insn_idx--;
  return err;
}
