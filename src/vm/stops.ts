import { LOWERED, STOP } from './executable.ts';
import type { Machine } from './machine.ts';

/** Calls `go` with the stop before the machine's next insn taken away. */
export function pastStop<T>(machine: Machine | undefined, go: () => T): T {
  if (!machine?.stopped) return go();
  const { code } = machine.prog;
  const at = machine.pc * LOWERED.words + LOWERED.kind;
  code[at] = code[at]! & ~STOP;
  try {
    return go();
  } finally {
    code[at] = code[at]! | STOP;
  }
}
