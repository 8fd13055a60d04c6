/** Stops in the code of loaded programs: the machine pauses before an insn that carries one. */
import type { Insn } from '../../isa/insn.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Executable } from '../../vm/executable.ts';
import { LOWERED, STOP } from '../../vm/executable.ts';

/** Whether something may happen at an insn. */
export type Wanted = (prog: Executable, slot: number, insn: Insn) => boolean;

/** The stops that are set now; there is one set at a time. */
export class Marks {
  readonly #kernel: Kernel;
  #set: { readonly code: Int32Array; readonly at: number }[] = [];

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Sets a stop at every wanted insn of every program, and takes all others away. */
  set(wanted: Wanted): void {
    this.clear();
    for (const { executable } of this.#kernel.world.progs) {
      const { code, insns } = executable;
      insns.forEach((insn, slot) => {
        if (!insn || !wanted(executable, slot, insn)) return;
        const at = slot * LOWERED.words + LOWERED.kind;
        code[at] = code[at]! | STOP;
        this.#set.push({ code, at });
      });
    }
  }

  clear(): void {
    for (const { code, at } of this.#set) code[at] = code[at]! & ~STOP;
    this.#set = [];
  }
}
