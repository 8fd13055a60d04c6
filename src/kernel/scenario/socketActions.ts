/** What applications do with their sockets: the jobs of the actions on sockets. */
import { ERRNO, errnoName } from '../../spec/errno.ts';
import type { Kernel } from '../kernel.ts';
import { addApp, appNamed } from '../node/apps.ts';
import { connectHook } from '../node/connectHook.ts';
import { enterNetns } from '../node/namespaces.ts';
import { sourceFor } from '../node/route.ts';
import { carryOut } from '../node/socketWork.ts';
import type { Trip } from '../node/state.ts';
import { addSocket } from '../sockets/add.ts';
import { bindSocket } from '../sockets/bindSocket.ts';
import type { SockAnswer } from '../sockets/life.ts';
import { freeSocket, openSocket } from '../sockets/open.ts';
import { rawClose } from '../sockets/raw.ts';
import { addressBytes } from '../sockets/spec.ts';
import { tcpAbort, tcpClose, tcpConnect, tcpSendmsg } from '../sockets/tcp/user.ts';
import { udpClose, udpConnect, udpSendmsg } from '../sockets/udp.ts';
import type { Perform } from './actions.ts';
import { scenarioProblem } from './messages.ts';
import type { ScenarioSocket, Step } from './model.ts';
import { cgroupId } from './setUp.ts';
import type { Stage } from './stage.ts';
import { type Job, nodeWorker } from './worker.ts';

const { EDESTADDRREQ, EHOSTUNREACH, EINVAL, ENETUNREACH } = ERRNO;

/** A piece of work that no packet has begun. */
function tripOfStep(kernel: Kernel, ns: string, cpu: number): Trip {
  return { id: kernel.world.node.packets, cpu, ns, steps: 0, xmits: 0 };
}

/** What a system call said, and what follows from it. */
function answered(stage: Stage, ns: string, cpu: number, { errno, effects }: SockAnswer): void {
  if (errno !== 0) stage.state = { ...stage.state, result: errnoName(errno) ?? `${errno}` };
  carryOut(stage.kernel, tripOfStep(stage.kernel, ns, cpu), effects);
}

/** The node goes on until nothing waits; then the step's error is the socket's, if it got one. */
function settle(stage: Stage, name: string): readonly Job[] {
  const { kernel } = stage;
  return [
    () => nodeWorker(stage),
    () => {
      const error = appNamed(kernel, name)?.error ?? 0;
      if (error !== 0) stage.state = { ...stage.state, result: errnoName(error) ?? `${error}` };
      return undefined;
    },
  ];
}

/** Opens a socket that a file describes: bound, listening, or in the state that it names. */
function openJob(stage: Stage, ns: string, socket: ScenarioSocket): Job {
  return () => {
    const { kernel } = stage;
    const { name, cgroup, serve, path, ...spec } = socket;
    const id = cgroupId(stage.scenario.node.cgroups, cgroup);
    if (id === undefined) return stage.fail(scenarioProblem('cgroup', {}, { path, name: cgroup }));
    enterNetns(kernel, ns);
    kernel.setTask({ cgroup: id });
    const added = addSocket(kernel, spec);
    if ('errno' in added) {
      stage.state = { ...stage.state, result: errnoName(added.errno) ?? `${added.errno}` };
      return undefined;
    }
    addApp(kernel, { name, ns, sk: added.sk, proto: spec.proto, cgroup: id, serve });
    return undefined;
  };
}

/** The sockets that are there from the beginning; one that cannot be is a mistake of the file. */
export function openSockets(stage: Stage): readonly Job[] {
  return stage.scenario.node.namespaces.flatMap(({ name: ns, sockets }) =>
    sockets.flatMap((socket): Job[] => [
      openJob(stage, ns, socket),
      () => {
        const { result } = stage.state;
        const { path } = socket;
        if (result === 'ok') return undefined;
        return stage.fail(scenarioProblem('open', {}, { path, name: socket.name, errname: result }));
      },
    ]),
  );
}

/** A client's socket, connected once the cgroup's programs have had their say on where to. */
const connect: Perform<'connect'> = (stage, action, step) => {
  const { kernel } = stage;
  const { socket: name, netns: ns, proto, to, from, cgroup, serve } = action;
  const id = cgroupId(stage.scenario.node.cgroups, cgroup) ?? 1;
  const address = addressBytes(to.addr)!;
  const family = address.length === 4 ? 'inet' : 'inet6';
  const fail = (errno: number): undefined => {
    stage.state = { ...stage.state, result: errnoName(errno) ?? `${errno}` };
  };
  const open: Job = () => {
    enterNetns(kernel, ns);
    kernel.setTask({ cgroup: id });
    const made = openSocket(kernel, { proto, family, reuseaddr: true });
    if ('errno' in made) return fail(made.errno);
    const { sk } = made;
    if (from) {
      const local = from.addr === undefined ? new Uint8Array(address.length) : addressBytes(from.addr)!;
      const errno = bindSocket(kernel, sk, local, from.port ?? 0);
      if (errno !== 0) {
        freeSocket(kernel, sk);
        return fail(errno);
      }
    }
    addApp(kernel, { name, ns, sk, proto, cgroup: id, serve });
    const trip = tripOfStep(kernel, ns, step.cpu);
    connectHook(kernel, trip, { sk, proto, address, port: to.port, cgroup: id });
    return undefined;
  };
  const go: Job = () => {
    enterNetns(kernel, ns);
    const app = appNamed(kernel, name);
    const wanted = kernel.world.node.connecting;
    if (!app || app.sk === 0 || !wanted) return undefined;
    kernel.world = { ...kernel.world, node: { ...kernel.world.node, connecting: undefined } };
    if (wanted.refused) return fail(ERRNO.EPERM);
    const source = sourceFor(kernel.world.net, wanted.address);
    if (!source) return fail(ENETUNREACH);
    const { address: peer, port } = wanted;
    const answer =
      proto === 'tcp'
        ? tcpConnect(kernel, app.sk, peer, port, source)
        : udpConnect(kernel, app.sk, { addr: peer, port }, source);
    answered(stage, ns, step.cpu, answer);
    return undefined;
  };
  return [open, () => nodeWorker(stage), go, ...settle(stage, name)];
};

/** Something done with a socket that is open. */
function withSocket(
  stage: Stage,
  name: string,
  step: Step,
  run: (sk: number, proto: 'tcp' | 'udp' | 'raw') => SockAnswer,
): readonly Job[] {
  const { kernel } = stage;
  const call: Job = () => {
    const app = appNamed(kernel, name);
    if (!app || app.sk === 0) {
      const known = kernel.world.node.apps.flatMap((a) => (a.sk === 0 ? [] : [a.name])).join(', ') || 'none';
      return stage.fail(scenarioProblem('socket', {}, { path: step.path, name, known }));
    }
    enterNetns(kernel, app.ns);
    answered(stage, app.ns, step.cpu, run(app.sk, app.proto));
    return undefined;
  };
  return [call, ...settle(stage, name)];
}

function send(
  kernel: Kernel,
  sk: number,
  proto: string,
  bytes: Uint8Array,
  to?: { addr: string; port: number },
): SockAnswer {
  if (proto === 'tcp') return tcpSendmsg(kernel, sk, bytes);
  if (proto === 'raw') return { errno: EINVAL, effects: [] };
  if (!to) return udpSendmsg(kernel, sk, bytes);
  const addr = addressBytes(to.addr);
  if (!addr) return { errno: EDESTADDRREQ, effects: [] };
  const source = sourceFor(kernel.world.net, addr);
  return source ? udpSendmsg(kernel, sk, bytes, { addr, port: to.port }, source) : { errno: EHOSTUNREACH, effects: [] };
}

const CLOSE = { tcp: tcpClose, udp: udpClose, raw: rawClose } as const;

export const socketActions: { readonly [K in 'open' | 'connect' | 'send' | 'close' | 'abort']: Perform<K> } = {
  open: (stage, { netns, socket }) => [openJob(stage, netns, socket), ...settle(stage, socket.name)],
  connect,
  send: (stage, { socket, bytes, to }, step) =>
    withSocket(stage, socket, step, (sk, proto) => send(stage.kernel, sk, proto, bytes, to)),
  close: (stage, { socket }, step) => withSocket(stage, socket, step, (sk, proto) => CLOSE[proto](stage.kernel, sk)),
  abort: (stage, { socket }, step) =>
    withSocket(stage, socket, step, (sk, proto) =>
      proto === 'tcp' ? tcpAbort(stage.kernel, sk) : CLOSE[proto](stage.kernel, sk),
    ),
};
