import { reporter } from '../../util/problem.ts';

const nodeMessages = {
  'setup-unknown': {
    text: 'setup command {index} ({cmd}): {why}',
    help: 'docs/node.md lists the commands that are understood; what is not is never skipped',
  },
  'setup-failed': { text: 'setup command {index} ({cmd}): the kernel refuses it with {errname} ({errno})' },
} as const;

export const nodeProblem = reporter('node', nodeMessages);
