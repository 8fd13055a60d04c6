/** Explanations of rejections. */
import type { LoadRequest } from '../spec/request.ts';
import type { CounterExample } from './counterexample.ts';
import { findCounterExample } from './counterexample.ts';
import type { ExplainInput, Explanation } from './explain.ts';
import { explainLog } from './explain.ts';

/** What is asked, with the whole request where the program should also be run. */
export interface ExplainRequest extends ExplainInput {
  /** The program with its maps, one program: it is run on a bounded number of packets to find one that gets to the fault. */
  readonly request?: LoadRequest;
}

/**
 * Explains a rejection from the verifier's log, and from the program, as far as that is known. Deterministic and
 * bounded. Undefined where the log holds no complaint (the program was accepted, or the log is something else).
 */
export function explainRejection(input: ExplainRequest): Explanation | undefined {
  const program = input.program ?? input.request;
  const found = explainLog({ ...input, ...(program && { program }) });
  if (!found) return undefined;
  const counterexample: CounterExample | undefined =
    input.request && findCounterExample(found.explanation, found.path, input.request);
  return counterexample ? { ...found.explanation, counterexample } : found.explanation;
}
