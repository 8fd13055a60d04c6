import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { answerRequest } from '../../src/kernel/answer.ts';
import type { LoadRequest } from '../../src/spec/request.ts';
import { type TaskRun, taskRuns } from './taskRuns.ts';

/** Programs of scripts/task-calls.ts and what the kernel's runs of them left. */
const recorded = readFileSync(new URL('../recorded/helpers/task.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as { readonly request: LoadRequest; readonly runs: readonly TaskRun[] });

const rowOf = ({ request }: (typeof recorded)[number]): string => (request.name ?? '').split(' ')[0]!;

describe('helpers around the task, cgroups, probes, storage and stacks answer as the kernel did', () => {
  it('has recorded programs', () => expect(recorded.length).toBeGreaterThan(90));

  it.each([...new Set(recorded.map(rowOf))])('%s', (row) => {
    for (const program of recorded.filter((p) => rowOf(p) === row)) {
      expect({ name: program.request.name, runs: taskRuns(answerRequest(program.request)) }).toEqual({
        name: program.request.name,
        runs: program.runs,
      });
    }
  });
});
