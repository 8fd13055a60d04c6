/** The kernel's log lines for a node: the verification runs again at level 2, and what lies far from the node is forgotten. */
import type { VerifyJob } from '../../verifier/api.ts';
import type { LogSink } from '../../verifier/log/sink.ts';
import { makeSink } from '../../verifier/log/sink.ts';
import type { Exploration } from './exploration.ts';
import { jobOf } from './exploration.ts';

/** Nodes whose lines are kept at a time. */
const WINDOW = 1024;
const AROUND = WINDOW >> 1;
const SLICE = 5000;

/** A log that keeps what is written while it is told to. */
class WindowSink implements LogSink {
  readonly level = 2;
  readonly #rest = makeSink(2);
  /** Bytes written before what is kept. */
  #base = 0;

  get end(): number {
    return this.#base + this.#rest.end;
  }

  write(text: string): void {
    this.#rest.write(text);
  }

  reset(position: number): void {
    this.#rest.reset(Math.max(0, position - this.#base));
  }

  text(): string {
    return this.#rest.text();
  }

  /** Forgets what stands before a place of the text, but for the end of the line before, which may be taken back. */
  forget(before: number): void {
    if (before === 0) return;
    const kept = this.#rest.text().slice(before - 1);
    this.#base += before - 1;
    this.#rest.reset(0);
    this.#rest.write(kept);
  }

  /** Where in the text the next line goes. */
  get place(): number {
    return this.#rest.end;
  }
}

/** One run of the verification, which goes forwards only. */
class Pass {
  readonly #sink = new WindowSink();
  readonly #job: VerifyJob;
  /** Insns processed. */
  #at = 0;
  /** Where in the text each node of the window at work begins. */
  #starts: number[] = [];
  #next = 1;
  /** Of the nodes from `first` on. */
  #lines: readonly string[] = [];
  #first = 1;
  #ended = false;

  constructor(exploration: Exploration) {
    this.#job = jobOf(exploration, this.#sink);
  }

  /** Whether a node's lines are kept, or still to come. */
  reaches(node: number): boolean {
    return this.#lines[node - this.#first] !== undefined || (!this.#ended && node >= this.#next);
  }

  /** What was written while the node was processed, '' where nothing was; undefined when `budget` insns are too few. */
  advance(node: number, budget: number): string | undefined {
    const from = Math.max(1, node - AROUND);
    let left = budget;
    while (this.#lines[node - this.#first] === undefined && !this.#ended) {
      if (left <= 0) return undefined;
      const slice = Math.min(SLICE, left, from - 1 - this.#at);
      if (slice > 0) {
        this.#walk(slice);
        this.#sink.forget(this.#sink.place);
        this.#starts = [];
        this.#next = this.#at + 1;
      } else this.#visit();
      left -= Math.max(1, slice);
    }
    return this.#lines[node - this.#first] ?? '';
  }

  #visit(): void {
    this.#starts.push(this.#sink.place);
    const before = this.#at;
    while (this.#at === before && !this.#ended) this.#walk(1);
    if (this.#starts.length > WINDOW || this.#ended) this.#close();
  }

  /** The lines of the window are whole, but for those of its last node, which begins the next window. */
  #close(): void {
    const text = this.#sink.text();
    // The state behind an insn takes the place of its line's end, when the next one is processed.
    const begins = this.#starts.map((s) => (s === 0 ? 0 : text.indexOf('\n', s - 1) + 1));
    const ends = [...begins.slice(1), ...(this.#ended ? [text.length] : [])];
    this.#lines = ends.map((end, i) => text.slice(begins[i], end));
    this.#first = this.#next;
    const last = this.#starts.at(-1)!;
    this.#next += this.#starts.length - 1;
    this.#sink.forget(last);
    this.#starts = [Math.min(last, 1)];
  }

  #walk(count: number): void {
    this.#ended = this.#job.advance(count) !== undefined;
    this.#at = this.#job.stats.insns;
  }
}

/** Lines of nodes; the run that gives them is kept, so that neighbours cost nothing. */
export class NodeLog {
  readonly #exploration: Exploration;
  #pass: Pass | undefined;

  constructor(exploration: Exploration) {
    this.#exploration = exploration;
  }

  /** The lines that the kernel's log of level 2 has for a node; undefined when it takes more than `budget` insns to find them. */
  advance(node: number, budget: number): readonly string[] | undefined {
    if (!this.#pass?.reaches(node)) this.#pass = new Pass(this.#exploration);
    return this.#pass
      .advance(node, budget)
      ?.split('\n')
      .filter((line) => line !== '');
  }
}
