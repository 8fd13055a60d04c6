/** A program's session on the screen. */
import type { CommandRun } from '../../commands/row.ts';
import type { Shell } from '../../commands/shell.ts';
import type { NothingKnown } from '../../session/knowing.ts';
import type { Knowledge } from '../../verifier/beside.ts';
import type { CommandKey, Face, PaneRow } from '../face.ts';
import { callsPane } from './calls.ts';
import { CodePane } from './code.ts';
import { contextPane } from './context.ts';
import { Kept } from './kept.ts';
import { programKeys } from './keys.ts';
import { type Knows, knownOf } from './known.ts';
import { PROGRAM_LAYOUTS } from './layouts.ts';
import { MapsPane } from './maps.ts';
import { packetPane } from './packet.ts';
import { registersPane } from './registers.ts';
import { stackPane } from './stack.ts';
import { packetNow, timelinePane } from './timeline.ts';

/** What the verifier knew at a moment, or that nothing is known. */
type Answer = Knowledge | NothingKnown;

export class ProgramFace implements Face {
  readonly name: string;
  readonly panes: readonly PaneRow[];
  readonly layouts = PROGRAM_LAYOUTS;
  readonly keys: readonly CommandKey[];
  readonly code: CodePane;
  readonly #shell: Shell;
  /** A question at work stands elsewhere in time: nothing may be looked at before it is given up. */
  readonly #kept = new Kept(() => this.#giveUp());
  #asked: Generator<undefined, Answer> | undefined;
  /** What is known, and of which moment. */
  #answer: { readonly tick: number; readonly edits: number; readonly known: Answer } | undefined;

  constructor(shell: Shell) {
    this.#shell = shell;
    const knows: Knows = (depth) => shell.options.knowing && knownOf(this.#answer?.known, depth);
    this.name = shell.session.input.name;
    const kept = this.#kept;
    this.code = new CodePane(shell, kept);
    this.panes = [
      this.code,
      registersPane(shell, kept, knows),
      stackPane(shell, kept, knows),
      packetPane(shell, kept),
      contextPane(shell, kept),
      new MapsPane(shell, kept),
      callsPane(shell, kept),
      timelinePane(shell, kept),
    ];
    this.keys = programKeys(this);
  }

  greeting(): readonly string[] {
    return this.#shell.where();
  }

  begin(line: string): CommandRun {
    this.#giveUp();
    return this.#shell.begin(line);
  }

  complete(text: string): readonly string[] {
    return this.#shell.complete(text);
  }

  where(): string {
    return this.#kept.get('where', () => {
      const { session } = this.#shell;
      const all = session.packets.length;
      const { running, machine } = session.view();
      const which = running || !machine ? `packet ${packetNow(this.#shell)} of ${all}` : 'timer';
      const frame = session.frames()[0];
      const prog = frame && session.symbols.prog(frame.progId);
      const place = frame ? (prog ? session.symbols.placeName(prog, frame.slot) : frame.prog) : '';
      const why = session.stop.reason === 'fault' ? ' FAULT' : '';
      return `${session.over ? 'the end' : which}  tick ${session.tick}  ${place}${why} `;
    });
  }

  progress(): string {
    return `tick ${this.#shell.session.tick}`;
  }

  refresh(): void {
    this.#giveUp();
    this.#kept.clear();
    const { tick, edits } = this.#shell.session;
    if (this.#answer?.tick !== tick || this.#answer.edits !== edits.length) this.#answer = undefined;
  }

  /** Asks what the verifier knew here. */
  idle(): boolean {
    const { session, options } = this.#shell;
    if (!options.knowing || this.#answer) return false;
    this.#asked ??= options.knowing.now();
    const next = this.#asked.next();
    if (!next.done) return true;
    this.#asked = undefined;
    this.#answer = { tick: session.tick, edits: session.edits.length, known: next.value };
    return false;
  }

  #giveUp(): void {
    this.#asked?.return({ why: '' });
    this.#asked = undefined;
  }

  /** Shows insns in place of source, and back. */
  toggleInsns(): true {
    this.code.insns = !this.code.insns;
    return true;
  }
}
