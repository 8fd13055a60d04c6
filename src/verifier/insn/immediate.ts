/** Immediates as values, each number made once. */
import type { Env } from '../env.ts';
import type { Reg } from '../value/reg.ts';
import { knownScalar } from '../value/reg.ts';

/** The sign-extended immediate of the insn at hand. */
export function immediate(env: Env): Reg {
  const { imm } = env.insns[env.insn_idx]!;
  const before = env.immediates.get(imm);
  if (before) return before;
  const made = knownScalar(BigInt(imm));
  env.immediates.set(imm, made);
  return made;
}
