/** ALU and ALU64 insns. */
import type { Insn } from '../../isa/insn.ts';
import type { AluRow } from '../../isa/rows.ts';
import { U32_MASK } from '../../util/bits.ts';
import type { Env, Err } from '../env.ts';
import { newId, notCovered, reject } from '../env.ts';
import { readReg, writeReg, writeUnknown } from '../explore/liveness.ts';
import { markChainPrecision } from '../explore/precision.ts';
import { pushStack } from '../explore/stack.ts';
import { classOf, familyRow } from '../program.ts';
import type { Cell } from '../state.ts';
import { curFrame } from '../state.ts';
import { regBoundsSync, zext32to64 } from '../value/bounds.ts';
import type { Reg } from '../value/reg.ts';
import { BPF_ADD_CONST, draft, knownScalar, S32_MAX, setKnown, setKnown32, UNKNOWN } from '../value/reg.ts';
import { tnumIsConst } from '../value/tnum.ts';
import { immediate } from './immediate.ts';
import { boundsSanity } from './invariants.ts';
import { ALU_TEXT, pointerAlu } from './pointer.ts';
import { scalarAlu } from './scalar.ts';
import { signExtend32, signExtend64 } from './signExtend.ts';

const SHIFTS: ReadonlySet<string> = new Set(['lsh', 'rsh', 'arsh']);
const DIVISIONS: ReadonlySet<string> = new Set(['div', 'mod', 'sdiv', 'smod']);

/** Bits that the number takes. @kernel get_reg_width */
export function regWidth(r: Reg): number {
  return r.umax_value === 0n ? 0 : r.umax_value.toString(2).length;
}

/** A number that is copied gets an id, so that both copies learn together. @kernel assign_scalar_id_before_mov */
export function assignScalarId(env: Env, c: Cell): void {
  if (c.v.type !== 'SCALAR_VALUE') return;
  if (c.v.id >= BPF_ADD_CONST) c.v = { ...c.v, id: 0, off: 0 };
  if (c.v.id === 0 && !tnumIsConst(c.v.var_off)) c.v = { ...c.v, id: newId(env) };
}

function reservedFields(env: Env, insn: Insn): Err {
  const family = familyRow(insn);
  const op = family?.kind === 'alu' ? family.op : 'add';
  if (op === 'neg') return reject(env, 'neg-reserved');
  if (op === 'le' || op === 'be' || op === 'bswap') return reject(env, 'end-reserved');
  return reject(env, op === 'mov' || op === 'movsx' ? 'mov-reserved' : 'alu-reserved');
}

function move(env: Env, insn: Insn, row: AluRow): Err {
  const alu32 = row.width === 32;
  if (row.operand === 'imm') {
    const err = writeReg(env, insn.dst);
    if (err) return err;
    curFrame(env.cur).regs[insn.dst]!.v = alu32 ? knownScalar(BigInt(insn.imm) & U32_MASK) : immediate(env);
    return 0;
  }
  const err = readReg(env, insn.src) || writeReg(env, insn.dst);
  if (err) return err;
  const { regs } = curFrame(env.cur);
  const src = regs[insn.src]!;
  const dst = regs[insn.dst]!;
  const size = insn.off >> 3;
  if (!alu32 && size === 0) {
    assignScalarId(env, src);
    dst.v = src.v;
    return 0;
  }
  if (src.v.type !== 'SCALAR_VALUE') {
    const d = draft(UNKNOWN);
    if (alu32) {
      zext32to64(d);
      regBoundsSync(d);
    }
    dst.v = d;
    return 0;
  }
  const linked = size === 0 ? regWidth(src.v) <= 32 : src.v.umax_value < 1n << BigInt(insn.off - 1);
  if (linked) assignScalarId(env, src);
  const d = draft(src.v);
  if (!linked) d.id = d.off = 0;
  if (alu32) {
    if (size !== 0) signExtend32(d, size as 1 | 2);
    zext32to64(d);
    regBoundsSync(d);
  } else signExtend64(d, size as 1 | 2 | 4);
  dst.v = d;
  return 0;
}

/** Remembers `r1 = r2 + constant`, so that a comparison of one says something about the other. */
function linkConstant(result: Reg, before: Reg, op: string, alu32: boolean, src: Reg | undefined): Reg {
  if (before.id === 0 && result.id === 0 && before.off === 0 && result.off === 0) return result;
  const value =
    op === 'add' && !alu32 && before.id !== 0 && src && tnumIsConst(src.var_off) ? src.var_off.value : undefined;
  if (value === undefined || before.id >= BPF_ADD_CONST || value > BigInt(S32_MAX)) return { ...result, id: 0, off: 0 };
  return { ...result, id: before.id + BPF_ADD_CONST, off: Number(value) };
}

/** Of a number that is 0 or -1 both values are explored when it is masked: 0 waits, -1 goes on. @kernel maybe_fork_scalars */
function maybeForkScalars(env: Env, insn: Insn, op: string, c: Cell, src: Reg): Err {
  if ((op !== 'and' && op !== 'or') || !tnumIsConst(src.var_off)) return 0;
  const { v } = c;
  const wide = v.smin_value === -1n && v.smax_value === 0n;
  if (!wide && (v.s32_min_value !== -1 || v.s32_max_value !== 0)) return 0;
  // The waiting branch runs this insn again.
  const other = pushStack(env, env.insn_idx, env.insn_idx);
  if (typeof other === 'number') return other;
  const known = (value: bigint): Reg => {
    const d = draft(v);
    if (wide) setKnown(d, value);
    else setKnown32(d, value);
    return wide ? { ...d, id: 0, off: 0 } : d;
  };
  curFrame(other).regs[insn.dst]!.v = known(0n);
  c.v = known(-1n);
  return 0;
}

/** @kernel adjust_reg_min_max_vals */
function arithmetic(env: Env, insn: Insn, row: AluRow): Err {
  const { regs } = curFrame(env.cur);
  const dst = regs[insn.dst]!;
  const op = row.op;
  const alu32 = row.width === 32;
  const how = { op, alu32, dst: insn.dst };
  const src = row.operand === 'reg' ? regs[insn.src]!.v : immediate(env);
  const before = dst.v;
  let err: Err = 0;
  if (row.operand === 'reg' && src.type !== 'SCALAR_VALUE') {
    if (before.type !== 'SCALAR_VALUE') {
      if (op === 'sub') {
        dst.v = UNKNOWN;
        return 0;
      }
      return reject(env, 'pointer-pair', { r: insn.dst, op: ALU_TEXT[op] ?? op });
    }
    err = markChainPrecision(env, insn.dst);
    if (err) return err;
    const moved = pointerAlu(env, how, src, before, true);
    if (moved.err) return moved.err;
    // Linux copies the pointer's register as a whole here, liveness and parent included.
    const ptr = regs[insn.src]!;
    regs[insn.dst] = {
      v: moved.value,
      live: moved.value.type === 'SCALAR_VALUE' ? dst.live : ptr.live,
      parent: ptr.parent,
    };
    return 0;
  }
  if (before.type !== 'SCALAR_VALUE') {
    if (row.operand === 'reg') err = markChainPrecision(env, insn.src);
    if (err) return err;
    const moved = pointerAlu(env, how, before, src, false);
    if (moved.err) return moved.err;
    dst.v = moved.value;
    return 0;
  }
  if (row.operand === 'reg' && before.precise) err = markChainPrecision(env, insn.src);
  if (err) return err;
  err = maybeForkScalars(env, insn, op, dst, src);
  if (err) return err;
  const now = dst.v;
  // A number added to itself is not itself and a constant.
  const addend = row.operand === 'reg' && insn.src === insn.dst ? undefined : src;
  dst.v = linkConstant(scalarAlu(op, now, src, alu32), now, op, alu32, addend);
  return 0;
}

function sane(env: Env, regno: number): Err {
  return boundsSanity(env, curFrame(env.cur).regs[regno]!, 'alu');
}

/** @kernel check_alu_op */
export function checkAluOp(env: Env, insn: Insn): Err {
  const { row } = insn;
  if (!row || row.kind === 'addr_space_cast') {
    return row ? notCovered(env, 'addr_space_cast') : reservedFields(env, insn);
  }
  if (row.kind !== 'alu' || (insn.defect && insn.defect !== 'bad-dst' && insn.defect !== 'bad-src')) {
    return reservedFields(env, insn);
  }
  const op = row.op;
  if (op === 'mov' || op === 'movsx') return move(env, insn, row) || sane(env, insn.dst);
  if (row.operand === 'none') return readReg(env, insn.dst) || writeUnknown(env, insn.dst);
  let err = row.operand === 'reg' ? readReg(env, insn.src) : 0;
  err ||= readReg(env, insn.dst);
  if (err) return err;
  if (row.operand === 'imm') {
    if (DIVISIONS.has(op) && insn.imm === 0) return reject(env, 'div-zero');
    const width = classOf(insn) === 'ALU64' ? 64 : 32;
    if (SHIFTS.has(op) && (insn.imm < 0 || insn.imm >= width)) return reject(env, 'bad-shift', { shift: insn.imm });
  }
  return writeReg(env, insn.dst) || arithmetic(env, insn, row) || sane(env, insn.dst);
}
