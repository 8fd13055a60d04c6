/** The panes of a face: which has the keys, which of those that share a place is seen. */
import type { Face, PaneRow } from './face.ts';
import type { Log } from './log.ts';
import { Pane } from './pane.ts';

/** Every face has it. */
const LOG = 'log';

function logPane(log: Log): PaneRow {
  return { id: LOG, title: 'log', content: ({ columns }) => log.content(columns) };
}

export class Panes {
  readonly rows: readonly PaneRow[];
  readonly #panes: ReadonlyMap<string, Pane>;
  #focus: string;
  /** What was looked at last, newest first. */
  #recent: readonly string[] = [];
  zoomed = false;

  constructor(face: Face, log: Log) {
    this.rows = face.panes.some((p) => p.id === LOG) ? face.panes : [...face.panes, logPane(log)];
    this.#panes = new Map(this.rows.map((row) => [row.id, new Pane(row.choose === true, row.id === LOG)]));
    this.#focus = this.rows[0]!.id;
  }

  get focus(): string {
    return this.#focus;
  }

  get focused(): Pane {
    return this.get(this.#focus)!;
  }

  row(id: string): PaneRow | undefined {
    return this.rows.find((row) => row.id === id);
  }

  get(id: string): Pane | undefined {
    return this.#panes.get(id);
  }

  /** Gives a pane the keys, and the place that it shares with others. */
  choose(id: string | undefined): boolean {
    if (id === undefined || !this.#panes.has(id)) return false;
    this.#focus = id;
    this.#recent = [id, ...this.#recent.filter((other) => other !== id)];
    return true;
  }

  /** The pane of a digit, from 1. */
  byNumber(number: number): string | undefined {
    return this.rows[number - 1]?.id;
  }

  next(by: number): void {
    const at = this.rows.findIndex((row) => row.id === this.#focus);
    this.choose(this.rows[(at + by + this.rows.length) % this.rows.length]!.id);
  }

  /** Which of those that share a place is seen. */
  front(ids: readonly string[]): string {
    return this.#recent.find((id) => ids.includes(id)) ?? ids[0]!;
  }

  /** What is shown is another thing: panes find their places again. */
  forget(): void {
    for (const pane of this.#panes.values()) pane.forget();
  }
}
