/** Helpers that call back into the program: the loop's state stands in the callback's frame, so it can be paused. */
import type { LoopState } from '../helpers/env.ts';
import type { Binding } from './binding.ts';
import { bindings } from './binding.ts';
import type { Cpu } from './cpu.ts';
import { BUFFER_SIZE, FRAME_WORDS, MAX_FRAMES, MAY_GOTO_LIMIT, WORD } from './frames.ts';
import type { RunStatus } from './host.ts';
import { vmProblem } from './messages.ts';

const R0 = 0;

/** The state words of a callback loop, in the callback's frame. */
function loopState(cpu: Cpu, callee: number): LoopState {
  const { arena } = cpu;
  const depth = (callee - (cpu.frames.registers >> 2)) / FRAME_WORDS;
  return {
    buffer: cpu.frames.buffers + depth * BUFFER_SIZE,
    get: (word) => arena.i32[callee + WORD.loopState + word]!,
    set: (word, value) => {
      arena.i32[callee + WORD.loopState + word] = value;
    },
  };
}

function passArgs(cpu: Cpu, callee: number, args: readonly (readonly [number, number])[]): void {
  const words = cpu.arena.i32;
  args.forEach(([lo, hi], i) => {
    words[callee + 2 * (i + 1)] = lo;
    words[callee + 2 * (i + 1) + 1] = hi;
  });
}

/** Begins a callback loop: its first call, or its result when there is nothing to call for. */
export function loopStart(cpu: Cpu, fp: number, binding: Binding): RunStatus | undefined {
  const loop = binding.loop!;
  const words = cpu.arena.i32;
  const args = [1, 2, 3, 4, 5].map((n) => [words[fp + 2 * n]!, words[fp + 2 * n + 1]!] as const);
  const callback = cpu.address(fp + 2 * (loop.callbackArg + 1), 0);
  const prog = callback < 0 ? undefined : cpu.host.programAt(callback);
  if (!prog) return cpu.fault(vmProblem('not-a-callback', {}, { name: binding.name, arg: loop.callbackArg + 1 }));
  if (cpu.depth + 1 >= MAX_FRAMES) return cpu.fault(vmProblem('call-depth', {}, { limit: MAX_FRAMES }));
  const callee = fp + FRAME_WORDS;
  const step = loop.start(cpu.host.env, loopState(cpu, callee), args);
  const now = cpu.arena.i32;
  if ('done' in step) {
    now[fp + R0] = step.done;
    now[fp + R0 + 1] = step.hi ?? step.done >> 31;
    cpu.pc++;
    return undefined;
  }
  const stop = cpu.pushFrame(prog, (callback - prog.text) >> 3, binding.id);
  if (!stop) passArgs(cpu, callee, step.call);
  return stop;
}

/** A callback returned: ask its loop what comes next. */
export function loopNext(cpu: Cpu, callee: number, helper: number, r0: number): void {
  const loop = bindings.get(helper)!.loop!;
  const step = loop.next(cpu.host.env, loopState(cpu, callee), r0);
  if ('done' in step) {
    cpu.popFrame(step.done, step.hi ?? step.done >> 31);
    return;
  }
  // The callback's own address is still in the caller's argument register.
  const entry = cpu.address(callee - FRAME_WORDS + 2 * (loop.callbackArg + 1), 0);
  const prog = cpu.host.programAt(entry)!;
  cpu.prog = prog;
  cpu.pc = (entry - prog.text) >> 3;
  cpu.arena.i32[callee + WORD.mayGoto] = MAY_GOTO_LIMIT;
  passArgs(cpu, callee, step.call);
}
