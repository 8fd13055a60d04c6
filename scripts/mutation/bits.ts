/** Which bits of registers anybody looks at: what differs in others only is no difference. */
import type { Insn } from '../../src/isa/insn.ts';
import { helperRow } from '../../src/spec/helpers/index.ts';
import type { Code } from './code.ts';
import { calleeOf, functionOf, successors } from './flow.ts';
import { answersOf, liveBefore } from './live.ts';
import { immRange, U64 } from './range.ts';

/** For r0 to r10: the bits whose values may matter. */
export type Demand = readonly bigint[];

const lowBits = (n: number): bigint => (1n << BigInt(n)) - 1n;
/** Sums and products: a bit depends on those below it only. */
const upTo = (bits: bigint): bigint => (bits === 0n ? 0n : lowBits(bits.toString(2).length));

/** Bits of dst and of the operand that a result's bits depend on. */
function aluDemand({ row, imm }: Insn, wanted: bigint): readonly [dst: bigint, src: bigint] {
  if (row?.kind !== 'alu') return [U64, U64];
  const result = row.width === 32 ? wanted & lowBits(32) : wanted;
  const constant = row.operand === 'imm' ? immRange(imm, row.width).lo : undefined;
  const inside = (bits: bigint): bigint => (row.width === 32 ? bits & lowBits(32) : bits & U64);
  switch (row.op) {
    case 'mov':
      return [0n, result];
    case 'and':
      return [constant === undefined ? result : result & constant, result];
    case 'or':
      return [constant === undefined ? result : result & ~constant, result];
    case 'xor':
      return [result, result];
    case 'add':
    case 'sub':
    case 'mul':
      return [upTo(result), upTo(result)];
    case 'lsh':
      return constant === undefined ? [inside(U64), U64] : [inside(result >> constant), 0n];
    case 'rsh':
      return constant === undefined ? [inside(U64), U64] : [inside(result << constant), 0n];
    case 'le':
    case 'be':
    case 'bswap':
      return [result === 0n ? 0n : lowBits(row.fixed.imm ?? 64), 0n];
    default:
      return result === 0n ? [0n, 0n] : [U64, U64];
  }
}

/** Bits of a helper's argument that it looks at: those of its type in C. */
function argumentBits(insn: Insn, register: number): bigint {
  const type =
    insn.row?.kind === 'call' && insn.row.target === 'helper' ? helperRow(insn.imm)?.ctypes[register - 1] : '';
  return type === 'u32' || type === 'int' ? lowBits(32) : U64;
}

/** What is demanded before an insn, where `after` is behind it; of a call that of the callee's beginning, of an exit that of r0. */
function before(insn: Insn, after: Demand, live: number, callee: Demand | undefined, answer: bigint): Demand {
  const { row, dst, src } = insn;
  const demand = [...after];
  const add = (register: number, bits: bigint): void => {
    demand[register] = demand[register]! | bits;
  };
  switch (row?.kind) {
    case 'alu': {
      const [own, operand] = aluDemand(insn, after[dst]!);
      demand[dst] = own;
      if (row.operand === 'reg') add(src, operand);
      return demand;
    }
    case 'jump':
      add(dst, row.width === 32 ? lowBits(32) : U64);
      if (row.operand === 'reg') add(src, row.width === 32 ? lowBits(32) : U64);
      return demand;
    case 'load':
      // A load may fault: its address matters always.
      demand[dst] = 0n;
      add(src, U64);
      return demand;
    case 'store':
      add(dst, U64);
      if (row.operand === 'reg') add(src, lowBits(8 * row.size));
      return demand;
    case 'goto':
    case 'may_goto':
      return demand;
    case 'ld_imm64':
      demand[dst] = 0n;
      return demand;
    case 'atomic':
      add(dst, U64);
      add(src, U64);
      if (row.op === 'cmpxchg') add(0, U64);
      return demand;
    case 'call':
      for (let r = 0; r <= 5; r++) demand[r] = (live & (1 << r)) === 0 ? 0n : (callee?.[r] ?? argumentBits(insn, r));
      if (row.target === 'reg') add(dst, U64);
      return demand;
    case 'exit':
      return demand.map((_, r) => (r === 0 ? answer : 0n));
    default:
      return demand.map(() => U64);
  }
}

/** The bits of each register that matter behind every insn. */
export function demandBehind(code: Code): readonly Demand[] {
  const { insns, entries } = code;
  const answers = answersOf(code).map((taken) => (taken ? U64 : 0n));
  const live = liveBefore(code);
  const none: Demand = new Array<bigint>(11).fill(0n);
  const at = new Array<Demand>(insns.length).fill(none);
  const behind = (insn: Insn, slot: number): Demand =>
    successors(insn, slot).reduce((sum, to) => sum.map((bits, r) => bits | (at[to]?.[r] ?? U64)), none);
  for (let changed = true; changed; ) {
    changed = false;
    for (let slot = insns.length - 1; slot >= 0; slot--) {
      const insn = insns[slot];
      if (!insn) continue;
      const after = behind(insn, slot);
      const callee = calleeOf(insn, slot);
      const now = before(
        insn,
        after,
        live[slot]!,
        callee === undefined ? undefined : at[callee],
        answers[functionOf(entries, slot)]!,
      );
      const f = callee === undefined ? -1 : entries.indexOf(callee);
      if (f >= 0 && (answers[f]! | after[0]!) !== answers[f]) {
        answers[f] = answers[f]! | after[0]!;
        changed = true;
      }
      if (now.every((bits, r) => bits === at[slot]![r])) continue;
      at[slot] = now;
      changed = true;
    }
  }
  return insns.map((insn, slot) => (insn ? behind(insn, slot) : none));
}
