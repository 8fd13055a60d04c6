/** The rejection and the way to it: the explanation's steps, each with the node where it happened. */
import { explainLog } from '../../explain/explain.ts';
import type { Explanation } from '../../explain/explanation.ts';
import type { CausalStep } from '../../explain/lineage.ts';
import type { Exploration } from './exploration.ts';

/** A step of the cause. */
interface CauseStep extends CausalStep {
  /** 0 where the node is not stored. */
  readonly node: number;
}

/** Why a program is rejected. */
export interface Cause {
  readonly explanation: Explanation;
  /** The node that was refused; 0 where it is not stored, or where no path was walked. */
  readonly node: number;
  readonly steps: readonly CauseStep[];
}

/** The node at which a rejection happened; 0 where there is none, or it is not stored. */
export function rejectionNode({ graph, verification }: Exploration): number {
  if (verification?.verdict !== 'reject' || graph.count === 0 || graph.full) return 0;
  return graph.path(graph.pathCount - 1).end === 'rejected' ? graph.count : 0;
}

/** Undefined where the program is not rejected, or where the log says nothing. */
export function causeOf(exploration: Exploration): Cause | undefined {
  const { graph, verification, program } = exploration;
  if (verification?.verdict !== 'reject') return undefined;
  const found = explainLog({ log: verification.log, program });
  if (!found) return undefined;
  const { explanation } = found;
  const node = rejectionNode(exploration);
  const steps: CauseStep[] = [];
  let at = node === 0 ? 0 : graph.parent(node);
  for (const step of explanation.causalPath.toReversed()) {
    let n = at;
    while (n !== 0 && graph.slot(n) !== step.slot) n = graph.parent(n);
    steps.push({ ...step, node: n });
    if (n !== 0) at = graph.parent(n);
  }
  return { explanation, node, steps: steps.reverse() };
}
