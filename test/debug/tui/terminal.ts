/** A terminal of a few escape sequences, to see what painting makes of one. */
import { widthOf } from '../../../src/debug/tui/text.ts';

export const ESC = '\x1b';

/** A control sequence, or a character. */
const PIECES = new RegExp(`${ESC}\\[(\\??)([\\d;]*)([A-Za-z])|([^${ESC}])`, 'gu');

export class FakeTerminal {
  readonly rows: string[][];
  readonly styles: string[][];
  cursor = { row: 0, column: 0 };
  visible = true;
  #style = '0';

  constructor(rows: number, columns: number) {
    this.rows = Array.from({ length: rows }, () => new Array<string>(columns).fill('#'));
    this.styles = Array.from({ length: rows }, () => new Array<string>(columns).fill('#'));
  }

  /** Takes what a screen painted; throws at anything else. */
  write(text: string): void {
    const pieces = text.matchAll(PIECES);
    let length = 0;
    for (const [whole, mark, parameters = '', final, char] of pieces) {
      length += whole.length;
      if (char !== undefined) this.#put(char);
      else this.#escape(`${mark}${final}`, parameters);
    }
    if (length !== text.length) throw new Error(`not understood: ${JSON.stringify(text)}`);
  }

  #escape(name: string, parameters: string): void {
    const [a = 1, b = 1] = parameters.split(';').map((n) => Number(n) || 1);
    if (name === 'H') this.cursor = { row: a - 1, column: b - 1 };
    else if (name === 'm') this.#style = parameters;
    else if (name === 'J') for (const row of this.rows) row.fill(' ');
    else if (name === '?l' || name === '?h') this.visible = name === '?h';
    else throw new Error(`unknown escape sequence ${name}`);
    if (name === 'J') for (const row of this.styles) row.fill('0');
  }

  #put(char: string): void {
    const { row, column } = this.cursor;
    const cells = this.rows[row];
    if (!cells || column >= cells.length) throw new Error(`written outside: row ${row}, column ${column}`);
    const wide = widthOf(char) === 2;
    cells[column] = char;
    this.styles[row]![column] = this.#style;
    if (wide) {
      cells[column + 1] = '';
      this.styles[row]![column + 1] = this.#style;
    }
    this.cursor.column += wide ? 2 : 1;
  }

  lines(): string[] {
    return this.rows.map((row) => row.join(''));
  }
}
