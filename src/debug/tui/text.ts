/**
 * Text made safe for a grid of cells: sources, traces and names are other people's text. Only characters whose width every terminal
 * agrees on get through; all others become `?`, so nothing can move the cursor, overwrite or hide.
 */

/** A character of one or two columns. */
export interface Glyph {
  readonly char: string;
  readonly width: 1 | 2;
}

type Range = readonly [from: number, to: number];

/** Ranges of characters that take one column. */
const NARROW: readonly Range[] = [
  [0x20, 0x7e],
  [0xa1, 0xac],
  [0xae, 0x2ff],
  [0x370, 0x482],
  [0x48a, 0x52f],
  [0x2010, 0x2027],
  [0x2030, 0x205e],
  [0x20a0, 0x20bf],
  [0x2190, 0x21ff],
  [0x2200, 0x22ff],
  [0x2500, 0x25fc],
];

/** Ranges of characters that take two. */
const WIDE: readonly Range[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x2e99],
  [0x3001, 0x3029],
  [0x3041, 0x3096],
  [0x309b, 0x30ff],
  [0x3131, 0x318e],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xac00, 0xd7a3],
  [0xf900, 0xfa6d],
  [0xff01, 0xff60],
];

const TAB = 8;
const REPLACED: Glyph = { char: '?', width: 1 };
const ASCII: readonly Glyph[] = Array.from({ length: 0x7f }, (_, code) =>
  code < 0x20 ? REPLACED : { char: String.fromCharCode(code), width: 1 },
);
const PLAIN_ASCII = /^[\x20-\x7e]*$/;

const within = (ranges: readonly Range[], code: number): boolean => ranges.some(([a, b]) => code >= a && code <= b);

function glyphOf(char: string): Glyph {
  const code = char.codePointAt(0)!;
  if (code < 0x7f) return ASCII[code]!;
  if (within(NARROW, code)) return { char, width: 1 };
  return within(WIDE, code) ? { char, width: 2 } : REPLACED;
}

/** The characters that stand for a text; `column` is where it begins, for tabs. */
export function glyphs(text: string, column = 0): Glyph[] {
  const out: Glyph[] = [];
  let at = column;
  for (const char of text) {
    if (char === '\t') {
      for (const end = at + TAB - (at % TAB); at < end; at++) out.push(ASCII[0x20]!);
      continue;
    }
    const glyph = glyphOf(char);
    out.push(glyph);
    at += glyph.width;
  }
  return out;
}

/** The text as it is shown. */
export function clean(text: string): string {
  if (PLAIN_ASCII.test(text)) return text;
  return glyphs(text)
    .map((g) => g.char)
    .join('');
}

/** Columns that a text takes. */
export function widthOf(text: string): number {
  if (PLAIN_ASCII.test(text)) return text.length;
  return glyphs(text).reduce((sum, g) => sum + g.width, 0);
}

/** The text in exactly `width` columns: padded, or cut with `…`. */
export function fitted(text: string, width: number): string {
  const whole = clean(text);
  const wide = widthOf(whole);
  if (wide <= width) return whole + ' '.repeat(width - wide);
  if (width <= 0) return '';
  let out = '';
  let at = 0;
  for (const { char, width: w } of glyphs(whole)) {
    if (at + w > width - 1) break;
    out += char;
    at += w;
  }
  return `${out}…${' '.repeat(width - 1 - at)}`;
}

/** A text broken into pieces of at most `width` columns, at spaces where there are any; the pieces behind the first are indented. */
export function wrapped(text: string, width: number, indent = 2): string[] {
  const room = Math.max(1, width);
  let rest = clean(text);
  if (widthOf(rest) <= room) return [rest];
  const lines: string[] = [];
  const pad = ' '.repeat(room > 4 * indent ? indent : 0);
  while (widthOf(rest) > room) {
    let cut = 0;
    for (let at = 0; cut < rest.length; ) {
      const char = String.fromCodePoint(rest.codePointAt(cut)!);
      at += widthOf(char);
      if (at > room) break;
      cut += char.length;
    }
    cut = Math.max(cut, 1);
    const space = rest.lastIndexOf(' ', cut);
    const at = space > pad.length && space >= room >> 1 ? space : cut;
    lines.push(rest.slice(0, at));
    rest = pad + rest.slice(at).trimStart();
    if (rest.trim() === '') return lines;
  }
  return [...lines, rest];
}
