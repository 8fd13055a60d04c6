/** R0 to R10 of a frame. */
import { ok } from '../../../util/problem.ts';
import { pointerText } from '../../inspect/pointer.ts';
import { type RegisterRow, registerMeaning, registerRows } from '../../inspect/registers.ts';
import { numberOf } from '../numbers.ts';
import { type Children, namedChildren, type Var } from '../variables.ts';
import type { Look } from './index.ts';

const R10 = 10;

export function registers(look: Look): Children | undefined {
  if (!look.view.machine || look.depth === undefined) return undefined;
  return namedChildren(() => registerRows(look.view).map((row) => registerVar(row, look)));
}

function registerVar(row: RegisterRow, { view, depth = 0 }: Look): Var {
  const { index: reg, value, pointer } = row;
  const hex = `0x${value.toString(16)}`;
  const meaning = registerMeaning(row);
  return {
    name: `R${reg}`,
    value: pointer ? `${hex} ${meaning}` : meaning === '' ? hex : meaning,
    hex: pointer ? `${hex} ${pointerText(pointer)}` : hex,
    type: pointer ? 'pointer' : 'scalar',
    expr: `r${reg}`,
    ...(pointer && { address: pointer.address }),
    ...(reg !== R10 && {
      watch: `r${reg}`,
      set: (text: string) => {
        const number = numberOf(text, 8, view);
        return number.ok ? ok({ kind: 'register', depth, reg, value: number.value } as const) : number;
      },
    }),
  };
}
