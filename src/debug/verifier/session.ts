/**
 * A session over the verifier's exploration: it stands at a node, moves along the exploration in both directions, and answers
 * what the verifier knew there, why it went on, and what it cost. Nodes are only looked at, so every motion can be taken back.
 */
import { fail, ok, type Result } from '../../util/problem.ts';
import type { VerifySource } from '../../verifier/api.ts';
import type { ProgramFiles } from '../symbols.ts';
import type { Cause } from './cause.ts';
import { causeOf, rejectionNode } from './cause.ts';
import type { ExploreOptions } from './exploration.ts';
import { Exploration } from './exploration.ts';
import type { Graph, PathEnd } from './graph.ts';
import type { ListedPlace } from './listing.ts';
import { Listing } from './listing.ts';
import { knownProblem } from './messages.ts';
import type { VerifierMotion } from './motions.ts';
import { moved } from './motions.ts';
import { NodeLog } from './nodeLog.ts';
import { PathTree } from './tree.ts';

/** What is explored. */
export interface VerifierInput {
  readonly source: VerifySource;
  /** How its programs were written, as far as that is known. */
  readonly files?: ProgramFiles;
  readonly options?: ExploreOptions;
}

/** A breakpoint: stops at every visit of its insns. */
export interface VerifierBreakpoint extends ListedPlace {
  /** From 1. */
  readonly number: number;
}

/** Why a motion ended: it did what was asked; a breakpoint; the end of what can be gone to. */
export interface VerifierStop {
  readonly node: number;
  readonly reason: 'moved' | 'breakpoint' | 'end';
  readonly breakpoint?: number;
}

const MOST_BREAKPOINTS = 100;

export class VerifierSession {
  readonly exploration: Exploration;
  readonly listing: Listing;
  readonly tree: PathTree;
  readonly #log: NodeLog;
  #node = 1;
  #breakpoints: readonly VerifierBreakpoint[] = [];
  #numbers = 0;
  #cause: Cause | undefined;

  private constructor(exploration: Exploration, listing: Listing) {
    this.exploration = exploration;
    this.listing = listing;
    this.tree = new PathTree(exploration.graph, listing);
    this.#log = new NodeLog(exploration);
  }

  /** Ready to explore; call `advance` until it says true. Problems are those of the request: a rejection is what one came for. */
  static open({ source, files, options }: VerifierInput): Result<VerifierSession> {
    const made = Exploration.of(source, options);
    return made.ok ? ok(new VerifierSession(made.value, new Listing(made.value, files))) : made;
  }

  /** Explores at most `budget` insns; true when all is known. What is known before can be looked at. */
  advance(budget: number): boolean {
    return this.exploration.advance(budget) !== undefined;
  }

  get graph(): Graph {
    return this.exploration.graph;
  }

  /** The node that is looked at; 0 when none is stored. */
  get node(): number {
    return this.graph.count === 0 ? 0 : this.#node;
  }

  get slot(): number {
    return this.graph.slot(this.node);
  }

  /** How the current path ends, and where. */
  get pathEnd(): { readonly end: PathEnd; readonly node: number } | undefined {
    if (this.node === 0) return undefined;
    const { end, last } = this.graph.pathOf(this.node);
    return { end, node: last };
  }

  get breakpoints(): readonly VerifierBreakpoint[] {
    return this.#breakpoints;
  }

  /** Stops at a place from now on: `*12`, `40`, `file.bpf:40`, a label or function. */
  addBreakpoint(text: string): Result<VerifierBreakpoint> {
    if (this.#breakpoints.length >= MOST_BREAKPOINTS) {
      return fail(knownProblem('too-many-verifier-breakpoints', {}, { limit: MOST_BREAKPOINTS }));
    }
    const place = this.listing.place(text, this.slot);
    if (!place.ok) return place;
    const breakpoint = { ...place.value, number: ++this.#numbers };
    this.#breakpoints = [...this.#breakpoints, breakpoint];
    return ok(breakpoint);
  }

  /** Whether there was one of this number. */
  removeBreakpoint(number: number): boolean {
    const left = this.#breakpoints.filter((b) => b.number !== number);
    const found = left.length < this.#breakpoints.length;
    this.#breakpoints = left;
    return found;
  }

  /** Moves; problems where there is nothing to move to. */
  move(motion: VerifierMotion): Result<VerifierStop> {
    const to = moved(this, motion);
    if (to.ok) this.#node = to.value.node;
    return to;
  }

  /** The node of the rejection; 0 where the program is not rejected on a path, or where it is not stored. */
  get rejection(): number {
    return rejectionNode(this.exploration);
  }

  /** Why the program is rejected; undefined where it is not, or where nothing can be said. */
  get cause(): Cause | undefined {
    this.#cause ??= causeOf(this.exploration);
    return this.#cause;
  }

  /** The kernel's log lines of a node; undefined when it takes more than `budget` insns to find them: ask again. */
  log(node = this.node, budget = Number.POSITIVE_INFINITY): readonly string[] | undefined {
    return node === 0 ? [] : this.#log.advance(node, budget);
  }
}
