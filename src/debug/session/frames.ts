/** The call frames of a moment, for people. */
import { helperName } from '../../spec/helpers/index.ts';
import type { View } from '../view.ts';
import type { Frame } from './types.ts';

/** All frames of what runs, innermost first; empty between packets. */
export function framesOf({ machine, symbols }: View): Frame[] {
  if (!machine) return [];
  return machine.stack.map(({ depth, prog, slot, loopHelper }): Frame => {
    const known = symbols.prog(prog.id);
    const line = known?.insns[slot];
    return {
      depth,
      prog: known?.name ?? prog.name,
      progId: prog.id,
      func: known ? symbols.functionAt(known, slot) : { name: prog.name, slot: 0 },
      slot,
      text: line?.text ?? '',
      pos: line?.position?.pos,
      via: loopHelper === 0 ? undefined : `callback of ${helperName(loopHelper) ?? `helper ${loopHelper}`}`,
    };
  });
}
