/** Colour and layout of text for people. */
import { Chalk, type ChalkInstance } from 'chalk';
import type { Io } from './io.ts';

export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

export function styleOf(io: Pick<Io, 'colour'>): Style {
  const chalk: ChalkInstance = new Chalk({ level: io.colour ? 1 : 0 });
  return chalk;
}

const ESC = '\x1b';
/** Control characters other than line feeds, tabs and the colours that we know. */
const STEERING = new RegExp(`(?!\\n|\\t|${ESC}\\[(?:1|2|22|3[0-9])m)\\p{Cc}`, 'gu');

/** Text without anything that would steer a terminal: names, notes and what programs say come from files. */
export function harmless(text: string): string {
  return text.replace(STEERING, '\ufffd');
}

/**
 * Breaks a line at spaces so that it fits `columns`; what follows the first line is indented. Words that are too long
 * stay whole; without `columns` nothing is broken.
 */
export function wrap(text: string, columns: number | undefined, indent: string, first = ''): string {
  if (columns === undefined || first.length + text.length <= columns) return first + text;
  const lines: string[] = [];
  let line = first;
  let fresh = true;
  for (const word of text.split(' ')) {
    if (!fresh && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = indent + word;
    } else line += fresh ? word : ` ${word}`;
    fresh = false;
  }
  lines.push(line);
  return lines.join('\n');
}
