/** The `setup` of a load request: command lines that build the network namespace. */
import type { Family, NetNs } from '../../../net/route/netns.ts';
import { errnoName } from '../../../spec/errno.ts';
import type { Problem } from '../../../util/problem.ts';
import { nodeProblem } from '../messages.ts';
import { ipAddress } from './ipAddress.ts';
import { ipLink } from './ipLink.ts';
import { ipRoute } from './ipRoute.ts';
import { ipRule } from './ipRule.ts';
import type { Interpreter, Outcome } from './outcome.ts';
import { notUnderstood } from './outcome.ts';
import { arp, echo, ifconfig, neigh, route, sysctl } from './tools.ts';
import { keyword, shellCommands } from './words.ts';

/** `ip neigh` of busybox shows entries only. */
const ipNeigh: Interpreter = (net, words) =>
  keyword(['show', 'list', 'lst'], words[0] ?? 'show') ? net : 'neighbours are added by: neigh ADDR MAC DEV';

const OBJECTS: Readonly<Record<string, Interpreter>> = {
  address: ipAddress,
  route: ipRoute,
  r: ipRoute,
  link: ipLink,
  rule: ipRule,
  neigh: ipNeigh,
};

/** `ip [-4|-6|-f FAMILY] OBJECT …` */
const ip: Interpreter = (net, words) => {
  let family: Family | undefined;
  let at = 0;
  for (; words[at]?.startsWith('-'); at++) {
    const option = words[at]!;
    if (option === '-f' || option === '-family') at++;
    const six = option === '-6' || words[at] === 'inet6';
    if (!six && option !== '-4' && words[at] !== 'inet' && option !== '-o') return notUnderstood(option);
    if (option !== '-o') family = six ? 'inet6' : 'inet';
  }
  const object = keyword(Object.keys(OBJECTS), words[at] ?? '');
  if (object === undefined) return notUnderstood(words[at] ?? 'ip');
  return OBJECTS[object]!(net, words.slice(at + 1), family);
};

const TOOLS: Readonly<Record<string, Interpreter>> = { ip, neigh, arp, sysctl, echo, ifconfig, route };

/** Commands that do nothing to the namespace. */
const IDLE: readonly string[] = ['true', ':', 'sleep'];

function runCommand(net: NetNs, [tool, ...words]: readonly string[]): Outcome {
  const interpreter = TOOLS[tool ?? ''];
  if (interpreter) return interpreter(net, words, undefined);
  return IDLE.includes(tool ?? '') ? net : `the command ${tool} is not understood`;
}

/** The namespace after a line, or why it ended it: a negative errno of its last command, or what is not understood. */
function runLine(net: NetNs, line: string): Outcome {
  const commands = shellCommands(line);
  if (typeof commands === 'string') return notUnderstood(commands);
  let now = net;
  let status = 0;
  for (const { words, and } of commands) {
    if (and && status !== 0) continue;
    const done = runCommand(now, words);
    if (typeof done === 'string') return done;
    status = typeof done === 'number' ? done : 0;
    if (typeof done === 'object') now = done;
  }
  return status === 0 ? now : status;
}

/** The namespace after all lines, or the problem of the first that fails. */
export function runSetup(net: NetNs, lines: readonly string[]): { net: NetNs } | { problem: Problem } {
  let now = net;
  for (const [index, cmd] of lines.entries()) {
    const done = runLine(now, cmd);
    if (typeof done === 'object') now = done;
    else if (typeof done === 'string') return { problem: nodeProblem('setup-unknown', {}, { index, cmd, why: done }) };
    else {
      const errno = -done;
      const errname = errnoName(errno) ?? 'errno';
      return { problem: nodeProblem('setup-failed', {}, { index, cmd, errno, errname }) };
    }
  }
  return { net: now };
}
