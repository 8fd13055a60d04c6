/** The control flow graph: everything is reachable, and where states are worth remembering. */
import type { Insn } from '../../isa/insn.ts';
import { slotsOf } from '../../isa/insn.ts';
import { HELPERS, helperName } from '../../spec/helpers/index.ts';
import { kfuncRow } from '../../spec/kfuncs/index.ts';
import { CHANGES_PACKET, SYNC_CALLBACKS } from '../call/effects.ts';
import type { Env, Err } from '../env.ts';
import { reject } from '../env.ts';
import { verboseLinfo } from '../log/lines.ts';
import { familyRow, isCall } from '../program.ts';
import { findContainingSubprog } from './subprogs.ts';

const DISCOVERED = 0x10;
const EXPLORED = 0x20;
const FALLTHROUGH = 1;
const BRANCH = 2;
const DONE = 0;
const KEEP_EXPLORING = 1;

interface Walk {
  readonly env: Env;
  readonly state: Uint8Array;
  readonly stack: number[];
}

function markPrunePoint(env: Env, idx: number): void {
  const aux = env.aux[idx];
  if (aux) aux.prune_point = true;
}

function markJmpPoint(env: Env, idx: number): void {
  const aux = env.aux[idx];
  if (aux) aux.jmp_point = true;
}

function pushInsn(w: Walk, from: number, to: number, edge: number): number {
  const { env, state } = w;
  if (state[from]! >= (DISCOVERED | edge)) return DONE;
  if (to < 0 || to >= env.insns.length) {
    verboseLinfo(env, from, `${from}: `);
    return reject(env, 'cfg-range', { from, to });
  }
  if (edge === BRANCH) {
    markPrunePoint(env, to);
    markJmpPoint(env, to);
  }
  if (state[to] === 0) {
    state[from] = DISCOVERED | edge;
    state[to] = DISCOVERED;
    w.stack.push(to);
    return KEEP_EXPLORING;
  }
  if (state[to] === EXPLORED) state[from] = DISCOVERED | edge;
  return DONE;
}

function visitCall(w: Walk, t: number, insn: Insn, callee: boolean): number {
  const behind = t + slotsOf(insn);
  const ret = pushInsn(w, t, behind, FALLTHROUGH);
  if (ret !== DONE) return ret;
  markPrunePoint(w.env, behind);
  markJmpPoint(w.env, behind);
  if (!callee) return DONE;
  markPrunePoint(w.env, t);
  mergeCalleeEffects(w.env, t, t + insn.imm + 1);
  return pushInsn(w, t, t + insn.imm + 1, BRANCH);
}

/** Whether a subprogram, or what it calls, may move the packet. @kernel merge_callee_effects */
function mergeCalleeEffects(env: Env, t: number, target: number): void {
  const callee = env.subprogs.find((s) => s.start === target);
  if (callee?.changes_pkt_data) findContainingSubprog(env, t).changes_pkt_data = true;
}

/** The call runs a callback, nobody knows how often. */
function markSyncCallback(env: Env, t: number): void {
  const aux = env.aux[t]!;
  aux.calls_callback = true;
  aux.force_checkpoint = true;
  markPrunePoint(env, t);
  markJmpPoint(env, t);
}

/** What calls mean for where states are kept. */
function markCall(env: Env, t: number, insn: Insn): void {
  const aux = env.aux[t]!;
  if (isCall(insn, 'kfunc')) {
    const name = env.kfuncs.get(t)?.name;
    const row = name === undefined ? undefined : kfuncRow(name);
    if (name === 'bpf_wq_set_callback_impl') markPrunePoint(env, t);
    if (name === 'bpf_rbtree_add_impl') markSyncCallback(env, t);
    if (row?.flags.includes('KF_ITER_NEXT')) {
      markPrunePoint(env, t);
      aux.force_checkpoint = true;
      aux.is_iter_next = true;
    }
    return;
  }
  if (isCall(insn, 'local')) return;
  if (insn.imm === HELPERS.bpf_timer_set_callback.id) markPrunePoint(env, t);
  if (SYNC_CALLBACKS.has(insn.imm)) markSyncCallback(env, t);
  const name = helperName(insn.imm);
  if (name && CHANGES_PACKET.has(name)) findContainingSubprog(env, t).changes_pkt_data = true;
}

/** Follows one edge of an insn that has not been followed. @kernel visit_insn */
function visitInsn(w: Walk, t: number): number {
  const { env } = w;
  const insn = env.insns[t]!;
  const row = insn.row ?? familyRow(insn);
  switch (row?.kind) {
    case 'exit':
      return DONE;
    case 'call':
      markCall(env, t, insn);
      return visitCall(w, t, insn, isCall(insn, 'local'));
    case 'goto': {
      const to = t + 1 + (row.distance === 'off' ? insn.off : insn.imm);
      const ret = pushInsn(w, t, to, FALLTHROUGH);
      if (ret !== DONE) return ret;
      markPrunePoint(env, to);
      markJmpPoint(env, to);
      return DONE;
    }
    case 'may_goto':
    case 'jump': {
      markPrunePoint(env, t);
      if (row.kind === 'may_goto') env.aux[t]!.force_checkpoint = true;
      const ret = pushInsn(w, t, t + 1, FALLTHROUGH);
      return ret !== DONE ? ret : pushInsn(w, t, t + insn.off + 1, BRANCH);
    }
    case 'ld_imm64':
      if (row.pseudo === 'func') return visitCall(w, t, insn, true);
      return pushInsn(w, t, t + 2, FALLTHROUGH);
    default:
      return pushInsn(w, t, t + 1, FALLTHROUGH);
  }
}

/** @kernel check_cfg */
export function checkCfg(env: Env): Err {
  const w: Walk = { env, state: new Uint8Array(env.insns.length), stack: [0] };
  w.state[0] = DISCOVERED;
  while (w.stack.length > 0) {
    const t = w.stack[w.stack.length - 1]!;
    const ret = visitInsn(w, t);
    if (ret < 0) return ret;
    if (ret === DONE) {
      w.state[t] = EXPLORED;
      w.stack.pop();
    }
  }
  for (let i = 0; i < env.insns.length; i++) {
    if (w.state[i] !== EXPLORED) return reject(env, 'unreachable', { insn: i });
    if (familyRow(env.insns[i]!)?.kind !== 'ld_imm64') continue;
    if (w.state[i + 1] !== 0) return reject(env, 'jump-middle', { insn: i });
    i++;
  }
  return 0;
}
