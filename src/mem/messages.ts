import { reporter } from '../util/problem.ts';

const memMessages = {
  'out-of-memory': {
    text: 'out of memory: {wanted} bytes more do not fit into the limit of {limit} bytes',
    help: 'use smaller maps, or raise the memory limit of the Kernel',
  },
  null: {
    text: '{size}-byte {access} at address {addr}: page 0 is never accessible',
    help: 'check the pointer for NULL first',
  },
  unmapped: { text: '{size}-byte {access} at address {addr}: nothing is allocated there' },
  outside: {
    text: '{size}-byte {access} at {what}{offset}, {extent}',
    help: 'compare the offset and size with the bounds before the access',
  },
  'not-readable': { text: '{size}-byte {access} at {what}{offset}: programs may not read it' },
  'read-only': { text: '{size}-byte {access} at {what}{offset}: read-only for programs' },
} as const;

export const memProblem = reporter('mem', memMessages);
