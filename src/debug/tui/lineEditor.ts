/** The prompt: one line, edited as Emacs does it, with history, search in it, and completion. */
import { History } from './history.ts';
import type { Key } from './keys.ts';

/** What a key did to the line. */
export type Edited =
  | { readonly kind: 'changed' }
  /** The line is to be run; the editor is empty again. */
  | { readonly kind: 'accepted'; readonly line: string }
  /** Several completions. */
  | { readonly kind: 'choices'; readonly list: readonly string[] }
  /** The key means nothing here. */
  | { readonly kind: 'unused' };

/** What the last word of a text may become: whole words. */
export type Complete = (text: string) => readonly string[];

const MOST = 4096;
const CHANGED: Edited = { kind: 'changed' };
const UNUSED: Edited = { kind: 'unused' };
const WORD = /[\p{L}\p{N}_]/u;

type Action = (editor: LineEditor) => Edited;

function commonStart(words: readonly string[]): string {
  let [start = ''] = words;
  for (const word of words) while (!word.startsWith(start)) start = start.slice(0, -1);
  return start;
}

export class LineEditor {
  readonly history: History;
  readonly #complete: Complete;
  /** By code point, so that no key splits one. */
  #chars: string[] = [];
  #at = 0;
  #killed = '';
  /** Line of the history that is shown; its length: the line that is being typed. */
  #shown: number;
  #draft = '';
  #search: { text: string; found: number; readonly before: string } | undefined;
  #tabbed = false;

  constructor(complete: Complete = () => [], history = new History()) {
    this.#complete = complete;
    this.history = history;
    this.#shown = history.lines.length;
  }

  get text(): string {
    return this.#chars.join('');
  }

  /** The part before the cursor. */
  get before(): string {
    return this.#chars.slice(0, this.#at).join('');
  }

  get empty(): boolean {
    return this.#chars.length === 0 && this.#search === undefined;
  }

  /** What is searched in the history; undefined where nothing is. `failed`: it is in no line. */
  get searching(): { readonly text: string; readonly failed: boolean } | undefined {
    return this.#search && { text: this.#search.text, failed: this.#search.found < 0 };
  }

  set(text: string): void {
    this.#chars = Array.from(text).slice(0, MOST);
    this.#at = this.#chars.length;
  }

  clear(): void {
    this.set('');
    this.#search = undefined;
    this.#shown = this.history.lines.length;
  }

  key(key: Key): Edited {
    if (this.#search) {
      const done = this.#searchKey(key);
      if (done) return done;
    }
    const tabbed = this.#tabbed;
    this.#tabbed = false;
    if (key.name === 'tab') return this.#tab(tabbed);
    const action = Object.hasOwn(ACTIONS, key.name) ? ACTIONS[key.name] : undefined;
    if (action) return action(this);
    if (key.text === undefined) return UNUSED;
    // A paste is one line: nothing runs before somebody has seen it.
    this.insert(key.text.replace(/[\r\n\t]+/g, ' '));
    return CHANGED;
  }

  insert(text: string): void {
    const added = Array.from(text).slice(0, MOST - this.#chars.length);
    this.#chars.splice(this.#at, 0, ...added);
    this.#at += added.length;
  }

  accept(): Edited {
    const line = this.text;
    this.history.add(line);
    this.clear();
    return { kind: 'accepted', line };
  }

  moveTo(at: number): void {
    this.#at = Math.max(0, Math.min(this.#chars.length, at));
  }

  move(by: number): void {
    this.moveTo(this.#at + by);
  }

  get end(): number {
    return this.#chars.length;
  }

  /** Where the next word ends (or the one before begins). */
  word(back: boolean): number {
    const step = back ? -1 : 1;
    const next = (at: number): string | undefined => this.#chars[back ? at - 1 : at];
    let at = this.#at;
    while (next(at) !== undefined && !WORD.test(next(at)!)) at += step;
    while (next(at) !== undefined && WORD.test(next(at)!)) at += step;
    return at;
  }

  /** Beginning of the word before the cursor, where only spaces part words. */
  get spaced(): number {
    let at = this.#at;
    while (at > 0 && this.#chars[at - 1] === ' ') at--;
    while (at > 0 && this.#chars[at - 1] !== ' ') at--;
    return at;
  }

  /** Takes out what is between the cursor and a place; `keep` for `yank`. */
  cut(to: number, keep: boolean): void {
    const [a, b] = to < this.#at ? [to, this.#at] : [this.#at, Math.min(to, this.#chars.length)];
    const gone = this.#chars.splice(Math.max(0, a), b - Math.max(0, a));
    this.#at = Math.max(0, a);
    if (keep && gone.length > 0) this.#killed = gone.join('');
  }

  yank(): void {
    this.insert(this.#killed);
  }

  transpose(): void {
    const at = Math.min(this.#at, this.#chars.length - 1);
    if (at < 1) return;
    const [a, b] = [this.#chars[at - 1]!, this.#chars[at]!];
    this.#chars.splice(at - 1, 2, b, a);
    this.#at = at + 1;
  }

  get position(): number {
    return this.#at;
  }

  /** Shows an older (-1) or newer (1) line of the history. */
  recall(by: number): Edited {
    const { lines } = this.history;
    const to = this.#shown + by;
    if (to < 0 || to > lines.length) return UNUSED;
    if (this.#shown === lines.length) this.#draft = this.text;
    this.#shown = to;
    this.set(to === lines.length ? this.#draft : lines[to]!);
    return CHANGED;
  }

  search(): void {
    this.#search = { text: '', found: this.history.lines.length, before: this.text };
  }

  /** A key while the history is searched; undefined where it ends the search and means what it always means. */
  #searchKey(key: Key): Edited | undefined {
    const search = this.#search!;
    const look = (from: number): Edited => {
      const found = this.history.find(search.text, from);
      search.found = found;
      if (found >= 0) this.set(this.history.lines[found]!);
      return CHANGED;
    };
    if (key.name === 'C-r') return look(search.found < 0 ? this.history.lines.length : search.found);
    if (key.name === 'C-g' || key.name === 'esc' || key.name === 'C-c') {
      this.#search = undefined;
      this.set(search.before);
      return CHANGED;
    }
    if (key.name === 'backspace') {
      search.text = Array.from(search.text).slice(0, -1).join('');
      return look(this.history.lines.length);
    }
    if (key.text !== undefined && key.name !== 'paste' && search.text.length < MOST) {
      search.text += key.text;
      return look(search.found < 0 ? this.history.lines.length : search.found + 1);
    }
    this.#search = undefined;
    return undefined;
  }

  #tab(again: boolean): Edited {
    const text = this.before;
    const list = this.#complete(text);
    const word = /[\w.$:*-]*$/.exec(text)![0];
    const start = commonStart(list);
    if (list.length === 0) return UNUSED;
    if (start.length > word.length) this.insert(start.slice(word.length));
    if (list.length === 1) {
      this.insert(' ');
      return CHANGED;
    }
    if (start.length > word.length) return CHANGED;
    this.#tabbed = true;
    return again ? { kind: 'choices', list } : CHANGED;
  }
}

const doing =
  (what: (editor: LineEditor) => void): Action =>
  (editor) => {
    what(editor);
    return CHANGED;
  };

/** One row a key. */
const ACTIONS: Readonly<Record<string, Action>> = {
  enter: (e) => e.accept(),
  space: doing((e) => e.insert(' ')),
  left: doing((e) => e.move(-1)),
  'C-b': doing((e) => e.move(-1)),
  right: doing((e) => e.move(1)),
  'C-f': doing((e) => e.move(1)),
  home: doing((e) => e.moveTo(0)),
  'C-a': doing((e) => e.moveTo(0)),
  end: doing((e) => e.moveTo(e.end)),
  'C-e': doing((e) => e.moveTo(e.end)),
  'M-b': doing((e) => e.moveTo(e.word(true))),
  'C-left': doing((e) => e.moveTo(e.word(true))),
  'M-f': doing((e) => e.moveTo(e.word(false))),
  'C-right': doing((e) => e.moveTo(e.word(false))),
  backspace: doing((e) => e.cut(e.position - 1, false)),
  delete: doing((e) => e.cut(e.position + 1, false)),
  'C-d': (e) => (e.empty ? UNUSED : doing((x) => x.cut(x.position + 1, false))(e)),
  'C-k': doing((e) => e.cut(e.end, true)),
  'C-u': doing((e) => e.cut(0, true)),
  'C-w': doing((e) => e.cut(e.spaced, true)),
  'M-d': doing((e) => e.cut(e.word(false), true)),
  'M-backspace': doing((e) => e.cut(e.word(true), true)),
  'C-y': doing((e) => e.yank()),
  'C-t': doing((e) => e.transpose()),
  up: (e) => e.recall(-1),
  'C-p': (e) => e.recall(-1),
  down: (e) => e.recall(1),
  'C-n': (e) => e.recall(1),
  'C-r': doing((e) => e.search()),
};
