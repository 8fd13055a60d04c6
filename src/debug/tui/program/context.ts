/** The fields of the context, those that are zero last. */
import type { Shell } from '../../commands/shell.ts';
import { ctxNow } from '../../inspect/ctx.ts';
import { type Content, linesContent, type PaneRow } from '../face.ts';
import { line, type StyledLine, span } from '../line.ts';
import { LOOK, PLAIN } from '../style.ts';
import { wrapped } from '../text.ts';
import type { Kept } from './kept.ts';

export function contextPane(shell: Shell, kept: Kept): PaneRow {
  return {
    id: 'context',
    title: 'context',
    content: ({ columns }): Content => {
      const now = kept.get('ctx', () => ctxNow(kept.get('view', () => shell.view())));
      if (!now) return linesContent([line('(no context)', LOOK.faint)]);
      const used = now.rows.filter((row) => row.values.some((v) => v !== 0n));
      const zero = now.rows.filter((row) => !used.includes(row));
      const width = now.rows.reduce((max, row) => Math.max(max, row.name.length), 0);
      const lines = used.map(
        ({ offset, name, text }): StyledLine => [
          span(`+${offset}`.padEnd(5), LOOK.faint),
          span(name.padEnd(width + 2), LOOK.label),
          span(text, PLAIN),
        ],
      );
      const rest = wrapped(`zero: ${zero.map((row) => row.name).join(', ')}`, columns);
      if (zero.length > 0) lines.push(...rest.map((text) => line(text, LOOK.faint)));
      return linesContent(lines, { title: now.struct });
    },
  };
}
