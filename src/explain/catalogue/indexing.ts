/** Objects that are indexed by a number: how far the access reaches, and how to bound it. */
import { baseOf, unless } from './edits.ts';
import { objectProof } from './ranges.ts';
import type { Edit, Finding, Proof } from './row.ts';

/** The step that added a register to the base, so that the register can be bounded before. */
function indexStep(f: Finding): { slot: number; reg: number } | undefined {
  const base = baseOf(f);
  if (base === undefined) return undefined;
  const steps = [...f.path.steps].reverse();
  let dst = base;
  for (const { does, slot } of steps) {
    if (does.kind === 'copy' && does.dst === dst) dst = does.src;
    else if (does.kind === 'alu' && does.dst === dst && does.src !== undefined) return { slot, reg: does.src };
  }
  return undefined;
}

/** Keeps an index so small that the access ends inside an object of `total` bytes. */
function boundIndex(f: Finding, total: number): Edit | undefined {
  const does = f.at?.does;
  const index = indexStep(f);
  if (!index || !f.at || (does?.kind !== 'load' && does?.kind !== 'store' && does?.kind !== 'atomic')) return undefined;
  const limit = total - does.size - does.off - (f.reg(does.base)?.off ?? 0);
  return limit < 0 ? undefined : unless(f, index.slot, `r${index.reg} <= ${limit}`, 'in_range');
}

function arraySize(f: Finding): { what: string; total: number } | undefined {
  for (const m of f.messages) {
    const value = /(value_size|mem_size|key_size)=(\d+)/.exec(m);
    if (value)
      return {
        what: { value_size: 'the map value', mem_size: 'the memory', key_size: 'the map key' }[value[1]!]!,
        total: Number(value[2]),
      };
  }
  const v = f.reg(baseOf(f) ?? -1);
  return v?.vs === undefined ? undefined : { what: 'the map value', total: v.vs };
}

export const variableProof = (f: Finding): Proof | undefined => {
  const object = arraySize(f);
  return object && objectProof(f, object.what, object.total);
};

export const variableFix = (f: Finding): Edit | undefined => {
  const object = arraySize(f);
  return object && boundIndex(f, object.total);
};

/** Whether the pointer was indexed by a number that is not known, as far as the log tells. */
export function isVariable(f: Finding): boolean {
  const v = f.reg(baseOf(f) ?? -1);
  return v !== undefined && /(?:min|max|var_off)/.test(v.text);
}
