import { reporter } from '../../util/problem.ts';

const nodeMessages = {
  'setup-unknown': {
    text: 'setup command {index} ({cmd}): {why}',
    help: 'docs/node.md lists the commands that are understood; what is not is never skipped',
  },
  'file-value': { text: '{file}: {path}: {found}, wanted: {wanted}' },
  'file-key': { text: "{file}: {path}: there is no key '{key}' here", help: '{help}' },
  'file-why': { text: '{file}: {path}: {why}' },
  'file-limit': { text: '{file}: {why}', help: 'no file that is meant to be read is like that' },
  'file-refused': { text: '{file}: {path}: the kernel refuses this with {errname} ({errno})' },
  'setup-failed': { text: 'setup command {index} ({cmd}): the kernel refuses it with {errname} ({errno})' },
} as const;

export const nodeProblem = reporter('node', nodeMessages);
