/** What is debugged, as the screen sees it: panes, keys, commands. A program's session and the verifier's have one each. */
import type { CommandRun } from '../commands/row.ts';
import type { LayoutRow } from './layout.ts';
import type { StyledLine } from './line.ts';

/** The inside of a pane. */
export interface Area {
  readonly columns: number;
  readonly rows: number;
  readonly focused: boolean;
}

/** What a pane shows; lines are made as they are seen. */
export interface Content {
  readonly count: number;
  line(index: number): StyledLine;
  /** The line that is to be seen; when it changes, the pane goes there. */
  readonly here?: number | undefined;
  /** What is shown, beside the pane's name. */
  readonly title?: string;
}

export interface PaneRow {
  readonly id: string;
  readonly title: string;
  /** Has a line that is chosen: arrows move it. Other panes scroll. */
  readonly choose?: true;
  content(area: Area): Content;
  /** Enter at a line: a command, or something done to the pane itself (true). */
  enter?(line: number): string | boolean;
}

/** Where the user points. */
export interface Pointing {
  readonly pane: string;
  /** The chosen line of a pane. */
  line(pane: string): number;
}

/** A key that is a command while nothing is typed. */
export interface CommandKey {
  readonly keys: readonly string[];
  /** One or two words. */
  readonly label: string;
  /** For the page of help, where the label says too little. */
  readonly help?: string;
  /** Is named below the screen, the lower the sooner. */
  readonly rank?: number;
  /** The command; `true`: it did something by itself; undefined: not here. */
  readonly command: string | ((at: Pointing) => string | true | undefined);
}

export interface Face {
  /** What is debugged. */
  readonly name: string;
  /** In the order of their digits, from 1. */
  readonly panes: readonly PaneRow[];
  readonly layouts: readonly LayoutRow[];
  readonly keys: readonly CommandKey[];
  /** What the first lines of the log say. */
  greeting(): readonly string[];
  begin(line: string): CommandRun;
  complete(text: string): readonly string[];
  /** Where it stands, in a few words. */
  where(): string;
  /** What moves while a command is at work. */
  progress(): string;
  /** Something has moved or changed: what panes keep is old. */
  refresh(): void;
  /** Work that is done while nobody types; true while there is more. */
  idle?(): boolean;
  /** What is to be told of that work; each line once. */
  news?(): readonly string[];
}

/** Content of lines that are there already. */
export function linesContent(lines: readonly StyledLine[], more: Omit<Content, 'count' | 'line'> = {}): Content {
  return { count: lines.length, line: (index) => lines[index] ?? [], ...more };
}
