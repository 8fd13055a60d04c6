/** A program without a kernel object around it: R1 = a memory area, R2 = its length, R0 = the answer. */

import { decodeProgram } from '../isa/codec.ts';
import type { Defect } from '../isa/insn.ts';
import { slotsOf } from '../isa/insn.ts';
import { toHex } from '../util/hex.ts';
import type { Problem } from '../util/problem.ts';
import { ok, type Result } from '../util/problem.ts';
import type { RunStatus } from '../vm/host.ts';
import { Machine } from '../vm/machine.ts';
import { RunEnv } from './env.ts';
import { DEFAULT_INSN_LIMIT, type Kernel } from './kernel.ts';

/** An insn that is not encoded as RFC 9669 says, with its slot. */
export interface EncodingDefect {
  readonly insn: number;
  readonly defect: Defect;
}

/** Every insn with a bad or unused field that is not zero; no program with one is accepted by a kernel. */
export function encodingDefects(bytes: Uint8Array): EncodingDefect[] {
  const found: EncodingDefect[] = [];
  let slot = 0;
  for (const insn of decodeProgram(bytes)) {
    if (insn.defect) found.push({ insn: slot, defect: insn.defect });
    slot += slotsOf(insn);
  }
  return found;
}

/** A bare run that can be advanced. */
export interface BareRun {
  advance(budget: number): RunStatus;
  /** The memory area as it is now. */
  memory(): Uint8Array;
}

/**
 * Loads raw insns and prepares to run them over a copy of `memory` (R1 = 0 where it is empty). Helpers can be called
 * as from an XDP program; there is no packet.
 */
export function bareRun(
  kernel: Kernel,
  insns: Uint8Array,
  memory: Uint8Array,
  insnLimit = DEFAULT_INSN_LIMIT,
): Result<BareRun> {
  const { progs, problems } = kernel.load({ name: 'bare', prog_type: 'xdp', insns: toHex(insns) });
  const prog = progs[0];
  if (!prog) return { ok: false, problems: problems as readonly Problem[] };
  const { arena } = kernel;
  let base = 0;
  if (memory.length > 0) {
    const area = arena.alloc({ kind: 'memory', size: memory.length });
    if (!area.ok) return area;
    base = area.value;
    arena.put(base, memory);
  }
  const env = new RunEnv(kernel, prog.executable, { moved: () => undefined, load: () => -1 });
  const machine = new Machine(env, kernel.frames, prog.executable, insnLimit);
  machine.start(base);
  machine.setRegister(2, memory.length, 0);
  return ok({ advance: (budget) => machine.advance(budget), memory: () => arena.bytes(base, memory.length) });
}
