import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { answerRequest } from '../../src/kernel/answer.ts';
import type { LoadRequest, TestRunResult } from '../../src/spec/request.ts';

/** A program of helper calls, and what came out of its test run on the real kernel. */
interface Recorded {
  readonly request: LoadRequest;
  readonly run: TestRunResult;
}

const FOLDER = new URL('../recorded/helpers/', import.meta.url);
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.jsonl.gz'));

function read(file: string): Recorded[] {
  const lines = gunzipSync(readFileSync(new URL(file, FOLDER)))
    .toString('utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Recorded);
}

/** What was not recorded is not compared: the kernel leaves fields out that it did not get to. */
function answer(request: LoadRequest, fields: readonly string[]): Record<string, unknown> {
  const answered = answerRequest(request);
  const run = answered.test_run?.[0];
  if (!run) throw new Error(`${request.name} did not run: ${answered.detail}`);
  const { in: _in, ...maps } = run.maps ?? {};
  return Object.fromEntries(Object.entries({ ...run, maps }).filter(([field]) => fields.includes(field)));
}

describe('helpers answer as the kernel did', () => {
  it('has recorded runs of each kind of program', () => expect(files.length).toBe(14));

  for (const file of files) {
    it(file.replace('.jsonl.gz', ''), () => {
      for (const { request, run } of read(file)) {
        const { name } = request;
        expect({ name, ...answer(request, Object.keys(run)) }).toEqual({ name, ...run });
      }
    }, 20_000);
  }
});
