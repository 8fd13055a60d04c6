/** Registers: what they hold, what that means, and what the verifier knew of it. */
import type { Shell } from '../../commands/shell.ts';
import { type RegisterRow, registerMeaning, registerRows } from '../../inspect/registers.ts';
import { type Area, type Content, linesContent, type PaneRow } from '../face.ts';
import { line, type StyledLine, span } from '../line.ts';
import { LOOK, PLAIN } from '../style.ts';
import { fitted, wrapped } from '../text.ts';
import type { Kept } from './kept.ts';
import { hintLines, type Knows, knownSpan } from './known.ts';

/** Columns from which numbers stand before what they mean. */
const WIDE = 62;
const HEX = 19;
const NAME = 5;
/** Columns of what a value means, where the verifier's value follows. */
const MEANING = 34;

function meaning(row: RegisterRow): string {
  const text = registerMeaning(row);
  return text === '' ? `0x${row.value.toString(16)}` : text;
}

export function registersPane(shell: Shell, kept: Kept, knows: Knows): PaneRow {
  return {
    id: 'registers',
    title: 'registers',
    content: (area: Area): Content => {
      const view = kept.get('view', () => shell.view());
      const rows = kept.get('registers', () => registerRows(view, shell.before));
      if (rows.length === 0) return linesContent([line('(nothing runs)')]);
      const known = knows(view.depth);
      const wide = area.columns >= WIDE;
      const used = NAME + (wide ? HEX : 0);
      const room = Math.max(8, known ? Math.min(MEANING, (area.columns - used) >> 1) : area.columns - used);
      const lines = rows.map((row): StyledLine => {
        const changed = row.before !== undefined;
        const style = changed ? LOOK.changed : PLAIN;
        const found = known?.values.get(`R${row.index}`);
        return [
          span(`${changed ? '*' : ' '}${`R${row.index}`.padEnd(NAME - 1)}`, changed ? LOOK.changed : LOOK.label),
          ...(wide ? [span(`0x${row.value.toString(16)}`.padEnd(HEX), style)] : []),
          span(known ? `${fitted(meaning(row), room - 1)} ` : meaning(row), style),
          knownSpan(found),
        ];
      });
      if (known) {
        lines.push(line(`verifier: ${known.text}`, LOOK.faint));
        for (const hint of hintLines(known.values.values())) {
          lines.push(...wrapped(hint, area.columns).map((text) => line(text, LOOK.warning)));
        }
      }
      return linesContent(lines, { title: view.depth < (view.machine?.depth ?? 0) ? `frame ${view.depth}` : '' });
    },
  };
}
