/** R0 to R10 of a frame. */
import { ok } from '../../../util/problem.ts';
import { numberOf } from '../numbers.ts';
import { type Children, namedChildren, type Var } from '../variables.ts';
import type { Look } from './index.ts';

const COUNT = 11;

export function registers({ view, depth }: Look): Children | undefined {
  const { machine } = view;
  if (!machine || depth === undefined) return undefined;
  return namedChildren(() =>
    Array.from({ length: COUNT }, (_, reg): Var => {
      const value = machine.register(reg, depth);
      return {
        name: `R${reg}`,
        value: `${value}`,
        hex: `0x${value.toString(16)}`,
        type: 'u64',
        expr: `r${reg}`,
        ...(reg < COUNT - 1 && {
          watch: `r${reg}`,
          set: (text: string) => {
            const number = numberOf(text, 8, view);
            return number.ok ? ok({ kind: 'register', depth, reg, value: number.value } as const) : number;
          },
        }),
      };
    }),
  );
}
