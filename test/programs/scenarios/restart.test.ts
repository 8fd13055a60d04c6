/** The scenarios of programs/restart. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runScenarioFile } from './run.ts';

const FOLDER = join(import.meta.dirname, '../../../programs/restart');

describe('programs/restart', () => {
  test.each(readdirSync(FOLDER).filter((name) => name.endsWith('.yaml')))('%s', (name) => {
    expect(runScenarioFile(`restart/${name}`).failures).toEqual([]);
  });
});
