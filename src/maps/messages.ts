import { reporter } from '../util/problem.ts';

const mapsMessages = {
  'not-simulated': {
    text: 'map type {type} is not simulated yet',
    help: 'types that are: {known}',
  },
} as const;

export const mapsProblem = reporter('maps', mapsMessages);
