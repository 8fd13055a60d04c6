import { reporter } from '../../util/problem.ts';

const replayMessages = {
  'ctx-none': { text: 'a context of type {struct} has no fields that can be given', help: '{help}' },
  'ctx-word': { text: "context: {struct}.{field}: '{value}' is no number, address or constant of the kernel" },
  'ctx-field': { text: 'context: struct {struct} has no field {field}', help: '{help}' },
  'ctx-count': { text: 'context: {struct}.{field} has {count} elements, {given} are given' },
  'ctx-value': { text: 'context: {struct}.{field}: {value} does not fit into {bytes} bytes' },
  'prog-missing': { text: 'there is no program {name}; there are: {known}' },
  'map-missing': { text: '{where}: there is no map {name}', help: '{help}' },
  'map-shape': { text: '{where}: {why}', help: '{help}' },
  'map-element': { text: '{where}: map {name}, element {index}: {why}' },
} as const;

export const replayProblem = reporter('replay', replayMessages);
