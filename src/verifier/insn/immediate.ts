/** Immediates as values, each made once. */
import type { Env } from '../env.ts';
import type { Reg } from '../value/reg.ts';
import { knownScalar } from '../value/reg.ts';

/** The sign-extended immediate of the insn at hand. */
export function immediate(env: Env): Reg {
  const aux = env.aux[env.insn_idx]!;
  aux.imm ??= knownScalar(BigInt(env.insns[env.insn_idx]!.imm));
  return aux.imm;
}
