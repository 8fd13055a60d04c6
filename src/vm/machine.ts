/**
 * The interpreter: one running program over the registers and stacks in linear memory. `advance(n)` runs at most n
 * insns, so stepping is `advance(1)`; pausing anywhere changes nothing.
 */

import type { LoopState } from '../helpers/env.ts';
import type { AluRow, AtomicRow, JumpRow } from '../isa/rows.ts';
import type { Arena } from '../mem/arena.ts';
import { PERM_READ, PERM_RW, PERM_WRITE } from '../mem/arena.ts';
import { kindNumber } from '../mem/kinds.ts';
import { joinHalves } from '../util/bits.ts';
import type { Problem } from '../util/problem.ts';
import type { Binding } from './binding.ts';
import { bindings, checkArgs } from './binding.ts';
import type { Executable } from './executable.ts';
import { KIND, LOWERED } from './executable.ts';
import type { Frames } from './frames.ts';
import {
  BUFFER_SIZE,
  FRAME_BYTES,
  FRAME_WORDS,
  MAX_FRAMES,
  MAY_GOTO_LIMIT,
  STACK_SIZE,
  stackTop,
  WORD,
} from './frames.ts';
import type { MachineHost, MachineState, RunStatus } from './host.ts';
import { vmProblem } from './messages.ts';

/** Tail calls that one run may make (MAX_TAIL_CALL_CNT). */
const MAX_TAIL_CALLS = 33;
const CTX_KIND = kindNumber('ctx');
const PAUSED: RunStatus = { state: 'paused' };
const R0 = 0;
const R6 = 12;

export class Machine {
  readonly #host: MachineHost;
  readonly #arena: Arena;
  readonly #frames: Frames;
  readonly #limit: number;
  #prog: Executable;
  #pc = 0;
  #depth = 0;
  #insns = 0;
  #tailCalls = 0;
  #status: RunStatus = PAUSED;
  readonly #pair = new Int32Array(2);

  /** A run of `prog` that faults after `limit` insns; call `start` or `restore` next. */
  constructor(host: MachineHost, frames: Frames, prog: Executable, limit: number) {
    this.#host = host;
    this.#arena = host.env.arena;
    this.#frames = frames;
    this.#prog = prog;
    this.#limit = limit;
  }

  /** Begins at the program's first insn with R1 = `ctx`, everything else zero. */
  start(ctx: number): void {
    this.#arena.fill(this.#frames.registers, 0, MAX_FRAMES * FRAME_BYTES);
    this.#arena.fill(this.#frames.stack, 0, MAX_FRAMES * STACK_SIZE);
    this.#enterFrame(0);
    this.setRegister(1, ctx, 0);
  }

  get prog(): Executable {
    return this.#prog;
  }

  /** The slot of the insn that runs next. */
  get pc(): number {
    return this.#pc;
  }

  /** Insns executed so far. */
  get insns(): number {
    return this.#insns;
  }

  get status(): RunStatus {
    return this.#status;
  }

  /** A register of the current frame, unsigned. */
  register(index: number): bigint {
    const at = this.#frameWord() + 2 * index;
    const words = this.#arena.i32;
    return joinHalves(words[at]!, words[at + 1]!);
  }

  setRegister(index: number, lo: number, hi: number): void {
    this.#arena.setU64(this.#frames.registers + this.#depth * FRAME_BYTES + 8 * index, lo, hi);
  }

  /** The part of the run outside linear memory; with a snapshot of the memory it is the whole run. */
  save(): MachineState {
    return {
      progId: this.#prog.id,
      pc: this.#pc,
      depth: this.#depth,
      insns: this.#insns,
      tailCalls: this.#tailCalls,
      status: this.#status,
    };
  }

  restore(state: MachineState): void {
    const prog = this.#host.program(state.progId);
    if (!prog) throw new Error(`no program ${state.progId} to restore`);
    this.#prog = prog;
    this.#pc = state.pc;
    this.#depth = state.depth;
    this.#insns = state.insns;
    this.#tailCalls = state.tailCalls;
    this.#status = state.status;
  }

  /** Runs until the program ends, faults or has executed `budget` insns more. */
  advance(budget: number): RunStatus {
    if (this.#status.state !== 'paused') return this.#status;
    this.#arena.touchRange(this.#frames.registers, MAX_FRAMES * FRAME_BYTES);
    this.#status = this.#run(Math.min(budget, this.#limit - this.#insns));
    if (this.#status === PAUSED && this.#insns >= this.#limit) {
      this.#status = this.#fault(vmProblem('budget', {}, { limit: this.#limit }));
    }
    return this.#status;
  }

  #frameWord(): number {
    return (this.#frames.registers >> 2) + this.#depth * FRAME_WORDS;
  }

  /** Makes frame `depth` current: its stack becomes accessible, the deeper ones cease to be. */
  #enterFrame(depth: number): void {
    this.#depth = depth;
    const top = stackTop(this.#frames, depth);
    const fp = this.#frameWord();
    const words = this.#arena.i32;
    words[fp + WORD.r10] = top;
    words[fp + WORD.r10 + 1] = 0;
    words[fp + WORD.mayGoto] = MAY_GOTO_LIMIT;
    this.#openStack();
  }

  #openStack(): void {
    const window = this.#frames.windowWord;
    this.#arena.touch(window << 2);
    this.#arena.i32[window] = stackTop(this.#frames, this.#depth) - STACK_SIZE;
  }

  #fault(problem: Problem): RunStatus {
    return { state: 'fault', problem: { ...problem, at: { insn: this.#pc } } };
  }

  #run(fuel: number): RunStatus {
    const arena = this.#arena;
    let { code, rows } = this.#prog;
    let words = arena.i32;
    let fp = this.#frameWord();
    let pc = this.#pc;
    const end = this.#insns + fuel;
    let insns = this.#insns;
    // Registers live in `words`; `pc` and `insns` are written back before anything looks at them.
    for (; insns < end; insns++) {
      const at = pc * LOWERED.words;
      if (at >= code.length) {
        this.#pc = pc;
        this.#insns = insns;
        return this.#fault(vmProblem('no-insn', {}, { pc }));
      }
      const d = fp + code[at + LOWERED.dst]!;
      switch (code[at]) {
        case KIND.aluImm:
          (rows[pc] as AluRow).exec(words, d, code[at + LOWERED.lo]!, code[at + LOWERED.hi]!);
          pc++;
          break;
        case KIND.aluReg: {
          const s = fp + code[at + LOWERED.src]!;
          (rows[pc] as AluRow).exec(words, d, words[s]!, words[s + 1]!);
          pc++;
          break;
        }
        case KIND.jumpImm: {
          const taken = (rows[pc] as JumpRow).exec(
            words[d]!,
            words[d + 1]!,
            code[at + LOWERED.lo]!,
            code[at + LOWERED.hi]!,
          );
          pc = taken ? code[at + LOWERED.target]! : pc + 1;
          break;
        }
        case KIND.jumpReg: {
          const s = fp + code[at + LOWERED.src]!;
          const taken = (rows[pc] as JumpRow).exec(words[d]!, words[d + 1]!, words[s]!, words[s + 1]!);
          pc = taken ? code[at + LOWERED.target]! : pc + 1;
          break;
        }
        case KIND.goto:
          pc = code[at + LOWERED.target]!;
          break;
        case KIND.ldImm64:
          words[d] = code[at + LOWERED.lo]!;
          words[d + 1] = code[at + LOWERED.hi]!;
          pc += 2;
          break;
        case KIND.mayGoto: {
          const left = words[fp + WORD.mayGoto]!;
          if (left === 0) pc = code[at + LOWERED.target]!;
          else {
            words[fp + WORD.mayGoto] = left - 1;
            pc++;
          }
          break;
        }
        default: {
          this.#pc = pc;
          this.#insns = insns;
          const stop = this.#slow(at, d, fp);
          if (stop) {
            // The insn that ends the program counts; the one that faults did not happen.
            if (stop.state === 'done') this.#insns = insns + 1;
            return stop;
          }
          pc = this.#pc;
          ({ code, rows } = this.#prog);
          words = arena.i32;
          fp = this.#frameWord();
        }
      }
    }
    this.#pc = pc;
    this.#insns = insns;
    return PAUSED;
  }

  /** The insns that touch memory, call or end; `#pc` is theirs and is moved on. Answers what ends the run. */
  #slow(at: number, d: number, fp: number): RunStatus | undefined {
    const { code } = this.#prog;
    const s = fp + code[at + LOWERED.src]!;
    switch (code[at]) {
      case KIND.load:
        return this.#load(d, s, code[at + LOWERED.off]!, code[at + LOWERED.size]!);
      case KIND.storeReg: {
        const words = this.#arena.i32;
        return this.#store(d, code[at + LOWERED.off]!, code[at + LOWERED.size]!, words[s]!, words[s + 1]!);
      }
      case KIND.storeImm:
        return this.#store(
          d,
          code[at + LOWERED.off]!,
          code[at + LOWERED.size]!,
          code[at + LOWERED.lo]!,
          code[at + LOWERED.hi]!,
        );
      case KIND.atomic:
        return this.#atomic(fp, d, s, code[at + LOWERED.off]!);
      case KIND.helper:
        return this.#helper(fp, code[at + LOWERED.lo]!);
      case KIND.call:
        return this.#call(fp, this.#prog, code[at + LOWERED.target]!);
      case KIND.callReg:
        return this.#callReg(fp, d);
      case KIND.tailCall:
        return this.#tailCall(fp);
      case KIND.exit:
        return this.#exit(fp);
      case KIND.ldPacket:
        return this.#ldPacket(
          fp,
          code[at + LOWERED.off] === 1 ? s : -1,
          code[at + LOWERED.lo]!,
          code[at + LOWERED.size]!,
        );
      default: {
        const defect = this.#prog.defects.get(this.#pc);
        return this.#fault(defect ?? vmProblem('no-insn', {}, { pc: this.#pc }));
      }
    }
  }

  /** The address in a register pair plus an offset, or -1 when the pair is no address. */
  #address(reg: number, off: number): number {
    const words = this.#arena.i32;
    return words[reg + 1] === 0 ? (words[reg]! >>> 0) + off : -1;
  }

  #accessFault(reg: number, off: number, size: number, perm: number): RunStatus {
    const addr = this.#address(reg, off);
    const words = this.#arena.i32;
    if (addr < 0 || addr >= 2 ** 32) {
      const value = `0x${joinHalves(words[reg]!, words[reg + 1]!).toString(16)}`;
      const access = perm & PERM_WRITE ? 'write' : 'read';
      return this.#fault(vmProblem('not-an-address', {}, { size, access, value }));
    }
    return this.#fault(this.#arena.accessFault(addr, size, perm, (r) => this.#host.ownerName(r.kind, r.owner)));
  }

  #ctxFault(addr: number, size: number, access: string): RunStatus {
    const region = this.#arena.region(addr);
    const off = addr - (region?.lo ?? 0);
    return this.#fault(vmProblem('ctx-access', {}, { off, size, access, struct: this.#prog.ctxStruct }));
  }

  #load(d: number, s: number, off: number, signedSize: number): RunStatus | undefined {
    const size = Math.abs(signedSize);
    const addr = this.#address(s, off);
    const kind = addr < 0 ? -1 : this.#arena.check(addr, size, PERM_READ);
    if (kind < 0) return this.#accessFault(s, off, size, PERM_READ);
    const words = this.#arena.i32;
    if (kind === CTX_KIND) {
      if (!this.#host.ctxLoad(addr, size)) return this.#ctxFault(addr, size, 'read');
      words[d] = this.#host.result.lo;
      words[d + 1] = this.#host.result.hi;
    } else {
      const { dv } = this.#arena;
      words[d + 1] = 0;
      if (size === 8) {
        words[d] = dv.getInt32(addr, true);
        words[d + 1] = dv.getInt32(addr + 4, true);
      } else if (size === 4) words[d] = dv.getInt32(addr, true);
      else words[d] = size === 2 ? dv.getUint16(addr, true) : dv.getUint8(addr);
    }
    if (signedSize < 0) {
      const shift = 32 - 8 * size;
      const value = (words[d]! << shift) >> shift;
      words[d] = value;
      words[d + 1] = value >> 31;
    }
    this.#pc++;
    return undefined;
  }

  #store(d: number, off: number, size: number, lo: number, hi: number): RunStatus | undefined {
    const addr = this.#address(d, off);
    const kind = addr < 0 ? -1 : this.#arena.check(addr, size, PERM_WRITE);
    if (kind < 0) return this.#accessFault(d, off, size, PERM_WRITE);
    if (kind === CTX_KIND) {
      if (!this.#host.ctxStore(addr, size, lo, hi)) return this.#ctxFault(addr, size, 'write');
    } else if (size === 8) this.#arena.setU64(addr, lo, hi);
    else if (size === 4) this.#arena.setU32(addr, lo);
    else if (size === 2) this.#arena.setU16(addr, lo);
    else this.#arena.setU8(addr, lo);
    this.#pc++;
    return undefined;
  }

  #atomic(fp: number, d: number, s: number, off: number): RunStatus | undefined {
    const row = this.#prog.rows[this.#pc] as AtomicRow;
    const addr = this.#address(d, off);
    const kind = addr < 0 ? -1 : this.#arena.check(addr, row.size, PERM_RW);
    if (kind < 0) return this.#accessFault(d, off, row.size, PERM_RW);
    if (kind === CTX_KIND) return this.#ctxFault(addr, row.size, 'atomic');
    const { dv } = this.#arena;
    const words = this.#arena.i32;
    const wide = row.size === 8;
    const pair = this.#pair;
    const lo = dv.getInt32(addr, true);
    const hi = wide ? dv.getInt32(addr + 4, true) : 0;
    pair[0] = lo;
    pair[1] = hi;
    row.exec(pair, 0, words[s]!, wide ? words[s + 1]! : 0, words[fp + R0]!, wide ? words[fp + R0 + 1]! : 0);
    if (wide) this.#arena.setU64(addr, pair[0]!, pair[1]!);
    else this.#arena.setU32(addr, pair[0]!);
    if (row.fetch) {
      const to = row.op === 'cmpxchg' ? fp + R0 : s;
      words[to] = lo;
      words[to + 1] = hi;
    }
    this.#pc++;
    return undefined;
  }

  #call(fp: number, prog: Executable, target: number, loopHelper = 0): RunStatus | undefined {
    if (this.#depth + 1 >= MAX_FRAMES) return this.#fault(vmProblem('call-depth', {}, { limit: MAX_FRAMES }));
    const words = this.#arena.i32;
    const callee = fp + FRAME_WORDS;
    words.copyWithin(callee, fp, fp + WORD.r10);
    words[callee + WORD.returnPc] = this.#pc + 1;
    words[callee + WORD.returnProg] = this.#prog.id;
    words[callee + WORD.loopHelper] = loopHelper;
    this.#enterFrame(this.#depth + 1);
    this.#prog = prog;
    this.#pc = target;
    return undefined;
  }

  #callReg(fp: number, d: number): RunStatus | undefined {
    const words = this.#arena.i32;
    const addr = this.#address(d, 0);
    const prog = addr < 0 ? undefined : this.#host.programAt(addr);
    if (prog) return this.#call(fp, prog, (addr - prog.text) >> 3);
    // The conformance suite's callx names a helper by number.
    if (words[d + 1] === 0 && bindings.has(words[d]!)) return this.#helper(fp, words[d]!);
    const value = `0x${joinHalves(words[d]!, words[d + 1]!).toString(16)}`;
    return this.#fault(vmProblem('not-a-prog', {}, { value }));
  }

  #tailCall(fp: number): RunStatus | undefined {
    const words = this.#arena.i32;
    const map = this.#address(fp + 4, 0);
    const problem = checkArgs(bindings.get(12)!, this.#host.env, words, fp);
    if (problem) return this.#fault(problem);
    const target = this.#tailCalls < MAX_TAIL_CALLS ? this.#host.tailCallTarget(map, words[fp + 6]! >>> 0) : undefined;
    if (!target) {
      this.#pc++;
      return undefined;
    }
    this.#tailCalls++;
    this.#prog = target;
    this.#pc = 0;
    return undefined;
  }

  #exit(fp: number): RunStatus | undefined {
    const words = this.#arena.i32;
    const lo = words[fp + R0]!;
    const hi = words[fp + R0 + 1]!;
    if (this.#depth === 0) return { state: 'done', lo, hi };
    const loop = words[fp + WORD.loopHelper]!;
    const prog = this.#host.program(words[fp + WORD.returnProg]!);
    if (!prog) throw new Error('a frame returns to a program that is gone');
    if (loop !== 0) return this.#loopNext(fp, loop, lo);
    this.#pc = words[fp + WORD.returnPc]!;
    this.#prog = prog;
    this.#depth--;
    this.#openStack();
    const caller = fp - FRAME_WORDS;
    words[caller + R0] = lo;
    words[caller + R0 + 1] = hi;
    return undefined;
  }

  #ldPacket(fp: number, source: number, imm: number, size: number): RunStatus | undefined {
    const words = this.#arena.i32;
    const offset = (imm + (source < 0 ? 0 : words[source]!)) | 0;
    const value = this.#host.packetLoad(this.#address(fp + R6, 0), offset, size);
    if (value < 0) {
      words[fp + R0] = 0;
      words[fp + R0 + 1] = 0;
      return this.#exit(fp);
    }
    words[fp + R0] = value;
    words[fp + R0 + 1] = 0;
    this.#pc++;
    return undefined;
  }

  #helper(fp: number, id: number): RunStatus | undefined {
    const binding = bindings.get(id);
    if (!binding) return this.#fault(vmProblem('unknown-helper', {}, { id }));
    const { env } = this.#host;
    const problem = checkArgs(binding, env, this.#arena.i32, fp);
    if (problem) return this.#fault(problem);
    if (binding.loop) return this.#loopStart(fp, binding);
    if (!binding.impl) return this.#fault(vmProblem('not-simulated', {}, { name: binding.name, id }));
    const value = binding.impl(env, this.#arena.i32, fp);
    const words = this.#arena.i32;
    const { result } = this.#host;
    words[fp + R0] = value === undefined ? result.lo : value;
    words[fp + R0 + 1] = value === undefined ? result.hi : value < 0 ? -1 : 0;
    this.#pc++;
    return undefined;
  }

  /** The state words of a callback loop: they stand in the callback's frame, which is above frame word `fp`. */
  #loopState(callee: number): LoopState {
    const arena = this.#arena;
    const depth = (callee - (this.#frames.registers >> 2)) / FRAME_WORDS;
    return {
      buffer: this.#frames.buffers + depth * BUFFER_SIZE,
      get: (word) => arena.i32[callee + WORD.loopState + word]!,
      set: (word, value) => {
        arena.i32[callee + WORD.loopState + word] = value;
      },
    };
  }

  #loopStart(fp: number, binding: Binding): RunStatus | undefined {
    const loop = binding.loop!;
    const words = this.#arena.i32;
    const args = [1, 2, 3, 4, 5].map((n) => [words[fp + 2 * n]!, words[fp + 2 * n + 1]!] as const);
    const callback = this.#address(fp + 2 * (loop.callbackArg + 1), 0);
    const prog = callback < 0 ? undefined : this.#host.programAt(callback);
    if (!prog) return this.#fault(vmProblem('not-a-callback', {}, { name: binding.name, arg: loop.callbackArg + 1 }));
    if (this.#depth + 1 >= MAX_FRAMES) return this.#fault(vmProblem('call-depth', {}, { limit: MAX_FRAMES }));
    const callee = fp + FRAME_WORDS;
    const step = loop.start(this.#host.env, this.#loopState(callee), args);
    const now = this.#arena.i32;
    if ('done' in step) {
      now[fp + R0] = step.done;
      now[fp + R0 + 1] = step.hi ?? step.done >> 31;
      this.#pc++;
      return undefined;
    }
    const stop = this.#call(fp, prog, (callback - prog.text) >> 3, binding.id);
    if (!stop) this.#passArgs(callee, step.call);
    return stop;
  }

  #passArgs(callee: number, args: readonly (readonly [number, number])[]): void {
    const words = this.#arena.i32;
    args.forEach(([lo, hi], i) => {
      words[callee + 2 * (i + 1)] = lo;
      words[callee + 2 * (i + 1) + 1] = hi;
    });
  }

  /** A callback returned: ask its loop what comes next. */
  #loopNext(callee: number, helper: number, r0: number): RunStatus | undefined {
    const loop = bindings.get(helper)!.loop!;
    const step = loop.next(this.#host.env, this.#loopState(callee), r0);
    const words = this.#arena.i32;
    if ('call' in step) {
      // The callback's own address is still in the caller's argument register.
      const caller = callee - FRAME_WORDS;
      const entry = this.#address(caller + 2 * (loop.callbackArg + 1), 0);
      const prog = this.#host.programAt(entry)!;
      this.#prog = prog;
      this.#pc = (entry - prog.text) >> 3;
      words[callee + WORD.mayGoto] = MAY_GOTO_LIMIT;
      this.#passArgs(callee, step.call);
      return undefined;
    }
    this.#pc = words[callee + WORD.returnPc]!;
    this.#prog = this.#host.program(words[callee + WORD.returnProg]!)!;
    this.#depth--;
    this.#openStack();
    const caller = callee - FRAME_WORDS;
    words[caller + R0] = step.done;
    words[caller + R0 + 1] = step.hi ?? step.done >> 31;
    return undefined;
  }
}
