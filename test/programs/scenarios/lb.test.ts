/** The scenarios of programs/lb. */
import { expect, test } from 'vitest';
import { runScenarioFile, scenariosOf } from './run.ts';

const PATHS = scenariosOf('lb');

test('there are scenarios', () => {
  expect(PATHS.length).toBeGreaterThan(0);
});

test.each(PATHS)('%s', (path) => {
  expect(runScenarioFile(path).failures).toEqual([]);
});
