/** Where the panes of a session over the verifier are, by the size of the screen. */
import type { LayoutRow, Sized } from '../layout.ts';

const at = (share: number, ...panes: readonly string[]): Sized => ({ share, part: { panes } });

export const VERIFIER_LAYOUTS: readonly LayoutRow[] = [
  { columns: 0, rows: 0, part: { panes: ['code', 'state', 'tree', 'kernel', 'log'] } },
  { columns: 40, rows: 16, part: { below: [at(65, 'code', 'state', 'tree', 'kernel'), at(35, 'log')] } },
  {
    columns: 72,
    rows: 20,
    part: {
      below: [{ share: 65, part: { beside: [at(50, 'code'), at(50, 'state', 'tree', 'kernel')] } }, at(35, 'log')],
    },
  },
  {
    columns: 110,
    rows: 34,
    part: {
      beside: [
        { share: 50, part: { below: [at(62, 'code'), at(38, 'log')] } },
        { share: 50, part: { below: [at(50, 'state', 'kernel'), at(50, 'tree')] } },
      ],
    },
  },
  {
    columns: 170,
    rows: 46,
    part: {
      beside: [
        { share: 40, part: { below: [at(66, 'code'), at(34, 'log')] } },
        { share: 60, part: { below: [at(34, 'state'), at(40, 'tree'), at(26, 'kernel')] } },
      ],
    },
  },
];
