/** A grid of cells, and the shortest way from what a terminal shows to what it should show. */
import type { StyledLine } from './line.ts';
import { PLAIN, type Style, sgr } from './style.ts';
import { glyphs } from './text.ts';

/** What a terminal can do. */
export interface Abilities {
  readonly colours: boolean;
  /** Shows more than ASCII. */
  readonly unicode: boolean;
}

/** Rows and columns from 0. */
export interface Cursor {
  readonly row: number;
  readonly column: number;
}

/** A wide character's right half. */
const HALF = '';
const MOST = 1000;

/** What stands for our own characters where there is ASCII only. */
const IN_ASCII: Readonly<Record<string, string>> = { '│': '|', '─': '-', '…': '~', '·': '.' };

export class Screen {
  readonly rows: number;
  readonly columns: number;
  readonly #cells: string[];
  readonly #styles: Uint16Array;
  /** Where the cursor stands; undefined where none is shown. */
  cursor: Cursor | undefined;

  /** Blank; at least one cell, at most 1000 each way. */
  constructor(rows: number, columns: number) {
    this.rows = Math.max(1, Math.min(MOST, Math.floor(rows) || 1));
    this.columns = Math.max(1, Math.min(MOST, Math.floor(columns) || 1));
    this.#cells = new Array<string>(this.rows * this.columns).fill(' ');
    this.#styles = new Uint16Array(this.rows * this.columns);
  }

  /** Writes a line into `width` columns from a place on; what is left of them is blank. `skip` columns of the line are left out. */
  write(row: number, column: number, width: number, spans: StyledLine, fill: Style = PLAIN, skip = 0): void {
    if (row < 0 || row >= this.rows) return;
    const end = Math.min(column + width, this.columns);
    let at = column - skip;
    let past = false;
    // Something but space is behind the end.
    let cut = false;
    for (const { text, style } of spans) {
      if (cut) break;
      for (const glyph of glyphs(text, at - column + skip)) {
        past ||= at + glyph.width > end;
        if (past) {
          cut = glyph.char !== ' ';
          if (cut) break;
          continue;
        }
        if (at >= column) {
          this.#set(row, at, glyph.char, style);
          if (glyph.width === 2) this.#set(row, at + 1, HALF, style);
        } else if (at + glyph.width > column) this.#set(row, column, ' ', style);
        at += glyph.width;
      }
    }
    for (let c = Math.max(at, column); c < end; c++) this.#set(row, c, ' ', fill);
    if (cut && end - column > 1) {
      this.#set(row, end - 1, '…', this.#styles[row * this.columns + Math.max(column, end - 2)]!);
    }
  }

  #set(row: number, column: number, char: string, style: Style): void {
    if (column < 0 || column >= this.columns) return;
    const at = row * this.columns + column;
    // A wide character that loses a half goes.
    if (char !== HALF && this.#cells[at] === HALF) this.#cells[at - 1] = ' ';
    if (this.#cells[at + 1] === HALF && this.#cells[at] !== HALF && column + 1 < this.columns)
      this.#cells[at + 1] = ' ';
    this.#cells[at] = char;
    this.#styles[at] = style;
  }

  /** The text of a row, exactly as wide as the screen (wide characters count two). */
  text(row: number): string {
    return this.#cells.slice(row * this.columns, (row + 1) * this.columns).join('');
  }

  /** All rows as text, for people and tests. */
  lines(): string[] {
    return Array.from({ length: this.rows }, (_, row) => this.text(row));
  }

  styleAt(row: number, column: number): Style {
    return this.#styles[row * this.columns + column] ?? PLAIN;
  }

  #same(other: Screen, at: number): boolean {
    return this.#cells[at] === other.#cells[at] && this.#styles[at] === other.#styles[at];
  }

  /** Escape sequences that turn a terminal that shows `before` (undefined: anything) into this. */
  paint(before: Screen | undefined, abilities: Abilities): string {
    const whole = before === undefined || before.rows !== this.rows || before.columns !== this.columns;
    const old = whole ? new Screen(this.rows, this.columns) : before;
    const pen = new Pen(abilities);
    for (let row = 0; row < this.rows; row++) this.#paintRow(row, old, pen);
    const { cursor } = this;
    const drawn = pen.out;
    if (!whole && drawn === '' && cursor?.row === before.cursor?.row && cursor?.column === before.cursor?.column)
      return '';
    const clear = whole ? '\x1b[0m\x1b[H\x1b[2J' : '';
    const rest = drawn === '' ? '' : '\x1b[0m';
    const show = cursor ? `\x1b[${cursor.row + 1};${cursor.column + 1}H\x1b[?25h` : '';
    return `\x1b[?25l${clear}${drawn}${rest}${show}`;
  }

  #paintRow(row: number, old: Screen, pen: Pen): void {
    const first = row * this.columns;
    for (let column = 0; column < this.columns; column++) {
      if (this.#same(old, first + column)) continue;
      // Both halves of a wide character are drawn together.
      if (this.#cells[first + column] === HALF) column--;
      const wide = this.#cells[first + column + 1] === HALF && column + 1 < this.columns;
      pen.put(row, column, this.#cells[first + column]!, this.#styles[first + column]!, wide ? 2 : 1, this.columns);
      if (wide) column++;
    }
  }
}

/** Writes cells, moving and changing its look only where it must. */
class Pen {
  out = '';
  readonly #abilities: Abilities;
  #row = -1;
  #column = -1;
  #style = -1;

  constructor(abilities: Abilities) {
    this.#abilities = abilities;
  }

  put(row: number, column: number, char: string, style: Style, width: number, columns: number): void {
    if (row !== this.#row || column !== this.#column) this.out += `\x1b[${row + 1};${column + 1}H`;
    if (style !== this.#style) this.out += `\x1b[${sgr(style, this.#abilities.colours)}m`;
    this.out += this.#abilities.unicode ? char : ascii(char, width);
    this.#style = style;
    this.#row = row;
    // At the right edge terminals differ in where the cursor is.
    this.#column = column + width >= columns ? -1 : column + width;
  }
}

function ascii(char: string, width: number): string {
  if (char.codePointAt(0)! < 0x7f) return char;
  return (IN_ASCII[char] ?? '?').padEnd(width, '?');
}
