/** `--json`: an object a scenario, each on a line of its own. */
import { toJson } from '../../kernel/replay/report.ts';
import type { Observed } from '../../kernel/scenario/observed.ts';
import { toHex } from '../../util/hex.ts';
import { problemJson } from '../../util/problem.ts';
import type { Io } from '../io.ts';
import type { PlacedFailure, Reporter, ScenarioJob, ScenarioOutcome, StepOutcome } from '../test/outcome.ts';
import { actionWords } from './action.ts';

function failureJson({ path, what, wanted, got, pos }: PlacedFailure): unknown {
  return { what, path, ...(pos && { line: pos.line, col: pos.col }), wanted, got };
}

function observedJson({ clockNs, out, ...lines }: Observed): unknown {
  const packets = out.map(({ netns, dev, bytes }) => ({ dev: `${netns}/${dev}`, bytes: toHex(bytes) }));
  return { clock_ns: clockNs, out: packets, ...lines };
}

export class JsonReporter implements Reporter {
  readonly #io: Io;
  readonly #only: number | undefined;
  #steps: unknown[] = [];

  constructor(io: Io, only: number | undefined) {
    this.#io = io;
    this.#only = only;
  }

  begin(): void {
    this.#steps = [];
  }

  step(job: ScenarioJob, { step, finished, beginNs, failures, observed, kernel }: StepOutcome): void {
    if (!step || (this.#only !== undefined && step.number !== this.#only)) return;
    const { number, note, action, path } = step;
    const pos = job.placeOf(path);
    this.#steps.push({
      number,
      action: action.do,
      words: actionWords(step, kernel).words,
      ...(note !== undefined && { note }),
      ...(pos && { line: pos.line }),
      begin_ns: beginNs - job.scenario.node.clockNs,
      ok: finished && failures.length === 0,
      failures: failures.map(failureJson),
      observed: observedJson(observed),
    });
  }

  end({ name, file, ok, end, packets, updated }: ScenarioOutcome): void {
    const json = {
      name,
      file,
      ok,
      state: end.state,
      packets,
      steps: this.#steps,
      failures: end.state === 'done' ? end.failures.map(failureJson) : [],
      ...(end.state !== 'done' && { problems: end.problems.map(problemJson) }),
      ...(updated && { updated }),
    };
    this.#steps = [];
    this.#io.out(`${toJson(json)}\n`);
  }

  finish(): void {}
}
