/**
 * The debugger's screen: keys in, escape sequences out. It knows no terminal and no clock: whoever drives it gives it bytes that were
 * turned into keys, asks it to work on while it is busy, and writes what `paint` returns.
 */
import type { CommandRun, Reply } from '../commands/row.ts';
import { APP_KEYS, type AppKey } from './appKeys.ts';
import { drawApp } from './draw.ts';
import type { CommandKey, Face, Pointing } from './face.ts';
import { History } from './history.ts';
import type { Key } from './keys.ts';
import { LineEditor } from './lineEditor.ts';
import { Log } from './log.ts';
import { Pane } from './pane.ts';
import { Panes } from './panes.ts';
import type { Abilities, Screen } from './screen.ts';
import { LOOK, PLAIN } from './style.ts';

export interface AppOptions extends Abilities {
  readonly rows: number;
  readonly columns: number;
  /** Lines that were typed in earlier sessions. */
  readonly history?: readonly string[];
}

/** Keys that were typed while a command is at work; more are lost. */
const MOST_AHEAD = 256;
const MOST_CHOICES = 200;

export class App {
  readonly face: Face;
  readonly panes: Panes;
  readonly log = new Log();
  readonly editor: LineEditor;
  rows: number;
  columns: number;
  /** The prompt takes every key, also those that are commands. */
  typing = false;
  /** Over the panes; undefined where nothing is. */
  help: Pane | undefined;
  /** Waits for a yes or no. */
  asking = false;
  /** Words in place of the keys, until the next key. */
  notice = '';
  #abilities: Abilities;
  #shown: Screen | undefined;
  #run: CommandRun | undefined;
  #ahead: Key[] = [];
  #ended = false;
  #suspending = false;

  constructor(face: Face, options: AppOptions) {
    this.face = face;
    this.rows = options.rows;
    this.columns = options.columns;
    this.#abilities = options;
    this.editor = new LineEditor((text) => face.complete(text), new History(options.history));
    this.panes = new Panes(face, this.log);
    for (const text of face.greeting()) this.log.add(text);
  }

  /** A command is at work: call `work`. */
  get busy(): boolean {
    return this.#run !== undefined;
  }

  /** The user has ended the session. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The user wants the shell back for a while; asked once. */
  takeSuspend(): boolean {
    const wanted = this.#suspending;
    this.#suspending = false;
    return wanted;
  }

  resize(rows: number, columns: number): void {
    this.rows = rows;
    this.columns = columns;
    this.redraw();
  }

  /** The terminal shows something else: the next painting is a whole one. */
  redraw(): void {
    this.#shown = undefined;
  }

  /** What to write so that the terminal shows how things are. */
  paint(): string {
    const screen = this.screen();
    const out = screen.paint(this.#shown, this.#abilities);
    this.#shown = screen;
    return out;
  }

  /** What is to be seen now. */
  screen(): Screen {
    return drawApp(this);
  }

  input(keys: readonly Key[]): void {
    for (const key of keys) {
      if (this.busy) this.#whileBusy(key);
      else this.#key(key);
    }
  }

  /** Goes on with the command at work for a slice. */
  work(): void {
    this.#advance();
    while (!this.busy && !this.#ended && this.#ahead.length > 0) this.#key(this.#ahead.shift()!);
  }

  /** Does a slice of what can be done while nobody types; true while there is more. */
  idle(): boolean {
    if (this.busy) return false;
    const more = this.face.idle?.() ?? false;
    for (const text of this.face.news?.() ?? []) this.log.add(text);
    return more;
  }

  /** Begins a command as if it were typed. */
  command(line: string): void {
    if (line.trim() !== '') this.log.add(`> ${line}`, LOOK.command);
    this.#run = this.face.begin(line);
    this.#advance();
  }

  /** Runs what the prompt holds. */
  accept(line: string): void {
    this.typing = false;
    this.command(line);
  }

  /** Says something in place of the keys. */
  note(text: string): void {
    this.notice = text;
  }

  askToQuit(): void {
    this.asking = true;
  }

  quit(): void {
    this.#ended = true;
  }

  suspend(): void {
    this.#suspending = true;
  }

  /** Tells what the keys do. */
  showHelp(): void {
    this.help = new Pane(false);
  }

  #advance(): void {
    const reply = this.#run?.advance();
    if (reply) this.#answer(reply);
    else for (const text of this.#run?.said?.() ?? []) this.log.add(text);
  }

  #answer(reply: Reply): void {
    this.#run = undefined;
    for (const text of reply.lines) this.log.add(text, reply.failed ? LOOK.error : PLAIN);
    if (reply.failed) this.notice = reply.lines[0] ?? '';
    this.face.refresh();
    if (reply.quit) this.#ended = true;
  }

  #whileBusy(key: Key): void {
    if (key.name === 'C-l') this.redraw();
    else if (key.name === 'C-z') this.suspend();
    else if (key.name === 'C-c') {
      this.#ahead = [];
      const reply = this.#run?.pause();
      if (reply) this.#answer(reply);
    } else if (this.#ahead.length < MOST_AHEAD) this.#ahead.push(key);
  }

  #key(key: Key): void {
    this.notice = '';
    if (this.asking) {
      this.asking = false;
      if (key.name === 'y' || key.name === 'Y' || key.name === 'C-d') this.quit();
      return;
    }
    const own = this.#ownKey(key);
    if (this.help && own?.when !== 'always') {
      if (!scroll(this.help, key)) this.help = undefined;
      return;
    }
    const command = this.#quiet || isFunctionKey(key) ? this.#commandKey(key) : undefined;
    if (command) this.#runKey(command, key);
    else if (own) own.run(this);
    else if (!(this.#quiet && scroll(this.panes.focused, key))) this.#edit(key);
  }

  /** Nothing is typed: keys are commands. */
  get #quiet(): boolean {
    return this.editor.empty && !this.typing;
  }

  #ownKey(key: Key): AppKey | undefined {
    const when = this.#quiet ? 'quiet' : 'typing';
    return APP_KEYS.find((row) => row.keys.includes(key.name) && (row.when === 'always' || row.when === when));
  }

  #commandKey(key: Key): CommandKey | undefined {
    return this.face.keys.find((row) => row.keys.includes(key.name));
  }

  /** Where the user points. */
  get pointing(): Pointing {
    return { pane: this.panes.focus, line: (id) => this.panes.get(id)?.chosen ?? 0 };
  }

  #runKey({ command, label }: CommandKey, key: Key): void {
    const done = typeof command === 'string' ? command : command(this.pointing);
    if (typeof done === 'string') this.command(done);
    else if (done === undefined) this.notice = `${key.name}: no ${label} here`;
    else {
      this.face.refresh();
      this.panes.forget();
    }
  }

  /** Enter while nothing is typed: what the pane makes of it, or the last step again. */
  enter(): void {
    const done = this.panes.row(this.panes.focus)?.enter?.(this.panes.focused.chosen);
    if (typeof done === 'string') this.command(done);
    else if (done) this.face.refresh();
    else this.command('');
  }

  #edit(key: Key): void {
    if (key.name === 'backspace' && this.editor.empty) this.typing = false;
    const edited = this.editor.key(key);
    if (edited.kind === 'accepted') this.accept(edited.line);
    else if (edited.kind === 'choices') this.#choices(edited.list);
    else if (edited.kind === 'unused') this.notice = `${key.name} does nothing here; ? tells what keys do`;
  }

  #choices(list: readonly string[]): void {
    const more = list.length > MOST_CHOICES ? ` … (${list.length} in all)` : '';
    this.log.add(list.slice(0, MOST_CHOICES).join('  ') + more);
  }
}

const isFunctionKey = (key: Key): boolean => /^([CMS]-)*f\d+$/.test(key.name);

/** Moves a pane; whether the key does that. */
function scroll(pane: Pane, { name }: Key): boolean {
  const move = Object.hasOwn(SCROLL, name) ? SCROLL[name] : undefined;
  move?.(pane);
  return move !== undefined;
}

const SCROLL: Readonly<Record<string, (pane: Pane) => void>> = {
  up: (p) => p.move(-1),
  down: (p) => p.move(1),
  pageup: (p) => p.page(-1),
  pagedown: (p) => p.page(1),
  home: (p) => p.ends(false),
  end: (p) => p.ends(true),
  left: (p) => p.sideways(-1),
  right: (p) => p.sideways(1),
};
