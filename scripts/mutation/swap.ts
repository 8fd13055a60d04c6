/** A patch in programs that are loaded: the interpreter gets other code, maps and links stay as they are. */
import { HELPERS } from '../../src/spec/helpers/index.ts';
import { hiHalf, loHalf } from '../../src/util/bits.ts';
import type { Executable } from '../../src/vm/executable.ts';
import { KIND, LOWERED } from '../../src/vm/executable.ts';
import { lower } from '../../src/vm/lower.ts';
import { type Patch, patchedInsns } from './code.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What of a program the interpreter runs. Which loads are probes is the original's: only tracing programs have any. */
const PARTS = ['code', 'rows', 'insns', 'defects'] as const;

/** Puts a patch into a loaded program; what it answers takes it out again. */
export function swapIn(executable: Executable, patch: Patch): () => void {
  const { code: old, insns: originals } = executable;
  const word = (slot: number, which: number): number => old[slot * LOWERED.words + which]!;
  const { id, name, progType, ctxStruct, text, localTypes } = executable;
  const patched = lower({
    id,
    name,
    progType,
    ctxStruct,
    text,
    localTypes,
    insns: patchedInsns(patch),
    resolve: (slot, insn) => {
      const before = originals[slot];
      const value = (BigInt((insn.next?.imm ?? 0) >>> 0) << 32n) | BigInt(insn.imm >>> 0);
      if (insn.row?.kind === 'ld_imm64' && insn.row.pseudo === 'value') return [loHalf(value), hiHalf(value)];
      if (word(slot, LOWERED.kind) !== KIND.ldImm64) return undefined;
      // Maps lie where they were; a value's offset may be another.
      const moved = (insn.next?.imm ?? 0) - (before?.next?.imm ?? 0);
      return [(word(slot, LOWERED.lo) + moved) | 0, word(slot, LOWERED.hi)];
    },
    kfunc: (slot) => (word(slot, LOWERED.kind) === KIND.kfunc ? word(slot, LOWERED.lo) : undefined),
    tailCallHelper: HELPERS.bpf_tail_call.id,
  });
  const place = executable as Mutable<Executable>;
  const kept = { ...executable };
  const put = (from: Executable): void => {
    for (const part of PARTS) (place as Record<string, unknown>)[part] = from[part];
  };
  put(patched);
  return () => put(kept);
}
