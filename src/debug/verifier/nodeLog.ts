/** The kernel's log lines for a node: the verification runs again at level 2, and what lies far from the node is forgotten. */
import type { VerifyJob } from '../../verifier/api.ts';
import type { LogSink } from '../../verifier/log/sink.ts';
import { makeSink } from '../../verifier/log/sink.ts';
import type { Exploration } from './exploration.ts';
import { jobOf } from './exploration.ts';

/** Nodes whose lines are kept at a time. */
const WINDOW = 1024;

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
  /** Of the nodes from `first` on. */
  #lines: string[] = [];
  #first = 1;
  #ended = false;

  constructor(exploration: Exploration) {
    this.#job = jobOf(exploration, this.#sink);
  }

  /** Whether a node's lines are kept, or still to come. */
  reaches(node: number): boolean {
    return this.#lines[node - this.#first] !== undefined || (!this.#ended && node - (WINDOW >> 1) > this.#at);
  }

  /** What was written while the node was processed; undefined where the verification ends before. */
  lines(node: number): string | undefined {
    if (this.#lines[node - this.#first] === undefined && !this.#ended) this.#window(node);
    return this.#lines[node - this.#first];
  }

  #window(node: number): void {
    const from = Math.max(1, node - (WINDOW >> 1));
    while (this.#at < from - 1 && !this.#ended) {
      this.#advance(Math.min(20_000, from - 1 - this.#at));
      this.#sink.forget();
    }
    this.#first = this.#at + 1;
    this.#sink.forget();
    const base = this.#sink.end - this.#sink.text().length;
    const starts: number[] = [];
    while (this.#at < from + WINDOW && !this.#ended) {
      starts.push(this.#sink.end - base);
      const before = this.#at;
      while (this.#at === before && !this.#ended) this.#advance(1);
    }
    const text = this.#sink.text();
    // The state behind an insn takes the place of its line's end, when the next one is processed.
    const begins = starts.map((s) => (s === 0 ? 0 : text.indexOf('\n', s - 1) + 1));
    const ends = [...begins.slice(1), ...(this.#ended ? [text.length] : [])];
    this.#lines = ends.map((end, i) => text.slice(begins[i], end));
  }

  #advance(count: number): void {
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

  /** The lines that the kernel's log of level 2 has for a node; empty where it has none. */
  lines(node: number): readonly string[] {
    if (!this.#pass?.reaches(node)) this.#pass = new Pass(this.#exploration);
    const text = this.#pass.lines(node) ?? '';
    return text.split('\n').filter((line) => line !== '');
  }
}
