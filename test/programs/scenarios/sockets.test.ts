/** The scenarios of programs/sockets: sockets that live, at tc, at XDP and in other namespaces. */
import { expect, test } from 'vitest';
import { runScenarioFile, scenariosOf } from './run.ts';

const PATHS = scenariosOf('sockets');

test('there are scenarios', () => {
  expect(PATHS.length).toBeGreaterThan(0);
});

test.each(PATHS)('%s', (path) => {
  expect(runScenarioFile(path).failures).toEqual([]);
});
