/** Scenario files for tests: one that uses every key, and how tests read. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { readScenario } from '../../../src/kernel/scenario/file/index.ts';
import { scenarioSchema } from '../../../src/kernel/scenario/file/schema.ts';
import type { Scenario } from '../../../src/kernel/scenario/model.ts';
import { problemText } from '../../../src/util/problem.ts';

export type Json = Record<string, unknown>;

const FULL = readFileSync(new URL('full.yaml', import.meta.url), 'utf8');

const PARSED = parse(FULL) as Json;

/** A fresh copy of the file that uses every key. */
export const full = (): Json => structuredClone(PARSED);
export const fullText = FULL;

/** What is wrong with a file, a line each. */
export function problems(json: unknown): string[] {
  const read = readScenario(json, 'f');
  return read.ok ? [] : read.problems.map((p) => problemText(p).replace(/^f: /, ''));
}

export function scenarioOf(json: unknown): Scenario {
  const read = readScenario(json, 'dir/pod.yaml');
  if (!read.ok) throw new Error(read.problems.map(problemText).join('\n'));
  return read.value;
}

const ajv = new Ajv2020({ strict: false });
const validate = ajv.compile(scenarioSchema());

/** Whether the JSON Schema takes a file. */
export const fitsSchema = (json: unknown): boolean => validate(json) as boolean;
