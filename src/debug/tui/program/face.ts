/** A program's session on the screen. */
import type { CommandRun } from '../../commands/row.ts';
import type { Shell } from '../../commands/shell.ts';
import type { CommandKey, Face, PaneRow } from '../face.ts';
import { callsPane } from './calls.ts';
import { CodePane } from './code.ts';
import { contextPane } from './context.ts';
import { Kept } from './kept.ts';
import { programKeys } from './keys.ts';
import type { Knows } from './known.ts';
import { PROGRAM_LAYOUTS } from './layouts.ts';
import { MapsPane } from './maps.ts';
import { packetPane } from './packet.ts';
import { registersPane } from './registers.ts';
import { stackPane } from './stack.ts';
import { packetNow, timelinePane } from './timeline.ts';

export interface ProgramFaceOptions {
  /** What the verifier knew at the moment of the session. */
  readonly knows?: Knows;
}

export class ProgramFace implements Face {
  readonly name: string;
  readonly panes: readonly PaneRow[];
  readonly layouts = PROGRAM_LAYOUTS;
  readonly keys: readonly CommandKey[];
  readonly code: CodePane;
  readonly #shell: Shell;
  readonly #kept = new Kept();

  constructor(shell: Shell, { knows = () => undefined }: ProgramFaceOptions = {}) {
    this.#shell = shell;
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
    return this.#shell.begin(line);
  }

  complete(text: string): readonly string[] {
    return this.#shell.complete(text);
  }

  where(): string {
    return this.#kept.get('where', () => {
      const { session } = this.#shell;
      const all = session.input.packets.length;
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
    this.#kept.clear();
  }

  /** Shows insns in place of source, and back. */
  toggleInsns(): true {
    this.code.insns = !this.code.insns;
    return true;
  }
}
