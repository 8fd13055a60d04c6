import { reporter } from '../../util/problem.ts';

/** Problems of a scenario that its file alone does not show; `path` is the place in the file. */
const scenarioMessages = {
  cable: { text: '{path}: {a} and {b} cannot be connected: one of them is not there' },
  cgroup: { text: '{path}: there is no cgroup {name}', help: 'node.cgroups lists them, parents first' },
  prog: { text: '{path}: there is no program {name}', help: 'loaded are: {known}' },
  attach: { text: '{path}: {prog} cannot be attached to {hook} of {place}: {errname} ({errno})', help: '{help}' },
  detach: { text: '{path}: {prog} is not attached there' },
  rejected: { text: '{path}: the verifier rejects {prog}: {words}', help: '`bpflab verify` says more' },
  'not-rejected': { text: '{path}: {prog} was to be rejected with "{wanted}", and is accepted' },
  'rejected-otherwise': { text: '{path}: {prog} was to be rejected with "{wanted}"; the words are: {words}' },
  'not-covered': {
    text: '{path}: {prog}: the verifier does not cover {what}',
    help: '`verify: skip` runs it unverified',
  },
  'map-differs': {
    text: '{path}: map {map} is there already with another {attribute}: {old}, not {new}',
    help: 'maps of one name are one map in a scenario',
  },
  map: { text: '{path}: there is no map {name}', help: '{help}' },
  element: { text: '{path}: {what} of {map}: {why}' },
  packet: { text: '{path}: {why}' },
  command: { text: '{path}: {why}' },
  open: { text: '{path}: socket {name} cannot be: {errname}' },
  socket: { text: '{path}: there is no socket {name}', help: 'open are: {known}' },
  run: { text: '{path}: the test run of {prog} fails with {errname} ({errno})' },
  agent: { text: '{path}: there is no agent', help: 'the file needs `agent:`' },
  unsupported: { text: '{path}: {what}' },
  fault: { text: '{path}: program {prog} did what no verified program does: {why}' },
} as const;

export const scenarioProblem = reporter('scenario', scenarioMessages);
