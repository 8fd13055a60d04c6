/** What a program does, step by step, and the insns for it. */
import type { MapRequest } from '../../src/spec/request.ts';
import { type Code, REG } from './code.ts';

/** An argument of a helper. */
export type Arg =
  | bigint
  | 'ctx'
  /** What a `hold` step around this one holds. */
  | 'held'
  /** The last result that was stored: a number the verifier knows nothing of. */
  | 'last'
  /** Bytes at an offset of the input map, of the output map's buffers, of the stack (negative). */
  | { readonly in: number }
  | { readonly out: number }
  | { readonly stack: number }
  | { readonly map: MapRequest }
  /** The value of an array map with one element. */
  | { readonly text: MapRequest }
  /** A function that the program brings: see `CALLBACKS`. */
  | { readonly callback: CallbackName; readonly stopAt: number };

/** What becomes of R0: stored, its high half stored, compared with zero, dropped; `bump`: 8 bytes it points to, or NULL, are counted up and stored. */
export type Result = 'value' | 'high' | 'nonzero' | 'ignore' | 'bump' | 'pointer';

export interface CallStep {
  readonly call: number;
  readonly name: string;
  readonly args: readonly Arg[];
  readonly result?: Result;
}

export type Step =
  | CallStep
  /** R7 holds something while the body runs; nothing runs where there is nothing to hold. */
  | { readonly hold: Hold; readonly body: readonly Step[] }
  /** Reads `size` bytes of the context. */
  | { readonly peek: string; readonly off: number; readonly size: 1 | 2 | 4 | 8; readonly nonzero?: boolean }
  /** Writes a field of the context. */
  | { readonly poke: string; readonly off: number; readonly size: 1 | 2 | 4 | 8; readonly value: bigint }
  /** The length that the context's pointers show: the distance of two of its 4-byte pointers. */
  | { readonly distance: string; readonly from: number; readonly to: number }
  /** Reads, or writes, 8 bytes of what is held. */
  | { readonly held: number; readonly write?: bigint }
  /** Sets a word of the stack. */
  | { readonly stack: number; readonly value: Arg };

export type Hold =
  /** A helper's result that is a pointer or NULL. */
  | CallStep
  /** The socket at an offset of the context, as it is or as a full socket. */
  | { readonly sock: number; readonly full: boolean }
  /** A pointer into the packet with `size` bytes behind it; `data` and `end` are offsets of the context's pointers. */
  | { readonly packet: number; readonly size: number; readonly data: number; readonly end: number };

const SK_FULLSOCK = 95;

/** Where callbacks count in the output map, behind the buffers' ends: what they added up, and how often they ran. */
const SUM = 1008;
const RUNS = 1016;

/** Adds a register to a word of the output map, whose value's address goes to R5. */
function addTo(code: Code, at: number, reg: number): void {
  code.ldMap(5, 0, 2);
  code.insn(0xdb, 5, reg, at, 0);
}

/** R0 = 1 once more than `stopAt` calls were made, else 0. */
function stopAfter(code: Code, stopAt: number): void {
  code.insn(0x79, 1, 5, RUNS, 0);
  code.insn(0xb7, 0, 0, 0, 0);
  code.insn(0xb5, 1, 0, 1, stopAt);
  code.insn(0xb7, 0, 0, 0, 1);
  code.insn(0x95, 0, 0, 0, 0);
}

/** Bodies of callbacks: R1 … R5 as the helper gives them, R0 says whether to go on. */
const CALLBACKS = {
  /** bpf_loop: adds the indexes up. */
  loop: (code: Code, stopAt: number): void => {
    addTo(code, SUM, 1);
    code.insn(0xb7, 1, 0, 0, 1);
    addTo(code, RUNS, 1);
    stopAfter(code, stopAt);
  },
  /** bpf_for_each_map_elem: adds 4 bytes of keys and values up. */
  element: (code: Code, stopAt: number): void => {
    code.insn(0x61, 1, 2, 0, 0);
    code.insn(0x61, 2, 3, 0, 0);
    code.insn(0x0f, 1, 2, 0, 0);
    addTo(code, SUM, 1);
    code.insn(0xb7, 1, 0, 0, 1);
    addTo(code, RUNS, 1);
    stopAfter(code, stopAt);
  },
  /** A timer's, which never fires while a program runs. */
  nothing: (code: Code): void => {
    code.insn(0xb7, 0, 0, 0, 0);
    code.insn(0x95, 0, 0, 0, 0);
  },
} as const;
export type CallbackName = keyof typeof CALLBACKS;

const LOAD = { 1: 0x71, 2: 0x69, 4: 0x61, 8: 0x79 } as const;
const STORE = { 1: 0x73, 2: 0x6b, 4: 0x63, 8: 0x7b } as const;

/** Turns steps into insns of a program. */
export class Compiler {
  readonly #code: Code;
  readonly #functions: { readonly label: string; readonly name: CallbackName; readonly stopAt: number }[] = [];

  constructor(code: Code) {
    this.#code = code;
  }

  /** The functions that the steps named, behind the program's end. */
  functions(): void {
    for (const { label, name, stopAt } of this.#functions) {
      this.#code.function(label);
      CALLBACKS[name](this.#code, stopAt);
    }
  }

  steps(steps: readonly Step[]): void {
    for (const step of steps) this.#step(step);
  }

  #arg(reg: number, arg: Arg): void {
    const code = this.#code;
    if (arg === 'ctx') code.insn(0xbf, reg, REG.ctx, 0, 0);
    else if (arg === 'held') code.insn(0xbf, reg, REG.held, 0, 0);
    else if (arg === 'last') code.last(reg);
    else if (typeof arg === 'bigint') code.ld64(reg, arg);
    else if ('map' in arg) code.ldMap(reg, code.useMap(arg.map), 1);
    else if ('text' in arg) code.ldMap(reg, code.useMap(arg.text), 2);
    else if ('callback' in arg) {
      const label = code.fresh();
      this.#functions.push({ label, name: arg.callback, stopAt: arg.stopAt });
      code.ldCallback(reg, label);
    } else {
      const [base, off] = 'in' in arg ? [REG.in, arg.in] : 'out' in arg ? [REG.out, arg.out] : [REG.fp, arg.stack];
      code.insn(0xbf, reg, base, 0, 0);
      code.insn(0x07, reg, 0, 0, off);
    }
  }

  #call({ call, args }: CallStep): void {
    args.forEach((arg, i) => {
      this.#arg(i + 1, arg);
    });
    this.#code.insn(0x85, 0, 0, 0, call);
  }

  /** Jumps to `end` where there is nothing to hold. */
  #hold(hold: Hold, end: string): void {
    const code = this.#code;
    if ('sock' in hold) {
      code.insn(0x79, REG.held, REG.ctx, hold.sock, 0);
      code.jump(0x15, REG.held, 0, end);
      if (!hold.full) return;
      code.insn(0xbf, 1, REG.held, 0, 0);
      code.insn(0x85, 0, 0, 0, SK_FULLSOCK);
    } else if ('packet' in hold) {
      code.insn(0x61, REG.held, REG.ctx, hold.data, 0);
      code.insn(0x61, 2, REG.ctx, hold.end, 0);
      code.insn(0x07, REG.held, 0, 0, hold.packet);
      code.insn(0xbf, 1, REG.held, 0, 0);
      code.insn(0x07, 1, 0, 0, hold.size);
      code.jumpReg(0x2d, 1, 2, end);
      return;
    } else this.#call(hold);
    code.jump(0x15, 0, 0, end);
    code.insn(0xbf, REG.held, 0, 0, 0);
  }

  #result(result: Result, name: string): void {
    const code = this.#code;
    const end = code.fresh();
    if (result === 'value') code.keep(0, name);
    else if (result === 'high') {
      code.insn(0x77, 0, 0, 0, 32);
      code.keep(0, `${name} >> 32`);
    } else if (result === 'nonzero' || result === 'pointer') {
      code.insn(0xb7, 1, 0, 0, 0);
      code.jump(0x15, 0, 0, end);
      code.insn(0xb7, 1, 0, 0, 1);
      code.label(end);
      code.keep(1, `${name} != 0`);
    } else if (result === 'bump') {
      code.jump(0x15, 0, 0, end);
      code.insn(0x79, 1, 0, 0, 0);
      code.insn(0x07, 1, 0, 0, 1);
      code.insn(0x7b, 0, 1, 0, 0);
      code.keep(1, `${name}'s value + 1`);
      code.label(end);
    }
  }

  #step(step: Step): void {
    const code = this.#code;
    if ('call' in step) {
      this.#call(step);
      this.#result(step.result ?? 'value', step.name);
    } else if ('hold' in step) {
      const end = code.fresh();
      this.#hold(step.hold, end);
      this.steps(step.body);
      code.label(end);
    } else if ('peek' in step) {
      code.insn(LOAD[step.size], 0, REG.ctx, step.off, 0);
      if (step.nonzero) this.#result('nonzero', step.peek);
      else code.keep(0, step.peek);
    } else if ('poke' in step) {
      code.ld64(1, step.value);
      code.insn(STORE[step.size], REG.ctx, 1, step.off, 0);
    } else if ('distance' in step) {
      code.insn(0x61, 1, REG.ctx, step.from, 0);
      code.insn(0x61, 0, REG.ctx, step.to, 0);
      code.insn(0x1f, 0, 1, 0, 0);
      code.keep(0, step.distance);
    } else if ('held' in step) {
      if (step.write !== undefined) {
        code.ld64(1, step.write);
        code.insn(0x7b, REG.held, 1, step.held, 0);
      } else {
        code.insn(0x79, 0, REG.held, step.held, 0);
        code.keep(0, `bytes at +${step.held}`);
      }
    } else {
      this.#arg(1, step.value);
      code.insn(0x7b, REG.fp, 1, step.stack, 0);
    }
  }
}
