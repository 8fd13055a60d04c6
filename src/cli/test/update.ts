/** `--update`: what was seen is written into the expectations of a scenario's file. */
import type { Kernel } from '../../kernel/kernel.ts';
import type { Failure, SocketState } from '../../kernel/scenario/check.ts';
import type { Expect } from '../../kernel/scenario/model.ts';
import type { Observed } from '../../kernel/scenario/observed.ts';
import { recordExpect } from '../../kernel/scenario/record.ts';
import { writeOutput } from '../files.ts';
import type { Io } from '../io.ts';
import { type ScenarioEdit, updateScenario } from '../scenarioFile.ts';
import type { ScenarioJob } from './outcome.ts';

/** What somebody means stays as it is: elements that are to be there or not, and the names of maps. */
const MEANT = /^maps\..*\.(has|lacks)\[\d+\]$/;

/** The edits of one scenario. */
export class Updater {
  readonly #edits: {
    readonly edit: ScenarioEdit;
    readonly what: readonly string[];
    readonly failures: readonly Failure[];
  }[] = [];

  /** Takes an expectation that is not met, or not written yet; answers the failures that no writing mends. */
  take(
    kernel: Kernel,
    observed: Observed,
    expect: Expect,
    sockets: SocketState,
    failures: readonly Failure[],
  ): readonly Failure[] {
    const meant = (f: Failure): boolean => MEANT.test(f.what) || (/^maps\.[^.]*$/.test(f.what) && f.diff === undefined);
    const mended = failures.filter((f) => !meant(f));
    if (mended.length === 0 && !expect.record) return failures;
    const what = expect.record ? ['record'] : [...new Set(mended.map((f) => f.what.replace(/\[\d+\].*/, '')))];
    const value = recordExpect(kernel, observed, expect, sockets);
    this.#edits.push({ edit: { path: expect.where, value }, what, failures: mended });
    return failures.filter(meant);
  }

  /** Writes the file where it differs; what was changed, and the failures whose places cannot be written. */
  write(io: Io, job: ScenarioJob): { readonly updated: readonly string[]; readonly left: readonly Failure[] } {
    if (this.#edits.length === 0) return { updated: [], left: [] };
    const { text, skipped } = updateScenario(
      job.text,
      this.#edits.map((e) => e.edit),
    );
    const isSkipped = (path: string): boolean => skipped.some((s) => s === path || s.startsWith(`${path}.`));
    if (text !== job.text) writeOutput(io, job.file, text);
    const updated = this.#edits.flatMap(({ edit: { path }, what }) => {
      if (isSkipped(path)) return [];
      const line = job.placeOf(path)?.line;
      return [`${job.file}${line === undefined ? '' : `:${line}`}: ${path}: ${what.join(', ')}`];
    });
    return { updated, left: this.#edits.flatMap((e) => (isSkipped(e.edit.path) ? e.failures : [])) };
  }
}
