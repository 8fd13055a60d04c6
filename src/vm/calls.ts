/** Calls and exits: of helpers, through registers, into other programs, and back. */
import { HELPERS } from '../spec/helpers/index.ts';
import { joinHalves } from '../util/bits.ts';
import { bindings, checkArgs } from './binding.ts';
import type { Cpu } from './cpu.ts';
import { WORD } from './frames.ts';
import type { RunStatus } from './host.ts';
import { loopNext, loopStart } from './loops.ts';
import { vmProblem } from './messages.ts';

/** Tail calls that one run may make (MAX_TAIL_CALL_CNT). */
const MAX_TAIL_CALLS = 33;
const R0 = 0;
const R6 = 12;

/** callx: the address of a subprogram in a register. */
export function callRegister(cpu: Cpu, fp: number, d: number): RunStatus | undefined {
  const words = cpu.arena.i32;
  const addr = cpu.address(d, 0);
  const prog = addr < 0 ? undefined : cpu.host.programAt(addr);
  if (prog) return cpu.pushFrame(prog, (addr - prog.text) >> 3);
  // The conformance suite's callx names a helper by number.
  if (words[d + 1] === 0 && bindings.has(words[d]!)) return callHelper(cpu, fp, words[d]!);
  const value = `0x${joinHalves(words[d]!, words[d + 1]!).toString(16)}`;
  return cpu.fault(vmProblem('not-a-prog', {}, { value }));
}

/** bpf_tail_call: the program in the slot replaces the current frame's, or execution goes on behind the call. */
export function tailCall(cpu: Cpu, fp: number): RunStatus | undefined {
  const words = cpu.arena.i32;
  const map = cpu.address(fp + 4, 0);
  const problem = checkArgs(bindings.get(HELPERS.bpf_tail_call.id)!, cpu.host.env, words, fp);
  if (problem) return cpu.fault(problem);
  const target = cpu.tailCalls < MAX_TAIL_CALLS ? cpu.host.tailCallTarget(map, words[fp + 6]! >>> 0) : undefined;
  if (!target) {
    cpu.pc++;
    return undefined;
  }
  cpu.tailCalls++;
  cpu.prog = target;
  cpu.pc = 0;
  return undefined;
}

/** Leaves the current frame; leaving the first ends the run. */
export function exit(cpu: Cpu, fp: number): RunStatus | undefined {
  const words = cpu.arena.i32;
  const lo = words[fp + R0]!;
  const hi = words[fp + R0 + 1]!;
  if (cpu.depth === 0) return { state: 'done', lo, hi };
  const loop = words[fp + WORD.loopHelper]!;
  if (loop !== 0) loopNext(cpu, fp, loop, lo);
  else cpu.popFrame(lo, hi);
  return undefined;
}

/** LD_ABS and LD_IND: past the packet's end the function exits with 0. `source`: word of the index register, or -1. */
export function loadPacket(cpu: Cpu, fp: number, source: number, imm: number, size: number): RunStatus | undefined {
  const words = cpu.arena.i32;
  const offset = (imm + (source < 0 ? 0 : words[source]!)) | 0;
  const value = cpu.host.packetLoad(cpu.address(fp + R6, 0), offset, size);
  if (value < 0) {
    words[fp + R0] = 0;
    words[fp + R0 + 1] = 0;
    return exit(cpu, fp);
  }
  words[fp + R0] = value;
  words[fp + R0 + 1] = 0;
  cpu.pc++;
  return undefined;
}

/** Checks the arguments against the helper's row, calls it and puts its result into R0. */
export function callHelper(cpu: Cpu, fp: number, id: number): RunStatus | undefined {
  const binding = bindings.get(id);
  if (!binding) return cpu.fault(vmProblem('unknown-helper', {}, { id }));
  const { env } = cpu.host;
  const problem = checkArgs(binding, env, cpu.arena.i32, fp);
  if (problem) return cpu.fault(problem);
  if (binding.loop) return loopStart(cpu, fp, binding);
  if (!binding.impl) return cpu.fault(vmProblem('not-simulated', {}, { name: binding.name, id }));
  const value = binding.impl(env, cpu.arena.i32, fp);
  const words = cpu.arena.i32;
  const { result, lack } = cpu.host;
  if (lack.what !== '') {
    const { what } = lack;
    lack.what = '';
    return cpu.fault(vmProblem('not-simulated-call', {}, { name: binding.name, what }));
  }
  words[fp + R0] = value === undefined ? result.lo : value;
  words[fp + R0 + 1] = value === undefined ? result.hi : value < 0 ? -1 : 0;
  cpu.pc++;
  return undefined;
}
