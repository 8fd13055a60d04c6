/** Open-coded iterators: slots on the stack, and both outcomes of asking for the next element. */
import type { KernelBtf } from '../../btf/kernelBtf.ts';
import { checkMemAccess } from '../access/check.ts';
import { frameOf, OUTSIDE, stackObjectSpi } from '../access/stackObject.ts';
import type { Env, Err } from '../env.ts';
import { markSlotScratched, reject, verbose } from '../env.ts';
import { markRegRead } from '../explore/liveness.ts';
import { pushStack } from '../explore/stack.ts';
import { findPrevEntry, widenImpreciseScalars } from '../explore/widen.ts';
import { markNotNull } from '../insn/nullness.ts';
import type { State } from '../state.ts';
import { curFrame, INVALID, LIVE } from '../state.ts';
import type { Reg } from '../value/reg.ts';
import { FLAG, knownScalar, NOT_INIT, pointer } from '../value/reg.ts';
import type { IterPlace, KfuncMeta } from './kfuncMeta.ts';
import { acquireReference, inRcuSection, releaseReference } from './references.ts';

const ITER = 'iiiiiiii';

/** The struct of an iterator with its id and the slots that it takes. */
export interface IterType {
  readonly btf: KernelBtf;
  readonly btf_id: number;
  readonly slots: number;
}

/** `num` for struct bpf_iter_num. @kernel iter_type_str */
function iterName({ btf, btf_id }: IterType): string {
  return (btf.type(btf_id)?.name ?? '').replace(/^bpf_iter_/, '');
}

const spiOf = (env: Env, r: Reg, slots: number): number => stackObjectSpi(env, r, 'iter', slots);

/** @kernel is_iter_reg_valid_uninit */
function free(env: Env, r: Reg, slots: number): boolean {
  const spi = spiOf(env, r, slots);
  if (spi === OUTSIDE) return true;
  if (spi < 0) return false;
  const { stack } = frameOf(env, r);
  return !stack.slice(spi - slots + 1, spi + 1).some((slot) => slot.types.includes('i'));
}

/** @kernel mark_stack_slots_iter */
function begin(env: Env, r: Reg, type: IterType, rcuProtected: boolean): Err {
  const spi = spiOf(env, r, type.slots);
  if (spi < 0) return spi;
  const ref = acquireReference(env);
  const flags = rcuProtected ? (inRcuSection(env) ? FLAG.MEM_RCU : FLAG.PTR_UNTRUSTED) : 0;
  for (let i = 0; i < type.slots; i++) {
    const slot = frameOf(env, r).stack[spi - i]!;
    slot.cell.v = pointer('PTR_TO_STACK', {
      flags,
      ref_obj_id: i === 0 ? ref : 0,
      btf: type.btf,
      btf_id: type.btf_id,
      iter_state: 'ACTIVE',
    });
    slot.cell.live |= LIVE.WRITTEN;
    slot.types = ITER;
    markSlotScratched(env, spi - i);
  }
  return 0;
}

/** 0, -EINVAL, or -EPROTO outside of the RCU section that it belongs to. @kernel is_iter_reg_valid_init */
function initialised(env: Env, r: Reg, { btf, btf_id, slots }: IterType): Err {
  const spi = spiOf(env, r, slots);
  if (spi < 0) return -22;
  for (let i = 0; i < slots; i++) {
    const { cell, types } = frameOf(env, r).stack[spi - i]!;
    if (cell.v.flags & FLAG.PTR_UNTRUSTED) return -71;
    if ((i === 0) !== (cell.v.ref_obj_id !== 0)) return -22;
    if (cell.v.btf !== btf || cell.v.btf_id !== btf_id || types !== ITER) return -22;
  }
  return 0;
}

/** @kernel unmark_stack_slots_iter */
function end(env: Env, r: Reg, slots: number): Err {
  const spi = spiOf(env, r, slots);
  if (spi < 0) return spi;
  for (let i = 0; i < slots; i++) {
    const slot = frameOf(env, r).stack[spi - i]!;
    if (i === 0) releaseReference(env, slot.cell.v.ref_obj_id);
    slot.cell.v = NOT_INIT;
    slot.cell.live |= LIVE.WRITTEN;
    slot.types = INVALID;
    markSlotScratched(env, spi - i);
  }
  return 0;
}

/** @kernel process_iter_arg */
export function processIterArg(env: Env, regno: number, meta: KfuncMeta, type: IterType | undefined): Err {
  const r = curFrame(env.cur).regs[regno]!.v;
  const n = regno - 1;
  if (r.type !== 'PTR_TO_STACK') return reject(env, 'iter-kind', { n });
  if (!type) return reject(env, 'iter-btf', { n });
  const name = iterName(type);
  const { slots } = type;
  if (meta.flags.has('KF_ITER_NEW')) {
    if (!free(env, r, slots)) return reject(env, 'iter-uninit', { name, n });
    for (let off = 0; off < slots * 8; off += 8) {
      const err = checkMemAccess(env, { regno, off, size: 8, write: true, value: -1 });
      if (err) return err;
    }
    return begin(env, r, type, meta.flags.has('KF_RCU_PROTECTED'));
  }
  const bad = initialised(env, r, type);
  if (bad) return reject(env, bad === -71 ? 'iter-rcu' : 'iter-init', { name, n, func: meta.name });
  const spi = spiOf(env, r, slots);
  for (let i = 0; i < slots; i++) {
    const { cell } = frameOf(env, r).stack[spi - i]!;
    markRegRead(env, cell, cell.parent, LIVE.READ64);
    markSlotScratched(env, spi - i);
  }
  meta.iter = { frameno: r.frameno, spi };
  meta.ref_obj_id = frameOf(env, r).stack[spi]!.cell.v.ref_obj_id;
  return meta.flags.has('KF_ITER_DESTROY') ? end(env, r, slots) : 0;
}

function setIter(st: State, { frameno, spi }: IterPlace, change: Partial<Reg>): void {
  const { cell } = st.frame[frameno]!.stack[spi]!;
  cell.v = { ...cell.v, ...change };
}

/** @kernel get_iter_from_state */
export function iterAt(st: State, { frameno, spi }: IterPlace): Reg {
  return st.frame[frameno]!.stack[spi]!.cell.v;
}

/**
 * There is another element on a branch that waits, there is none on the path at hand.
 * @kernel process_iter_next_call
 */
export function processIterNext(env: Env, at: IterPlace): Err {
  const { cur } = env;
  const iter = iterAt(cur, at);
  if (iter.iter_state === 'ACTIVE') {
    if (cur.parent?.insn_idx !== env.insn_idx) {
      verbose(env, 'bug: bad parent state for iter next call');
      return -14;
    }
    const prev = findPrevEntry(env, cur.parent, env.insn_idx);
    const queued = pushStack(env, env.insn_idx + 1, env.insn_idx);
    if (typeof queued === 'number') return -12;
    setIter(queued, at, { iter_state: 'ACTIVE', iter_depth: iter.iter_depth + 1 });
    if (prev) {
      const err = widenImpreciseScalars(env, prev, queued);
      if (err) return err;
    }
    markNotNull(curFrame(queued).regs[0]!);
  }
  setIter(cur, at, { iter_state: 'DRAINED' });
  curFrame(cur).regs[0]!.v = knownScalar(0n);
  return 0;
}
