/** Actions of a file as values: a row an action. */
import type { NetNs } from '../../../net/route/netns.ts';
import { MOST } from '../../net/file/fields.ts';
import type { ValueOf } from '../../net/file/parts.ts';
import { report } from '../../net/file/shape.ts';
import { runSetup } from '../../net/setup/index.ts';
import type { Action } from '../model.ts';
import { HOST, makeSocket } from './namespaces.ts';
import { makeInterleave, makePacket, makeTraffic } from './packets.ts';
import { makeAgent, makeAttach, makeElements, makeProgram } from './programs.ts';
import type { Scope } from './scope.ts';
import type { ACTIONS, ActionName } from './steps.ts';

type Given<N extends ActionName> = ValueOf<(typeof ACTIONS)[N]>;

const LONGEST_COMMAND = 1000;

/** How each action is made; names that it mentions must be there. */
const MAKE: { readonly [N in ActionName]: (scope: Scope, given: Given<N>, path: string) => Action | undefined } = {
  packet: (scope, given, path) => ({
    do: 'packet',
    ...makePacket(scope, given, path),
    interleave: makeInterleave(scope, given.interleave ?? [], `${path}.interleave`),
  }),
  pcap: (scope, { file, time = true, ...given }, path) => ({
    do: 'pcap',
    ...scope.device(given.in, `${path}.in`),
    file,
    time,
  }),
  traffic: (scope, given, path) => ({ do: 'traffic', ...makeTraffic(scope, given, path) }),
  advance: (_, ns) => ({ do: 'advance', ns }),
  open(scope, { netns = HOST, ...given }, path) {
    const net = scope.net(netns, `${path}.netns`);
    const socket = net && makeSocket(scope.sink, net, given, path);
    if (!socket) return undefined;
    scope.cgroup(socket.cgroup, `${path}.cgroup`);
    scope.open(socket.name, `${path}.name`);
    return { do: 'open', netns, socket };
  },
  connect(scope, { netns = HOST, proto = 'tcp', cgroup = '/', serve = { kind: 'sink' }, ...given }, path) {
    scope.net(netns, `${path}.netns`);
    scope.cgroup(cgroup, `${path}.cgroup`);
    scope.open(given.socket, `${path}.socket`);
    return { do: 'connect', ...given, netns, proto, cgroup, serve };
  },
  send(scope, { socket, data, hex, to }, path) {
    scope.socket(socket, `${path}.socket`);
    return { do: 'send', socket, bytes: data ?? hex ?? new Uint8Array(0), ...(to && { to }) };
  },
  close(scope, socket, path) {
    scope.socket(socket, path);
    scope.close(socket);
    return { do: 'close', socket };
  },
  abort(scope, socket, path) {
    scope.socket(socket, path);
    scope.close(socket);
    return { do: 'abort', socket };
  },
  set(scope, given, path) {
    const { netns = HOST, commands } = 'commands' in given ? given : { commands: given };
    let net = scope.net(netns, `${path}.netns`);
    for (const [i, command] of commands.entries()) {
      if (!net) break;
      if (command.length > LONGEST_COMMAND) {
        report(scope.sink, commandPath(given, path, i), command, `a line of at most ${LONGEST_COMMAND} characters`);
        continue;
      }
      const done = runSetup(net, [command]);
      // Only which devices there are matters to what is read: routes and addresses would pile up for nothing.
      if ('net' in done) net = sameDevices(net, done.net) ? net : done.net;
      // What the kernel refuses is an outcome of the step; what nobody understands is not.
      else if (done.problem.code === 'node.setup-unknown') {
        report(
          scope.sink,
          commandPath(given, path, i),
          command,
          `a command that is understood: ${done.problem.args.why}`,
        );
      }
    }
    if (net && net.devices.length > MOST.devices) {
      report(scope.sink, path, commands, `at most ${MOST.devices} devices in ${netns}`);
    } else if (net) scope.changed(netns, net);
    return { do: 'set', netns, commands };
  },
  update: (_, given, path) => ({ do: 'update', maps: makeElements(given, path) }),
  delete: (_, given, path) => ({
    do: 'delete',
    maps: given.map(([map, keys]) => ({ map, elements: keys.map((key) => ({ key })), path: `${path}.${map}` })),
  }),
  load: (scope, given, path) => ({ do: 'load', program: makeProgram(scope, given, path) }),
  attach: (scope, given, path) => ({ do: 'attach', attach: makeAttach(scope, given, path) }),
  detach: (scope, given, path) => ({ do: 'detach', attach: makeAttach(scope, given, path) }),
  run: (_, given) => ({ do: 'run', ...(typeof given === 'string' ? { prog: given } : given) }),
  iterate: (_, given) => ({ do: 'iterate', ...given }),
  walk: (_, map) => ({ do: 'walk', map }),
  restart(scope, given, path) {
    if (!scope.agent && Object.keys(given).length === 0) needsAgent(scope, path);
    scope.agent = true;
    return { do: 'agent', agent: makeAgent(given) };
  },
  gc(scope, _, path) {
    if (!scope.agent) needsAgent(scope, path);
    return { do: 'gc' };
  },
  show: (_, { where = {}, ...given }) => ({ do: 'show', ...given, where }),
};

function sameDevices(a: NetNs, b: NetNs): boolean {
  return a.devices.length === b.devices.length && a.devices.every((d, i) => d.name === b.devices[i]!.name);
}

/** Where a command of `set` stands: in a list, or alone. */
function commandPath(given: Given<'set'>, path: string, index: number): string {
  const commands = 'commands' in given ? given.commands : given;
  const at = 'commands' in given ? `${path}.commands` : path;
  return commands.length > 1 ? `${at}[${index}]` : at;
}

function needsAgent(scope: Scope, path: string): void {
  report(scope.sink, path, 'agent', 'an agent in the file: agent: { pins: …, maps: … }');
}

/** An action by its key; undefined where something that it names is not there. */
export function makeAction<N extends ActionName>(
  scope: Scope,
  name: N,
  given: Given<N>,
  path: string,
): Action | undefined {
  return MAKE[name](scope, given, path);
}
