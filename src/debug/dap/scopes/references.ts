/** What the program holds and must give back. */
import { references } from '../../inspect/references.ts';
import { type Children, namedChildren, type Var } from '../variables.ts';
import type { Look } from './index.ts';

export function held({ view }: Look): Children | undefined {
  if (references(view).length === 0) return undefined;
  return namedChildren(() =>
    references(view).map(({ kind, text, address, registers }, i): Var => {
      const who = registers.map((r) => `R${r}`).join(' ');
      return { name: `${kind} ${i + 1}`, value: who === '' ? text : `${text}  (${who})`, type: kind, address };
    }),
  );
}
