/** Explanations of rejections: what `verify --explain` and `explain` say. */
import type { LoadRequest } from '../spec/request.ts';
import { findCounterExample } from './counterexample.ts';
import type { ExplainInput } from './explain.ts';
import { explainLog } from './explain.ts';
import type { Explanation } from './explanation.ts';
import { readEvents } from './log/events.ts';
import { stripLog } from './log/strip.ts';

export type { Category, ErrorClass, Proof } from './catalogue/row.ts';
export type { Fix } from './diff.ts';
export type { ExplainInput } from './explain.ts';
export type { CounterExample, Explanation, FaultPlace } from './explanation.ts';
export type { CausalStep } from './lineage.ts';
export type { QuotedSource } from './log/events.ts';
export type { Ink, RenderOptions } from './render.ts';
export { renderExplanation } from './render.ts';
export type { ProgramSource, SourcePlace } from './source.ts';

/** What is asked, with the whole request where the program should also be run. */
export interface ExplainRequest extends ExplainInput {
  /**
   * The program with its maps, one program (no `progs`): it is run on a bounded number of packets to find one that gets
   * to the fault. XDP and tc programs only.
   */
  readonly request?: LoadRequest;
}

/**
 * Explains a rejection from the verifier's log (level 1 or 2), and from the program as far as that is known. Works on
 * our own logs and on those of any kernel since 4.9. Deterministic and bounded. Undefined where the log holds no
 * complaint: the program was accepted, or the text is no such log (`isAcceptance` tells).
 *
 * @example
 * ```ts
 * import { explainRejection, renderExplanation } from 'bpflab';
 * const log = '0: R1=ctx() R10=fp0\n0: (95) exit\nR0 !read_ok\n';
 * const why = explainRejection({ log });
 * if (why) console.log(why.id, renderExplanation(why).join('\n')); // BPF-E005 …
 * ```
 */
export function explainRejection(input: ExplainRequest): Explanation | undefined {
  const program = input.program ?? input.request;
  const found = explainLog({ ...input, ...(program && { program }) });
  if (!found) return undefined;
  const counterexample = input.request && findCounterExample(found.explanation, found.path, input.request);
  return counterexample ? { ...found.explanation, counterexample } : found.explanation;
}

/** Whether a text is the verifier log of an accepted program: it ends well and complains of nothing. */
export function isAcceptance(log: string): boolean {
  const events = readEvents(stripLog(log).lines);
  return events.some((e) => e.kind === 'closing');
}

/** The name of the program that a loader's lines around a log give. */
export function programOfLog(log: string): string | undefined {
  return stripLog(log).program;
}
