/** The insns that touch memory, call or end: which function carries each out. */
import { atomicMemory, loadMemory, storeMemory } from './access.ts';
import { callHelper, callRegister, exit, loadPacket, tailCall } from './calls.ts';
import type { Cpu } from './cpu.ts';
import { KIND, LOWERED } from './executable.ts';
import type { RunStatus } from './host.ts';
import { callKfunc } from './kfuncs.ts';
import { vmProblem } from './messages.ts';

/**
 * Carries out the insn at word `at` of the program's code; `d` is its dst register, `fp` the frame, both as words. Moves
 * `cpu.pc` on and answers what ends the run.
 */
export function dispatch(cpu: Cpu, at: number, d: number, fp: number): RunStatus | undefined {
  const { code } = cpu.prog;
  const s = fp + code[at + LOWERED.src]!;
  switch (code[at]) {
    case KIND.load:
      return loadMemory(cpu, d, s, code[at + LOWERED.off]!, code[at + LOWERED.size]!);
    case KIND.storeReg: {
      const words = cpu.arena.i32;
      return storeMemory(cpu, d, code[at + LOWERED.off]!, code[at + LOWERED.size]!, words[s]!, words[s + 1]!);
    }
    case KIND.storeImm:
      return storeMemory(
        cpu,
        d,
        code[at + LOWERED.off]!,
        code[at + LOWERED.size]!,
        code[at + LOWERED.lo]!,
        code[at + LOWERED.hi]!,
      );
    case KIND.atomic:
      return atomicMemory(cpu, fp, d, s, code[at + LOWERED.off]!);
    case KIND.helper:
      return callHelper(cpu, fp, code[at + LOWERED.lo]!);
    case KIND.kfunc:
      return callKfunc(cpu, fp, code[at + LOWERED.lo]!);
    case KIND.call:
      return cpu.pushFrame(cpu.prog, code[at + LOWERED.target]!);
    case KIND.callReg:
      return callRegister(cpu, fp, d);
    case KIND.tailCall:
      return tailCall(cpu, fp);
    case KIND.exit:
      return exit(cpu, fp);
    case KIND.ldPacket:
      return loadPacket(
        cpu,
        fp,
        code[at + LOWERED.off] === 1 ? s : -1,
        code[at + LOWERED.lo]!,
        code[at + LOWERED.size]!,
      );
    default: {
      const defect = cpu.prog.defects.get(cpu.pc);
      return cpu.fault(defect ?? vmProblem('no-insn', {}, { pc: cpu.pc }));
    }
  }
}
