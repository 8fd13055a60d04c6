import type { Place, SourcePos } from '../util/problem.ts';

/** One text that is assembled: the main file or an included one. */
export interface Source {
  readonly file: string;
  readonly lines: readonly string[];
}

/** A text cut into lines at any of the three kinds of line ends. */
export function makeSource(file: string, text: string): Source & { lines: string[] } {
  return { file, lines: text.split(/\r\n|\n|\r/) };
}

/** A place in a source; `line` and `col` count from 1. */
export interface Spot {
  readonly source: Source;
  readonly line: number;
  readonly col: number;
  readonly length: number;
}

/** Longest source line that a problem repeats; longer ones are refused anyway. */
const SHOWN_LINE = 10_000;

/** The place of a problem: position, caret length and source line. */
export function placeOf(spot: Spot): Place {
  const text = spot.source.lines[spot.line - 1] ?? '';
  const pos = posOf(spot);
  return spot.col > SHOWN_LINE ? { pos } : { pos, text: text.slice(0, SHOWN_LINE) };
}

/** The position of a spot as problems give it. */
export function posOf(spot: Spot): SourcePos {
  return { file: spot.source.file, line: spot.line, col: spot.col, length: Math.min(spot.length, SHOWN_LINE) };
}

/** The place right behind a token. */
export function endOf(token: Spot): Spot {
  return { source: token.source, line: token.line, col: token.col + token.length, length: 1 };
}
