/** What a terminal sends, as keys: sequences may arrive in pieces, and a lone escape is known only after a while. */
import { FINALS, LETTERS, TILDES } from './keyNames.ts';

/**
 * A key: `a`, `é`, `enter`, `up`, `f5`, `paste`, with `C-`, `M-` (alt) and `S-` before it in this order. Shifted letters are themselves.
 */
export interface Key {
  readonly name: string;
  /** What it types: of printable characters and pastes. */
  readonly text?: string;
}

const ESC = '\x1b';
const PASTE_BEGIN = `${ESC}[200~`;
const PASTE_END = `${ESC}[201~`;
/** Longer sequences are nobody's. */
const MOST_SEQUENCE = 64;
const MOST_PASTE = 65_536;
/** A paste that nothing more comes of ends after so many flushes. */
const PATIENCE = 20;

/** Characters below space, and delete. */
function control(char: string): Key {
  const code = char.charCodeAt(0);
  const name = LETTERS[code];
  if (name !== undefined) return { name };
  if (code === 0x7f) return { name: 'backspace' };
  if (code === 0) return { name: 'C-space' };
  return { name: `C-${String.fromCharCode(code + 0x60)}` };
}

function typed(char: string): Key {
  const code = char.codePointAt(0)!;
  if (code < 0x20 || code === 0x7f) return control(char);
  if (code >= 0x80 && code < 0xa0) return { name: 'unknown' };
  return { name: char === ' ' ? 'space' : char, text: char };
}

/** `C-M-S-` of xterm's modifier parameter: 1 + shift + 2 alt + 4 ctrl. */
function modifiers(parameter: string | undefined): string {
  const bits = (Number(parameter ?? 1) || 1) - 1;
  return `${bits & 4 ? 'C-' : ''}${bits & 2 ? 'M-' : ''}${bits & 1 ? 'S-' : ''}`;
}

function withModifiers(key: Key, parameter: string | undefined): Key {
  const mods = modifiers(parameter);
  if (mods === '') return key;
  if (mods === 'S-' && key.text !== undefined) return key;
  return { name: mods + key.name };
}

/** The key of `CSI parameters final`. */
function csi(parameters: string, final: string): Key {
  const [first = '', second, third] = parameters.split(';');
  if (final === '~' && first === '27' && third !== undefined) return coded(third, second);
  if (final === 'u') return coded(first, second);
  const name = final === '~' ? TILDES[Number(first)] : FINALS[final];
  if (name === undefined) return { name: 'unknown' };
  if (final === 'Z') return { name };
  return { name: modifiers(second) + name };
}

/** A key by its code point, as terminals with extended keys send it. */
function coded(code: string, parameter: string | undefined): Key {
  const point = Number(code.split(':')[0]);
  if (!(point >= 0 && point < 0x11_0000)) return { name: 'unknown' };
  return withModifiers(typed(String.fromCodePoint(point)), parameter?.split(':')[0]);
}

interface Parsed {
  readonly key: Key | undefined;
  readonly length: number;
}

/** The first key of a text; undefined where more must come. */
function parse(text: string): Parsed | undefined {
  const char = String.fromCodePoint(text.codePointAt(0)!);
  if (char !== ESC) return { key: typed(char), length: char.length };
  const rest = text.slice(1);
  if (rest === '') return undefined;
  if (rest[0] === '[') {
    const found = /^\[(\[[A-E]|([0-?]*)[ -/]*([@-Z\\-~]))/.exec(rest);
    if (!found) {
      // `[` alone may be alt-[; anything else in it that is no parameter ends it.
      const stray = /^\[[0-?]*[ -/]*[^ -?]/.test(rest) || rest.length > MOST_SEQUENCE;
      return stray ? { key: { name: 'unknown' }, length: rest.length > MOST_SEQUENCE ? text.length : 2 } : undefined;
    }
    const length = 1 + found[0].length;
    if (found[1]!.startsWith('[')) return { key: { name: `f${found[1]!.charCodeAt(1) - 0x40}` }, length };
    return { key: csi(found[2]!, found[3]!), length };
  }
  if (rest[0] === 'O') {
    if (rest.length === 1) return undefined;
    const found = /^O(\d?)([A-Za-z])/.exec(rest);
    if (!found) return /^O\d$/.test(rest) ? undefined : { key: { name: 'M-O' }, length: 2 };
    const name = FINALS[found[2]!];
    const key = name === undefined ? { name: 'unknown' } : { name: modifiers(found[1] || undefined) + name };
    return { key, length: 1 + found[0].length };
  }
  if (rest[0] === ESC) return { key: { name: 'esc' }, length: 1 };
  const next = String.fromCodePoint(rest.codePointAt(0)!);
  const { name } = typed(next);
  return { key: { name: name.startsWith('C-') ? `C-M-${name.slice(2)}` : `M-${name}` }, length: 1 + next.length };
}

export class KeyReader {
  readonly #decoder = new TextDecoder();
  #pending = '';
  #paste: string | undefined;
  #waits = 0;

  /** The keys that are complete now. */
  feed(bytes: Uint8Array): Key[] {
    this.#pending += this.#decoder.decode(bytes, { stream: true });
    this.#waits = 0;
    return this.#keys();
  }

  /** Something is incomplete: `flush` when nothing has come for a moment. */
  get waiting(): boolean {
    return this.#pending !== '' || this.#paste !== undefined;
  }

  /** Nothing more came: an escape was the escape key, a sequence without an end was typed by hand. */
  flush(): Key[] {
    if (this.#paste !== undefined) {
      if (++this.#waits < PATIENCE) return [];
      const text = this.#paste + this.#pending;
      this.#paste = undefined;
      this.#pending = '';
      return [{ name: 'paste', text }];
    }
    if (this.#pending === '') return [];
    const text = this.#pending;
    this.#pending = '';
    if (text === ESC) return [{ name: 'esc' }];
    this.#pending = text.slice(2);
    return [{ name: `M-${text[1]!}` }, ...this.#keys()];
  }

  #keys(): Key[] {
    const keys: Key[] = [];
    while (this.#pending !== '') {
      if (this.#paste !== undefined) {
        const pasted = this.#endOfPaste();
        if (!pasted) break;
        keys.push(pasted);
        continue;
      }
      if (this.#pending.startsWith(PASTE_BEGIN)) {
        this.#paste = '';
        this.#pending = this.#pending.slice(PASTE_BEGIN.length);
        continue;
      }
      const parsed = parse(this.#pending);
      if (!parsed) break;
      this.#pending = this.#pending.slice(parsed.length);
      if (parsed.key) keys.push(parsed.key);
    }
    return keys;
  }

  /** The paste, once its end has come. What is too much of it is dropped. */
  #endOfPaste(): Key | undefined {
    const end = this.#pending.indexOf(PASTE_END);
    // The end itself may be in pieces.
    const sure = end >= 0 ? end : Math.max(0, this.#pending.length - PASTE_END.length + 1);
    this.#paste = (this.#paste + this.#pending.slice(0, sure)).slice(0, MOST_PASTE);
    this.#pending = this.#pending.slice(sure);
    if (end < 0) return undefined;
    this.#pending = this.#pending.slice(PASTE_END.length);
    const text = this.#paste;
    this.#paste = undefined;
    return { name: 'paste', text };
  }
}
