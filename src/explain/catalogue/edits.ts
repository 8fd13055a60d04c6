/** Mechanical repairs, in the language of `.bpf` files. */
import type { Edit, Finding } from './row.ts';

/** Leaves the program at a slot unless a condition holds there. */
export function unless(f: Finding, slot: number, condition: string, label: string): Edit {
  return {
    slot,
    lines: [`if ${condition} goto ${label}_${slot}`, `r0 = ${f.harmless}`, 'exit', `${label}_${slot}:`],
  };
}

/** The variable that the C line around a call assigns: `e` of `struct event *e = bpf_map_lookup_elem(…)`. */
function assigned(f: Finding, register: number): string | undefined {
  let reg = register;
  for (const { does, source } of [...f.path.steps].reverse()) {
    if (does.kind === 'copy' && does.dst === reg) reg = does.src;
    else if (does.kind === 'helper' && reg === 0)
      return /(\w+)\s*=\s*(?:\([^)]*\)\s*)?\w+\(/.exec(source?.text ?? '')?.[1];
    else if ('dst' in does && does.kind !== 'if' && does.dst === reg) return undefined;
  }
  return undefined;
}

/** A NULL check before the insn. */
export function nullCheck(f: Finding, register: number): Edit | undefined {
  if (!f.at) return undefined;
  const variable = assigned(f, register);
  const c = variable === undefined ? {} : { c: [`if (!${variable})`, `    return ${f.harmless};`] };
  return { ...unless(f, f.at.slot, `r${register} != 0`, 'present'), ...c };
}

/** The register that a memory insn addresses with. */
export function baseOf(f: Finding): number | undefined {
  const does = f.at?.does;
  return does?.kind === 'load' || does?.kind === 'store' || does?.kind === 'atomic' ? does.base : undefined;
}

/** A register among R0 to R9 that no insn of the path names from here on can only be guessed: R5 to R0 are tried. */
export function freeRegister(f: Finding): number | undefined {
  const used = new Set(f.path.steps.flatMap((s) => [...s.text.matchAll(/\b[rw](\d+)\b/g)].map((m) => Number(m[1]))));
  return [5, 4, 3, 0, 9, 8, 7, 6].find((r) => !used.has(r) && f.reg(r) === undefined);
}

/** A register of this type, to compare with or to pass on. */
export function registerOf(f: Finding, type: string): number | undefined {
  for (let r = 0; r < 10; r++) if (f.reg(r)?.type === type) return r;
  return undefined;
}
