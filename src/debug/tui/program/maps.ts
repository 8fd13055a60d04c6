/** The maps, each with its elements below it once it is opened. */
import type { Shell } from '../../commands/shell.ts';
import { elementLines, listMaps, type MapSummary } from '../../inspect/maps.ts';
import { type Content, linesContent, type PaneRow } from '../face.ts';
import { line, type StyledLine, span } from '../line.ts';
import { LOOK, PLAIN } from '../style.ts';
import type { Kept } from './kept.ts';

/** Elements of one map that are shown. */
const ELEMENTS = 200;

/** A line, and the map that it belongs to. */
interface Row {
  readonly map: number;
  readonly spans: StyledLine;
}

function fill({ used, maxEntries }: MapSummary): string {
  if (used === undefined) return `max ${maxEntries}`;
  return `${used}${maxEntries > 0 ? ` of ${maxEntries}` : ''}`;
}

export class MapsPane implements PaneRow {
  readonly id = 'maps';
  readonly title = 'maps';
  readonly choose = true;
  readonly #shell: Shell;
  readonly #kept: Kept;
  #open: ReadonlySet<number> = new Set();

  constructor(shell: Shell, kept: Kept) {
    this.#shell = shell;
    this.#kept = kept;
  }

  get #rows(): readonly Row[] {
    return this.#kept.get('maps', () => {
      const view = this.#kept.get('view', () => this.#shell.view());
      const maps = listMaps(view);
      const width = maps.reduce((max, { name }) => Math.max(max, name.length), 0);
      return maps.flatMap((map, index): Row[] => {
        const open = this.#open.has(index);
        const head = [
          span(open ? '- ' : '+ '),
          span(map.name.padEnd(width + 2), LOOK.label),
          span(`${fill(map)}  `, PLAIN),
          span(`${map.type}, key ${map.keySize}, value ${map.valueSize}`, LOOK.faint),
        ];
        const record = view.kernel.world.maps[index];
        const elements = open && record ? elementLines(view, record, 0, ELEMENTS, 2000) : [];
        return [{ map: index, spans: head }, ...elements.map((text) => ({ map: index, spans: line(`    ${text}`) }))];
      });
    });
  }

  content(): Content {
    const rows = this.#rows;
    if (rows.length === 0) return linesContent([line('(no maps)', LOOK.faint)]);
    return { count: rows.length, line: (i) => rows[i]?.spans ?? [] };
  }

  /** Opens the map of a line, or closes it. */
  enter(index: number): boolean {
    const row = this.#rows[index];
    if (!row) return false;
    const open = new Set(this.#open);
    if (!open.delete(row.map)) open.add(row.map);
    this.#open = open;
    return true;
  }
}
