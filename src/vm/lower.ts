/** Makes decoded insns ready to run: operands as word offsets, jump targets as slots, 64-bit immediates resolved. */
import type { Insn } from '../isa/insn.ts';
import { slotsOf } from '../isa/insn.ts';
import { hiHalf, loHalf } from '../util/bits.ts';
import type { Problem } from '../util/problem.ts';
import { probeLoads } from './ctxFlow.ts';
import type { Executable } from './executable.ts';
import { KIND, LOWERED } from './executable.ts';
import { vmProblem } from './messages.ts';

/** The value of a ld_imm64 as two halves, or undefined when the loader has none. */
export type ResolveImm64 = (slot: number, insn: Insn) => readonly [number, number] | undefined;

export interface LowerInput {
  readonly id: number;
  readonly name: string;
  readonly progType: string;
  readonly ctxStruct: string;
  readonly text: number;
  readonly insns: readonly Insn[];
  readonly resolve: ResolveImm64;
  /** Offsets of the context at which pointers to plain memory lie, where others are pointers to kernel objects. */
  readonly ctxBuffers?: readonly number[];
  /** Bytes of the structs of the program's BTF by type id. */
  readonly localTypes?: ReadonlyMap<number, number>;
  /** Which kfunc a call means, as `kfuncIndex` counts them; undefined where no name says so. */
  readonly kfunc?: (slot: number) => number | undefined;
  /** The id of bpf_tail_call, which is an insn to the interpreter. */
  readonly tailCallHelper: number;
}

const NO_TYPES: ReadonlyMap<number, number> = new Map();

interface Lowered {
  kind: number;
  off?: number;
  lo?: number;
  hi?: number;
  size?: number;
  target?: number;
}

/** The operands of one insn, or why it cannot run. */
function lowerInsn(insn: Insn, slot: number, input: LowerInput, starts: Uint8Array): Lowered | Problem {
  const { row } = insn;
  if (!row) return vmProblem('bad-insn', {}, { defect: insn.defect ?? 'unknown-opcode' });
  if (insn.defect === 'bad-dst' || insn.defect === 'bad-src' || insn.defect === 'missing-second-slot') {
    return vmProblem('bad-insn', {}, { defect: insn.defect });
  }
  const imm = { lo: insn.imm, hi: insn.imm >> 31 };
  const jump = (kind: number, distance: number): Lowered | Problem => {
    const target = slot + 1 + distance;
    if (starts[target] !== 1) return vmProblem('jump-range', {}, { target, count: starts.length });
    return { kind, target, ...imm };
  };
  switch (row.kind) {
    case 'alu':
      return { kind: row.operand === 'reg' ? KIND.aluReg : KIND.aluImm, ...imm };
    case 'jump':
      return jump(row.operand === 'reg' ? KIND.jumpReg : KIND.jumpImm, insn.off);
    case 'goto':
      return jump(KIND.goto, row.distance === 'off' ? insn.off : insn.imm);
    case 'may_goto':
      return jump(KIND.mayGoto, insn.off);
    case 'load':
      return { kind: KIND.load, off: insn.off, size: row.signed ? -row.size : row.size };
    case 'store':
      return { kind: row.operand === 'reg' ? KIND.storeReg : KIND.storeImm, off: insn.off, size: row.size, ...imm };
    case 'atomic':
      return { kind: KIND.atomic, off: insn.off, size: row.size };
    case 'ld_imm64': {
      const value = row.pseudo === 'func' ? undefined : input.resolve(slot, insn);
      if (value) return { kind: KIND.ldImm64, lo: value[0], hi: value[1] };
      if (row.pseudo !== 'func') return vmProblem('unresolved', {}, { pseudo: row.pseudo });
      const target = slot + 1 + insn.imm;
      if (starts[target] !== 1) return vmProblem('jump-range', {}, { target, count: starts.length });
      const address = BigInt(input.text + 8 * target);
      return { kind: KIND.ldImm64, lo: loHalf(address), hi: hiHalf(address) };
    }
    case 'ld_packet':
      return { kind: KIND.ldPacket, size: row.size, off: row.indirect ? 1 : 0, ...imm };
    case 'call':
      if (row.target === 'local') return jump(KIND.call, insn.imm);
      if (row.target === 'reg') return { kind: KIND.callReg };
      if (row.target === 'kfunc') {
        const index = input.kfunc?.(slot) ?? -1;
        return index < 0 ? vmProblem('kfunc', {}, { id: insn.imm }) : { kind: KIND.kfunc, lo: index };
      }
      return { kind: insn.imm === input.tailCallHelper ? KIND.tailCall : KIND.helper, ...imm };
    case 'exit':
      return { kind: KIND.exit };
    case 'addr_space_cast':
      return vmProblem('bad-insn', {}, { defect: 'arenas are not simulated yet' });
  }
}

/** Lowers a program. Insns that cannot run become faults when execution reaches them, as in an unverified program. */
export function lower(input: LowerInput): Executable {
  const count = input.insns.reduce((sum, insn) => sum + slotsOf(insn), 0);
  const starts = new Uint8Array(count);
  let slot = 0;
  for (const insn of input.insns) {
    starts[slot] = 1;
    slot += slotsOf(insn);
  }
  const code = new Int32Array(count * LOWERED.words);
  const rows = new Array<Executable['rows'][number]>(count).fill(undefined);
  const insns = new Array<Insn | undefined>(count).fill(undefined);
  const defects = new Map<number, Problem>();
  slot = 0;
  for (const insn of input.insns) {
    const lowered = lowerInsn(insn, slot, input, starts);
    rows[slot] = insn.row;
    insns[slot] = insn;
    if ('code' in lowered) defects.set(slot, lowered);
    else {
      const words = [
        lowered.kind,
        2 * insn.dst,
        2 * insn.src,
        lowered.off,
        lowered.lo,
        lowered.hi,
        lowered.size,
        lowered.target,
      ];
      code.set(
        words.map((w) => w ?? 0),
        slot * LOWERED.words,
      );
    }
    slot += slotsOf(insn);
  }
  const { id, name, progType, ctxStruct, text } = input;
  const localTypes = input.localTypes ?? NO_TYPES;
  const probes = probeLoads(progType, insns, input.ctxBuffers ?? []);
  return { id, name, progType, ctxStruct, text, code, rows, insns, localTypes, probes, defects };
}
