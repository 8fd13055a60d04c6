import type { Source, Spot } from './source.ts';

/** `bad`: a character or number that no statement can hold. */
type TokenKind = 'word' | 'number' | 'string' | 'register' | 'punct' | 'bad';

export interface Token extends Spot {
  readonly kind: TokenKind;
  /** As written; registers without `%`, strings as their bytes in Latin-1. */
  readonly text: string;
  readonly value?: bigint;
}

/** One statement: its tokens without the separator. */
export interface Statement {
  readonly source: Source;
  readonly line: number;
  readonly tokens: readonly Token[];
  /** Text from the first token on, for directives that take it raw. */
  readonly text: string;
  /** The opcode byte that a listing shows before the insn. */
  readonly code?: number;
  /** The number of the slot that a listing shows. */
  readonly index?: number;
}

export const MAX_TOKENS = 4000;

const PUNCTS = [
  '<<=',
  '>>=',
  '->',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '&=',
  '|=',
  '^=',
  '<<',
  '>>',
  '<=',
  '>=',
  '==',
  '!=',
  '&&',
  '||',
];
const SINGLE = new Set('+-*/%&|^~!<>=()[]{},:?#');
const WORD = /[A-Za-z_.$@][\w.$@]*/y;
const NUMBER = /0[xX][0-9a-fA-F]+|0[bB][01]+|\d+/y;
const REGISTER = /^[rw](?:\d|10)$/;
const NUMBERED_LABEL = /^\d+[fb]$/;
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '0': '\0',
};

function quoted(text: string, from: number): { value: string; end: number; closed: boolean } {
  const quote = text[from];
  const encoder = new TextEncoder();
  let value = '';
  let at = from + 1;
  for (; at < text.length && text[at] !== quote; at++) {
    if (text[at] !== '\\') {
      const char = String.fromCodePoint(text.codePointAt(at)!);
      if (char.length === 2) at++;
      for (const byte of encoder.encode(char)) value += String.fromCharCode(byte);
      continue;
    }
    const code = /^(?:x[0-9a-fA-F]{1,2}|[0-3]?[0-7]{1,2})/.exec(text.slice(at + 1, at + 4))?.[0];
    if (code === undefined) {
      const char = text[at + 1] ?? '';
      value += ESCAPES[char] ?? char;
      at++;
    } else {
      value += String.fromCharCode(
        code.startsWith('x') ? Number.parseInt(code.slice(1), 16) : Number.parseInt(code, 8),
      );
      at += code.length;
    }
  }
  return { value, end: Math.min(at + 1, text.length), closed: at < text.length };
}

/** The token at `at`, which is not white space. Its end is `col - 1 + length`. */
function tokenAt(source: Source, line: number, text: string, at: number): Token {
  const make = (kind: TokenKind, end: number, shown = text.slice(at, end), value?: bigint): Token => ({
    kind,
    text: shown,
    source,
    line,
    col: at + 1,
    length: end - at,
    ...(value !== undefined && { value }),
  });
  const char = text[at]!;
  if (char === '"' || char === "'") {
    const { value, end, closed } = quoted(text, at);
    if (!closed) return make('bad', end);
    if (char === '"') return make('string', end, value);
    return value.length === 1 ? make('number', end, undefined, BigInt(value.charCodeAt(0))) : make('bad', end);
  }
  if (char >= '0' && char <= '9') return numberAt(text, at, make);
  WORD.lastIndex = char === '%' ? at + 1 : at;
  const word = WORD.exec(text)?.[0];
  if (word !== undefined && REGISTER.test(word)) return make('register', WORD.lastIndex, word);
  if (word !== undefined && char !== '%') return make('word', WORD.lastIndex, word);
  for (const p of PUNCTS) if (text.startsWith(p, at)) return make('punct', at + p.length);
  return make(SINGLE.has(char) ? 'punct' : 'bad', at + 1);
}

type Make = (kind: TokenKind, end: number, shown?: string, value?: bigint) => Token;

function numberAt(text: string, at: number, make: Make): Token {
  NUMBER.lastIndex = at;
  const digits = NUMBER.exec(text)![0];
  let end = at + digits.length;
  WORD.lastIndex = end;
  const tail = WORD.exec(text)?.[0] ?? '';
  end += tail.length;
  if (tail === '') return digits.length > 100 ? make('bad', end) : make('number', end, digits, BigInt(digits));
  const whole = digits + tail;
  if (NUMBERED_LABEL.test(whole)) return make('word', end, whole);
  if (/^[uU]?[lL]{0,2}$/.test(tail) && digits.length <= 100) return make('number', end, digits, BigInt(digits));
  return make('bad', end);
}

/** What `/*` opened and the next lines continue. */
export interface CommentState {
  open?: Spot;
}

interface LineStyle {
  /** `;` begins a comment and `#` is a token: lines of a kernel log. */
  readonly listing: boolean;
  /** Where the text to read begins. */
  readonly from: number;
}

const PLAIN: LineStyle = { listing: false, from: 0 };

/** Cuts one line into the token lists of its statements. Linear in the length of the line. */
export function tokeniseLine(source: Source, line: number, state: CommentState, style = PLAIN): Token[][] {
  const text = source.lines[line - 1]!;
  const statements: Token[][] = [[]];
  let at = style.from;
  while (at < text.length) {
    if (state.open) {
      const end = text.indexOf('*/', at);
      if (end < 0) break;
      delete state.open;
      at = end + 2;
      continue;
    }
    const char = text[at]!;
    if (char === ' ' || char === '\t' || char === '\u00a0') at++;
    else if (char === '/' && text[at + 1] === '/') break;
    else if (char === '#' && !style.listing) break;
    else if (char === ';' && style.listing) break;
    else if (char === ';') {
      statements.push([]);
      at++;
    } else if (char === '/' && text[at + 1] === '*') {
      state.open = { source, line, col: at + 1, length: 2 };
      at += 2;
    } else {
      const token = tokenAt(source, line, text, at);
      statements.at(-1)!.push(token);
      at += token.length;
    }
  }
  return statements.filter((tokens) => tokens.length > 0);
}
