/** Which insns the steps of a scenario execute: every insn carries a stop until it was executed once. */
import { encodeProgram } from '../../src/isa/codec.ts';
import type { ProgRecord } from '../../src/kernel/world.ts';
import { toHex } from '../../src/util/hex.ts';
import { type Executable, LOWERED, STOP } from '../../src/vm/executable.ts';
import type { Code, Patch } from './code.ts';

/** What the run says of a program. */
interface Seen {
  readonly executables: Set<Executable>;
  /** Of each step, by its index, which slots it executes: 1, or 2 where it may. */
  readonly steps: Map<number, Uint8Array>;
  /** Slots. */
  readonly length: number;
}

/** An insn of a program. */
export type Place = Pick<Patch, 'code' | 'slot'>;

const [EXECUTED, MAYBE] = [1, 2];

/** Stops of one step. */
interface Stops {
  /** The machine stands at one: it does not stop there again. */
  passed(machine: { readonly prog: Executable; readonly pc: number }): void;
  clear(): void;
}

const NO_STOPS: Stops = { passed: () => undefined, clear: () => undefined };

const stopAt = (code: Int32Array, slot: number): void => {
  code[slot * LOWERED.words]! |= STOP;
};
const passAt = (code: Int32Array, slot: number): void => {
  code[slot * LOWERED.words]! &= ~STOP;
};

export class Executed {
  readonly #codes: readonly Code[];
  readonly #seen = new Map<Code, Seen>();

  /** @param codes what is watched */
  constructor(codes: readonly Code[]) {
    this.#codes = codes;
  }

  /** Whether some step executes an insn: `maybe` where packets of other CPUs could. */
  executes({ code, slot }: Place): boolean | 'maybe' {
    const found = [...(this.#seen.get(code)?.steps.values() ?? [])].map((slots) => slots[slot]);
    if (found.includes(EXECUTED)) return true;
    return found.includes(MAYBE) ? 'maybe' : false;
  }

  /** The first of `count` steps, from `from` on, that executes one of the insns, or may. */
  next(places: readonly Place[], from: number, count: number): number | undefined {
    for (let i = from; i < count; i++) {
      if (places.some(({ code, slot }) => this.#seen.get(code)?.steps.get(i)?.[slot])) return i;
    }
    return undefined;
  }

  /** What was loaded of a program. */
  executables(code: Code): readonly Executable[] {
    return [...(this.#seen.get(code)?.executables ?? [])];
  }

  /** Makes the loaded programs stop at insns that a step executes; `nested` ones cannot stop, and may execute any. */
  watch(progs: readonly ProgRecord[], index: number, nested: boolean): Stops {
    const programs = this.#programs(progs);
    for (const { steps, length } of programs.values()) {
      steps.set(index, new Uint8Array(length).fill(nested ? MAYBE : 0));
    }
    if (nested) return NO_STOPS;
    const slots = new Map<Int32Array, Seen>();
    for (const [{ code, insns }, seen] of programs) {
      slots.set(code, seen);
      for (const [slot, insn] of insns.entries()) if (insn) stopAt(code, slot);
    }
    return {
      passed: ({ prog, pc }) => {
        passAt(prog.code, pc);
        const executed = slots.get(prog.code)?.steps.get(index);
        if (executed) executed[pc] = EXECUTED;
      },
      clear: () => {
        for (const [{ code, insns }] of programs) for (const slot of insns.keys()) passAt(code, slot);
      },
    };
  }

  /** The loaded programs that can be mutated. */
  #programs(progs: readonly ProgRecord[]): ReadonlyMap<Executable, Seen> {
    const found = new Map<Executable, Seen>();
    for (const { executable } of progs) {
      const hex = toHex(encodeProgram(executable.insns.filter((i) => i !== undefined)));
      const code = this.#codes.find((c) => c.hex === hex && c.kernelName === executable.name);
      if (!code) continue;
      const fresh: Seen = { executables: new Set(), steps: new Map(), length: code.insns.length };
      const seen = this.#seen.get(code) ?? fresh;
      this.#seen.set(code, seen);
      seen.executables.add(executable);
      found.set(executable, seen);
    }
    return found;
  }
}
