/** Where the panes of a program's session are, by the size of the screen. */
import type { LayoutRow, Sized } from '../layout.ts';

const at = (share: number, ...panes: readonly string[]): Sized => ({ share, part: { panes } });

/** R0 to R10, a title, and a few lines of the verifier. */
const REGISTERS = 16;

export const PROGRAM_LAYOUTS: readonly LayoutRow[] = [
  {
    columns: 0,
    rows: 0,
    part: { panes: ['code', 'registers', 'stack', 'packet', 'context', 'maps', 'calls', 'timeline', 'log'] },
  },
  {
    columns: 40,
    rows: 16,
    part: {
      below: [at(70, 'code', 'registers', 'stack', 'packet', 'context', 'maps', 'calls', 'timeline'), at(30, 'log')],
    },
  },
  {
    columns: 72,
    rows: 20,
    part: {
      below: [
        {
          share: 72,
          part: {
            beside: [at(50, 'code'), at(50, 'registers', 'stack', 'packet', 'context', 'maps', 'calls', 'timeline')],
          },
        },
        at(28, 'log'),
      ],
    },
  },
  {
    columns: 110,
    rows: 34,
    part: {
      beside: [
        { share: 50, part: { below: [at(62, 'code'), at(38, 'log', 'timeline')] } },
        {
          share: 50,
          part: {
            below: [
              { ...at(40, 'registers'), most: REGISTERS },
              at(30, 'stack', 'context', 'calls'),
              at(30, 'packet', 'maps'),
            ],
          },
        },
      ],
    },
  },
  {
    columns: 170,
    rows: 46,
    part: {
      beside: [
        { share: 36, part: { below: [at(66, 'code'), at(34, 'log')] } },
        {
          share: 34,
          part: {
            below: [{ ...at(40, 'registers'), most: REGISTERS + 4 }, at(30, 'stack'), at(30, 'calls')],
          },
        },
        { share: 30, part: { below: [at(42, 'packet', 'context'), at(32, 'maps'), at(26, 'timeline')] } },
      ],
    },
  },
];
