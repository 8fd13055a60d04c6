/** What looking at something says of bad input. */
import { reporter } from '../../util/problem.ts';

export const inspectProblem = reporter('debug', {
  'no-map': { text: "no map '{name}'", help: 'maps: {known}' },
});
