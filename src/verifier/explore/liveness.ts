/** Which locations later insns read: marks travel up the parent links until a write screens them off. */
import type { Insn } from '../../isa/insn.ts';
import type { Env, Err } from '../env.ts';
import { markRegScratched, reject } from '../env.ts';
import { classOf } from '../program.ts';
import type { Cell, State } from '../state.ts';
import { curFrame, FP, LIVE, MAX_REG } from '../state.ts';
import type { Reg } from '../value/reg.ts';
import { UNKNOWN } from '../value/reg.ts';

/** Marks the parents of a location as read. @kernel mark_reg_read */
export function markRegRead(env: Env, from: Cell, first: Cell | undefined, flag: number): void {
  let writes = first === from.parent;
  let state = from;
  let parent = first;
  let steps = 0;
  while (parent) {
    if (writes && state.live & LIVE.WRITTEN) break;
    if ((parent.live & LIVE.READ) === flag || parent.live & LIVE.READ64) break;
    parent.live |= flag;
    if (flag === LIVE.READ64) parent.live &= ~LIVE.READ32;
    state = parent;
    parent = state.parent;
    writes = true;
    steps++;
  }
  if (env.longest_mark_read_walk < steps) env.longest_mark_read_walk = steps;
}

/** Whether an insn reads or writes all 64 bits of the register. @kernel is_reg64 */
function isReg64(insn: Insn, reg: Reg, source: boolean): boolean {
  const { row } = insn;
  if (!row) return true;
  switch (row.kind) {
    case 'call':
      return row.target === 'local' ? false : source;
    case 'alu': {
      const op = row.op;
      if (op === 'le' || op === 'be') return insn.imm === 64;
      if (op === 'bswap') return insn.imm === 64;
      return row.width === 64;
    }
    case 'jump':
      return row.width === 64;
    case 'load':
      return source || row.size === 8 || row.signed;
    case 'atomic':
    case 'store':
      if (classOf(insn) === 'ST') return true;
      return (source && reg.type !== 'SCALAR_VALUE') || row.size === 8;
    case 'ld_packet':
      return source;
    default:
      return true;
  }
}

/** An insn reads a register. @kernel check_reg_arg */
export function readReg(env: Env, regno: number): Err {
  if (regno >= MAX_REG) return reject(env, 'bad-register', { r: regno });
  markRegScratched(env, regno);
  const c = curFrame(env.cur).regs[regno]!;
  if (c.v.type === 'NOT_INIT') return reject(env, 'not-read-ok', { r: regno });
  if (regno === FP) return 0;
  const wide = isReg64(env.insns[env.insn_idx]!, c.v, true);
  markRegRead(env, c, c.parent, wide ? LIVE.READ64 : LIVE.READ32);
  return 0;
}

/** An insn writes a register, whose value the caller sets (or `value` is stored). */
export function writeReg(env: Env, regno: number, value?: Reg): Err {
  if (regno >= MAX_REG) return reject(env, 'bad-register', { r: regno });
  markRegScratched(env, regno);
  if (regno === FP) return reject(env, 'frame-pointer');
  const c = curFrame(env.cur).regs[regno]!;
  c.live |= LIVE.WRITTEN;
  if (value) c.v = value;
  return 0;
}

/** A register gets any number. */
export function writeUnknown(env: Env, regno: number): Err {
  return writeReg(env, regno, UNKNOWN);
}

function propagateCell(env: Env, old: Cell, cur: Cell): void {
  const has = cur.live & LIVE.READ;
  const flag = old.live & LIVE.READ;
  if (has === LIVE.READ64 || flag === 0 || has === flag) return;
  markRegRead(env, old, cur, flag);
}

/** What the old state's continuation read is read by ours. @kernel propagate_liveness */
export function propagateLiveness(env: Env, old: State, cur: State): void {
  const last = old.frame.length - 1;
  for (const [i, f] of old.frame.entries()) {
    const g = cur.frame[i]!;
    for (let r = i < last ? 6 : 0; r < FP; r++) propagateCell(env, f.regs[r]!, g.regs[r]!);
    for (let s = 0; s < f.stack.length && s < g.stack.length; s++)
      propagateCell(env, f.stack[s]!.cell, g.stack[s]!.cell);
  }
}
