import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseLayout, type LayoutRow, layout, type Part, paneArea, shares } from '../../../src/debug/tui/layout.ts';
import { PROGRAM_LAYOUTS } from '../../../src/debug/tui/program/layouts.ts';
import { VERIFIER_LAYOUTS } from '../../../src/debug/tui/verifier/layouts.ts';

const TABLES: readonly (readonly [string, readonly LayoutRow[]])[] = [
  ['program', PROGRAM_LAYOUTS],
  ['verifier', VERIFIER_LAYOUTS],
];

const panesOf = (part: Part): string[] =>
  'panes' in part ? [...part.panes] : ('beside' in part ? part.beside : part.below).flatMap((s) => panesOf(s.part));

describe.each(TABLES)('layouts of the %s', (_name, table) => {
  it('have the same panes in every size, each once', () => {
    const all = panesOf(table[0]!.part).sort();
    for (const row of table) expect(panesOf(row.part).sort()).toEqual(all);
  });

  it('grow with the screen', () => {
    const names = [
      [40, 10],
      [80, 24],
      [120, 40],
      [200, 60],
    ].map(([c, r]) => table.indexOf(chooseLayout(table, c!, r!)));
    expect(names).toEqual([0, 2, 3, 4]);
    expect(layout(table, 40, 10)).toHaveLength(1);
    expect(layout(table, 80, 24, true)).toHaveLength(1);
  });

  it('cover every cell between title and prompt once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 250 }),
        fc.integer({ min: 1, max: 90 }),
        fc.boolean(),
        (columns, rows, zoomed) => {
          const area = paneArea(columns, rows);
          const seen = new Uint8Array(columns * rows);
          for (const place of layout(table, columns, rows, zoomed)) {
            for (let r = place.row; r < place.row + place.rows; r++) {
              for (let c = place.column; c < place.column + place.columns; c++) seen[r * columns + c]!++;
            }
          }
          for (let r = 0; r < rows; r++) {
            const inside = r >= area.row && r < area.row + area.rows;
            for (let c = 0; c < columns; c++)
              if (seen[r * columns + c] !== (inside ? 1 : 0)) throw new Error(`${r} ${c}`);
          }
        },
      ),
    );
  });
});

describe('shares', () => {
  const part: Part = { panes: ['x'] };

  it('give all the room, and no part more than it needs', () => {
    expect(
      shares(
        [
          { share: 1, part },
          { share: 1, part },
        ],
        11,
      ),
    ).toEqual([5, 6]);
    expect(
      shares(
        [
          { share: 1, most: 3, part },
          { share: 1, part },
        ],
        20,
      ),
    ).toEqual([3, 17]);
    expect(
      shares(
        [
          { share: 1, most: 3, part },
          { share: 1, most: 4, part },
        ],
        20,
      ),
    ).toEqual([10, 10]);
  });
});
