/** Conditional jumps. */
import type { Insn } from '../../isa/insn.ts';
import type { JumpRow } from '../../isa/rows.ts';
import type { Env, Err } from '../env.ts';
import { reject } from '../env.ts';
import { pushHistory } from '../explore/history.ts';
import { readReg } from '../explore/liveness.ts';
import { markChainPrecision } from '../explore/precision.ts';
import { pushStack } from '../explore/stack.ts';
import { printInsnState } from '../log/events.ts';
import type { Cell, LinkedReg, State } from '../state.ts';
import { curFrame, FP, isSpilledReg } from '../state.ts';
import { regBoundsSync } from '../value/bounds.ts';
import type { Draft, Reg } from '../value/reg.ts';
import { BPF_ADD_CONST, draft, knownScalar, mayBeNull } from '../value/reg.ts';
import { branchTaken, refine, regNotNull, reverse } from './branch.ts';
import { immediate } from './immediate.ts';
import { boundsSanity } from './invariants.ts';
import { markNotNull, markPtrOrNullRegs } from './nullness.ts';
import { matchPacketPointers } from './packetRange.ts';
import { scalarAdd } from './scalar.ts';

const MAX_LINKED = 6;
const baseId = (id: number): number => (id >= BPF_ADD_CONST ? id - BPF_ADD_CONST : id);

/** Places whose number has the same origin; beyond six the link is cut. @kernel collect_linked_regs */
function collectLinked(st: State, id: number, out: LinkedReg[]): void {
  const visit = (c: Cell, entry: LinkedReg): void => {
    if (c.v.type !== 'SCALAR_VALUE' || baseId(c.v.id) !== baseId(id)) return;
    if (out.length < MAX_LINKED) out.push(entry);
    else c.v = { ...c.v, id: 0, off: 0 };
  };
  for (let i = st.frame.length - 1; i >= 0; i--) {
    const f = st.frame[i]!;
    for (let r = 0; r < FP; r++) visit(f.regs[r]!, { frameno: i, reg: r, spi: undefined });
    for (const [spi, slot] of f.stack.entries()) {
      if (isSpilledReg(slot)) visit(slot.cell, { frameno: i, reg: undefined, spi });
    }
  }
}

function plus(r: Reg, known: Reg): Reg {
  const d = draft(known);
  d.off = r.off;
  d.id = r.id;
  scalarAdd(d, knownScalar(BigInt(r.off) - BigInt(known.off)));
  return d;
}

/** Linked numbers learn what one of them learned. @kernel sync_linked_regs */
function syncLinkedRegs(st: State, knownCell: Cell, linked: readonly LinkedReg[]): void {
  const known = knownCell.v;
  for (const l of linked) {
    const f = st.frame[l.frameno]!;
    const c = l.reg === undefined ? f.stack[l.spi!]!.cell : f.regs[l.reg]!;
    if (c === knownCell || c.v.type !== 'SCALAR_VALUE' || baseId(c.v.id) !== baseId(known.id)) continue;
    const plain = c.v.id < BPF_ADD_CONST && known.id < BPF_ADD_CONST;
    c.v = plain || c.v.off === known.off ? known : plus(c.v, known);
  }
}

/** Both branches learn what the comparison says there. @kernel reg_set_min_max */
function setMinMax(env: Env, taken: Pair, fallen: Pair, op: string, jmp32: boolean): Err {
  if (fallen.dst.type !== 'SCALAR_VALUE' || fallen.src.type !== 'SCALAR_VALUE') return 0;
  refine(fallen.dst, fallen.src, reverse(op), jmp32);
  regBoundsSync(fallen.dst);
  regBoundsSync(fallen.src);
  refine(taken.dst, taken.src, op, jmp32);
  regBoundsSync(taken.dst);
  regBoundsSync(taken.src);
  return (
    sane(env, taken.dst, 'true_reg1') ||
    sane(env, taken.src, 'true_reg2') ||
    sane(env, fallen.dst, 'false_reg1') ||
    sane(env, fallen.src, 'false_reg2')
  );
}

/** Changes the draft itself, which may be both operands. */
function sane(env: Env, d: Draft, what: string): Err {
  const held = { v: d as Reg };
  const err = boundsSanity(env, held, what);
  if (held.v !== d) Object.assign(d, held.v);
  return err;
}

interface Pair {
  readonly dst: Draft;
  readonly src: Draft;
}

/** One pointer may be NULL, the other is not: when they are equal, neither is. Pointers to kernel objects may be NULL unseen. */
function notNullIfEqual(a: Reg, b: Reg): boolean {
  if (a.type === 'PTR_TO_BTF_ID' || b.type === 'PTR_TO_BTF_ID') return false;
  return (mayBeNull(a) && regNotNull(b)) || (mayBeNull(b) && regNotNull(a));
}

const stackBit = (r: Reg, regno: number): number => (r.type === 'PTR_TO_STACK' ? 1 << regno : 0);

/** @kernel check_cond_jmp_op */
export function checkCondJmpOp(env: Env, insn: Insn, row: JumpRow): Err {
  if (insn.defect === 'reserved-src' && row.operand === 'imm')
    return readReg(env, insn.dst) || reject(env, 'jmp-reserved');
  let err = readReg(env, insn.dst);
  if (err) return err;
  const fromReg = row.operand === 'reg';
  if (fromReg) {
    if (insn.imm !== 0) return reject(env, 'jmp-reserved');
    err = readReg(env, insn.src);
    if (err) return err;
  }
  const st = env.cur;
  const { regs } = curFrame(st);
  const dst = regs[insn.dst]!;
  const src = fromReg ? regs[insn.src]! : undefined;
  const onStack = stackBit(dst.v, insn.dst) | (src ? stackBit(src.v, insn.src) : 0);
  if (onStack) pushHistory(env, st, undefined, undefined, onStack);
  const constant = immediate(env);
  const op = row.op;
  const jmp32 = row.width === 32;
  const pred = branchTaken(dst.v, src?.v ?? constant, op, jmp32);
  if (pred >= 0) {
    if (dst.v.type === 'SCALAR_VALUE') err = markChainPrecision(env, insn.dst);
    if (src && !err && src.v.type === 'SCALAR_VALUE') err = markChainPrecision(env, insn.src);
    if (err) return err;
    printInsnState(env, curFrame(st));
    if (pred === 1) env.insn_idx += insn.off;
    return 0;
  }
  const linked: LinkedReg[] = [];
  // Operands with one origin are collected twice, which uses up places.
  if (src && src.v.type === 'SCALAR_VALUE' && src.v.id) collectLinked(st, src.v.id, linked);
  if (dst.v.type === 'SCALAR_VALUE' && dst.v.id) collectLinked(st, dst.v.id, linked);
  if (linked.length > 1) pushHistory(env, st, undefined, linked);
  const other = pushStack(env, env.insn_idx + insn.off + 1, env.insn_idx);
  if (typeof other === 'number') return other;
  const otherRegs = curFrame(other).regs;
  err = learn(env, [st, other], insn, row, constant, linked);
  if (err) return err;
  if (src && !jmp32 && notNullIfEqual(src.v, dst.v)) {
    const equal = op === 'jeq' ? otherRegs : op === 'jne' ? regs : undefined;
    if (equal) markNotNull(equal[mayBeNull(src.v) ? insn.src : insn.dst]!);
  }
  if (!jmp32 && !src && insn.imm === 0 && (op === 'jeq' || op === 'jne') && mayBeNull(dst.v)) {
    markPtrOrNullRegs(st, insn.dst, op === 'jne');
    markPtrOrNullRegs(other, insn.dst, op === 'jeq');
  } else if (src && !jmp32) matchPacketPointers(op, insn, dst.v, src.v, st, other);
  printInsnState(env, curFrame(st));
  return 0;
}

function learn(
  env: Env,
  [st, other]: readonly [State, State],
  insn: Insn,
  row: JumpRow,
  constant: Reg,
  linked: readonly LinkedReg[],
): Err {
  const fromReg = row.operand === 'reg';
  const same = fromReg && insn.dst === insn.src;
  const pairOf = (s: State): Pair => {
    const { regs } = curFrame(s);
    const dst = draft(regs[insn.dst]!.v);
    return { dst, src: same ? dst : draft(fromReg ? regs[insn.src]!.v : constant) };
  };
  const taken = pairOf(other);
  const fallen = pairOf(st);
  if (fallen.dst.type === 'SCALAR_VALUE' && fallen.src.type === 'SCALAR_VALUE') {
    const err = setMinMax(env, taken, fallen, row.op, row.width === 32);
    if (err) return err;
    for (const [s, pair] of [
      [st, fallen],
      [other, taken],
    ] as const) {
      const { regs } = curFrame(s);
      regs[insn.dst]!.v = pair.dst;
      if (fromReg) regs[insn.src]!.v = pair.src;
    }
  }
  const operands = fromReg ? [insn.src, insn.dst] : [insn.dst];
  for (const r of operands) {
    const { v } = curFrame(st).regs[r]!;
    if (v.type !== 'SCALAR_VALUE' || v.id === 0) continue;
    syncLinkedRegs(st, curFrame(st).regs[r]!, linked);
    syncLinkedRegs(other, curFrame(other).regs[r]!, linked);
  }
  return 0;
}
