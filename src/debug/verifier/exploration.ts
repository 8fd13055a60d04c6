/** One program's exploration: a verification that is watched, in slices; of a rejection also the log that explains it. */
import { toRequest } from '../../asm/request.ts';
import type { LoadRequest, ProgRequest } from '../../spec/request.ts';
import { fromHex } from '../../util/hex.ts';
import type { Result } from '../../util/problem.ts';
import { fail, ok } from '../../util/problem.ts';
import type { VerifyJob, VerifyOptions, VerifySource } from '../../verifier/api.ts';
import { verifyJobs } from '../../verifier/api.ts';
import { makeSink } from '../../verifier/log/sink.ts';
import { slotInsns } from '../../verifier/program.ts';
import type { Verification } from '../../verifier/result.ts';
import { Graph, NODE_LIMIT } from './graph.ts';
import { knownProblem } from './messages.ts';

/** What is explored: options of a verification, and how much is stored. */
export interface ExploreOptions extends Omit<VerifyOptions, 'prog'> {
  /** Index of the program in the request; default 0. */
  readonly index?: number;
  /** Nodes that are stored; default NODE_LIMIT. */
  readonly nodes?: number;
}

/** A verification with its graph. */
export class Exploration {
  /** The program's name in the request. */
  readonly name: string;
  readonly request: LoadRequest;
  readonly options: ExploreOptions;
  readonly graph: Graph;
  /** The program that is explored. */
  readonly program: VerifyJob['request'];
  /** Number of 8-byte insns. */
  readonly size: number;
  /** At work: the watched verification, then the one whose log is wanted. What a job holds is forgotten with it. */
  #job: VerifyJob | undefined;
  #walked = false;
  #verification: Verification | undefined;

  private constructor(request: LoadRequest, options: ExploreOptions, job: VerifyJob, graph: Graph) {
    this.name = job.name;
    this.request = request;
    this.options = options;
    this.graph = graph;
    this.#job = job;
    this.program = job.request;
    this.size = job.size;
  }

  /** Ready to be advanced. Problems are those of the request; a rejection is none. */
  static of(source: VerifySource, options: ExploreOptions = {}): Result<Exploration> {
    const read = 'programs' in source ? toRequest(source) : ok(source);
    if (!read.ok) return read;
    const programs = read.value.progs ?? [read.value];
    const wanted = programs[options.index ?? 0];
    const insns = slotInsns((wanted && programBytes(wanted)) ?? new Uint8Array());
    const graph = new Graph(options.nodes ?? NODE_LIMIT, insns);
    // The log at level 0 is empty: states are in the graph.
    const jobs = verifyJobs(read.value, { ...options, recorder: graph, log: makeSink(0) });
    if (!jobs.ok) return fail(...jobs.problems);
    const job = jobs.value[options.index ?? 0];
    if (!job) return fail(knownProblem('no-program', {}, { index: options.index ?? 0, count: jobs.value.length }));
    return ok(new Exploration(read.value, options, job, graph));
  }

  /** How it ended; of a rejection with the log of level 1. Undefined before `advance` has said so. */
  get verification(): Verification | undefined {
    return this.#verification;
  }

  /** Insns walked so far. */
  get insns(): number {
    return this.graph.processed;
  }

  /** Walks at most `budget` insns; the verification when all is known. */
  advance(budget: number): Verification | undefined {
    if (this.#verification) return this.#verification;
    this.#job ??= jobOf(this, makeSink(1));
    const done = this.#job.advance(budget)?.verification;
    if (!done) return undefined;
    this.#job = undefined;
    const { verdict } = done;
    // What is refused behind the walk names no insn: all paths were walked to their ends.
    const walkedAll = verdict === 'accept' || (verdict === 'reject' && done.insn === undefined && this.graph.count > 0);
    if (!this.#walked) this.graph.finish(walkedAll ? 'exit' : verdict === 'reject' ? 'rejected' : 'stopped');
    if (this.#walked || verdict !== 'reject') this.#verification = done;
    this.#walked = true;
    return this.#verification;
  }

  /** All of it at once. */
  complete(): Verification {
    for (;;) {
      const done = this.advance(SLICE);
      if (done) return done;
    }
  }
}

const SLICE = 50_000;

/** The same verification again, to be listened to. */
export function jobOf(exploration: Exploration, log: ReturnType<typeof makeSink>): VerifyJob {
  const { request, options } = exploration;
  const jobs = verifyJobs(request, { ...options, log });
  if (!jobs.ok) throw new Error('a request that was fine is not');
  return jobs.value[options.index ?? 0]!;
}

/** The raw insns of a program; undefined where they are not hexadecimal. */
export function programBytes({ insns = [] }: ProgRequest): Uint8Array | undefined {
  return fromHex([insns].flat().join(''));
}
