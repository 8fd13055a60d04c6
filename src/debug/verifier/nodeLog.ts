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

  /** Forgets what was written, but for the last line's end, which may be taken back. */
  forget(): void {
    const { end } = this.#rest;
    if (end === 0) return;
    this.#rest.reset(0);
    this.#base += end - 1;
    this.#rest.write('\n');
  }
}

/** One run of the verification, which goes forwards only. */
class Pass {
  readonly #sink = new WindowSink();
  readonly #job: VerifyJob;
  /** Insns processed. */
  #at = 0;
  /** Where in the log each node of the window at work begins. */
  #starts: number[] = [];
  #open = false;
  #base = 0;
  /** Of the nodes from `first` on. */
  #lines: readonly string[] = [];
  #first = 1;
  #ended = false;

  constructor(exploration: Exploration) {
    this.#job = jobOf(exploration, this.#sink);
  }

  /** Whether a node's lines are kept, or still to come. */
  reaches(node: number): boolean {
    if (this.#lines[node - this.#first] !== undefined) return true;
    return !this.#ended && (this.#open ? node >= this.#first : node - AROUND > this.#at || this.#at === 0);
  }

  /** What was written while the node was processed, '' where nothing was; undefined when `budget` insns are too few. */
  advance(node: number, budget: number): string | undefined {
    const from = Math.max(1, node - AROUND);
    let left = budget;
    while (this.#lines[node - this.#first] === undefined && !this.#ended) {
      if (left-- <= 0) return undefined;
      if (!this.#open && this.#at < from - 1) {
        const slice = Math.min(SLICE, from - 1 - this.#at);
        this.#walk(slice);
        this.#sink.forget();
        left -= slice;
      } else this.#visit();
    }
    return this.#lines[node - this.#first] ?? '';
  }

  #visit(): void {
    if (!this.#open) {
      this.#sink.forget();
      this.#open = true;
      this.#first = this.#at + 1;
      this.#lines = [];
      this.#starts = [];
      this.#base = this.#sink.end - this.#sink.text().length;
    }
    this.#starts.push(this.#sink.end - this.#base);
    const before = this.#at;
    while (this.#at === before && !this.#ended) this.#walk(1);
    if (this.#starts.length <= WINDOW && !this.#ended) return;
    const text = this.#sink.text();
    // The state behind an insn takes the place of its line's end, when the next one is processed.
    const begins = this.#starts.map((s) => (s === 0 ? 0 : text.indexOf('\n', s - 1) + 1));
    const ends = [...begins.slice(1), ...(this.#ended ? [text.length] : [])];
    this.#lines = ends.map((end, i) => text.slice(begins[i], end));
    this.#open = false;
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
