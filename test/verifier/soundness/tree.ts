/** The exploration as a graph: a node for each insn in each state, edges to what follows, and from pruned paths to the state that covers them. */
import type { Recorder } from '../../../src/verifier/recorder.ts';
import type { State } from '../../../src/verifier/state.ts';
import type { Reg } from '../../../src/verifier/value/reg.ts';

/** 8 bytes of stack as they were: `types` as in the state, highest address first. */
interface SlotValue {
  readonly types: string;
  readonly v: Reg;
}

interface FrameValue {
  readonly regs: readonly Reg[];
  readonly slots: readonly SlotValue[];
}

export interface Node {
  readonly at: number;
  readonly frames: readonly FrameValue[];
  /** The remembered copy, whose marks say what of it counts for paths that were pruned into it. */
  kept: State | undefined;
  readonly next: Edge[];
}

export interface Edge {
  readonly node: Node;
  readonly kind: 'step' | 'branch' | 'prune';
}

function framesOf(state: State): FrameValue[] {
  return state.frame.map((f) => ({
    regs: f.regs.map((c) => c.v),
    slots: f.stack.map((s) => ({ types: s.types, v: s.cell.v })),
  }));
}

/** Watches a verification and keeps the graph. */
export class ExplorationTree implements Recorder {
  root: Node | undefined;
  readonly #last = new Map<State, { node: Node | undefined; kind: Edge['kind'] }>();
  readonly #checkpoints = new Map<State, Node>();
  #kept: State | undefined;

  insn(state: State, at: number): void {
    const node: Node = { at, frames: framesOf(state), kept: this.#kept, next: [] };
    if (this.#kept) this.#checkpoints.set(this.#kept, node);
    this.#kept = undefined;
    const before = this.#last.get(state);
    if (before?.node) before.node.next.push({ node, kind: before.kind });
    else this.root ??= node;
    this.#last.set(state, { node, kind: 'step' });
  }

  branch(from: State, state: State, _at: number): void {
    this.#last.set(state, { node: this.#last.get(from)?.node, kind: 'branch' });
  }

  remembered(_state: State, kept: State): void {
    this.#kept = kept;
  }

  pruned(state: State, kept: State): void {
    const node = this.#checkpoints.get(kept);
    if (!node) throw new Error('pruned into a state that was never walked');
    this.#last.get(state)?.node?.next.push({ node, kind: 'prune' });
  }
}
