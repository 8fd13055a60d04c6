/** Which panes a screen shows, and where: rows for sizes, the largest that fits is taken. */

/** A part of the screen: panes that share a place (one of them is seen), or parts beside or below each other. */
export type Part =
  | { readonly panes: readonly string[] }
  | { readonly beside: readonly Sized[] }
  | { readonly below: readonly Sized[] };

/** A part and its share of the room; `most`: it needs no more cells than this. */
export interface Sized {
  readonly share: number;
  readonly most?: number;
  readonly part: Part;
}

export interface LayoutRow {
  readonly columns: number;
  readonly rows: number;
  readonly part: Part;
}

/** Cells from 0. */
export interface Rect {
  readonly row: number;
  readonly column: number;
  readonly rows: number;
  readonly columns: number;
}

/** A place for panes; the last column of `rect` is a border where `border` is set. */
export interface Place extends Rect {
  readonly panes: readonly string[];
  readonly border: boolean;
}

/** Rows below the panes: the prompt and the keys. Above them: the title. */
const PROMPT_ROWS = 1;
const AROUND = 2 + PROMPT_ROWS;
const TINY = 6;

/** The largest row that fits; the first has to fit everything. */
export function chooseLayout(table: readonly LayoutRow[], columns: number, rows: number): LayoutRow {
  return table.findLast((row) => columns >= row.columns && rows >= row.rows) ?? table[0]!;
}

/** Sizes of parts in so many cells: by share, none beyond its most while others can take it. */
export function shares(parts: readonly Sized[], room: number): number[] {
  const sizes = parts.map(() => 0);
  let open = parts.map((_, i) => i);
  let left = room;
  while (open.length > 0) {
    const sum = open.reduce((s, i) => s + parts[i]!.share, 0);
    const full = open.filter((i) => (parts[i]!.most ?? room) < Math.floor((left * parts[i]!.share) / sum));
    if (full.length === 0 || full.length === open.length) {
      let at = 0;
      open.forEach((i, k) => {
        const end = k === open.length - 1 ? left : at + Math.floor((left * parts[i]!.share) / sum);
        sizes[i] = end - at;
        at = end;
      });
      return sizes;
    }
    for (const i of full) {
      sizes[i] = parts[i]!.most!;
      left -= sizes[i]!;
    }
    open = open.filter((i) => !full.includes(i));
  }
  return sizes;
}

function places(part: Part, rect: Rect, border: boolean): Place[] {
  if ('panes' in part) return [{ ...rect, panes: part.panes, border }];
  if ('beside' in part) {
    let { column } = rect;
    return shares(part.beside, rect.columns).flatMap((columns, i) => {
      const own = { ...rect, column, columns };
      column += columns;
      return places(part.beside[i]!.part, own, border || i < part.beside.length - 1);
    });
  }
  let { row } = rect;
  return shares(part.below, rect.rows).flatMap((rows, i) => {
    const own = { ...rect, row, rows };
    row += rows;
    return places(part.below[i]!.part, own, border);
  });
}

const panesOf = (part: Part): readonly string[] =>
  'panes' in part ? part.panes : ('beside' in part ? part.beside : part.below).flatMap((s) => panesOf(s.part));

/** The room for panes on a screen. On the smallest there is nothing but panes and the prompt. */
export function paneArea(columns: number, rows: number): Rect {
  if (rows < TINY) return { row: 0, column: 0, rows: Math.max(0, rows - PROMPT_ROWS), columns };
  return { row: 1, column: 0, rows: rows - AROUND, columns };
}

/** Where the panes are; with `zoomed` all share the whole room. */
export function layout(table: readonly LayoutRow[], columns: number, rows: number, zoomed = false): Place[] {
  const { part } = chooseLayout(table, columns, rows);
  const area = paneArea(columns, rows);
  return places(zoomed ? { panes: panesOf(part) } : part, area, false).filter((p) => p.rows > 0 && p.columns > 0);
}
