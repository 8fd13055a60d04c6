/** What each action of a step does: a row an action, answering the jobs that it is made of. */
import { readCapture } from '../../net/capture.ts';
import type { Problem, Result } from '../../util/problem.ts';
import { problemText } from '../../util/problem.ts';
import { clockAfter } from '../clock.ts';
import { runSetup } from '../net/setup/index.ts';
import { carrierChanged, setNetns } from '../node/build.ts';
import { inject } from '../node/inject.ts';
import { ifindexOf, netnsOf } from '../node/namespaces.ts';
import { restartAgent } from './agent.ts';
import { collectGarbage } from './agentGc.ts';
import { interleavedJobs } from './interleaving.ts';
import { attachJob, loadJobs } from './loading.ts';
import { deleteElements, updateMaps } from './mapActions.ts';
import { scenarioProblem } from './messages.ts';
import type { Action, Path, Step } from './model.ts';
import { packetBytes, trafficPackets } from './packets.ts';
import { programActions } from './programActions.ts';
import { detach } from './programs.ts';
import { show } from './show.ts';
import { socketActions } from './socketActions.ts';
import type { Stage } from './stage.ts';
import { passQuietly, until } from './timing.ts';
import { walk } from './walk.ts';
import { type Job, nodeWorker } from './worker.ts';

type ActionOf<K extends Action['do']> = Extract<Action, { readonly do: K }>;

/** Makes the jobs of an action. */
export type Perform<K extends Action['do']> = (stage: Stage, action: ActionOf<K>, step: Step) => readonly Job[];

/** A frame comes in, and everything that follows from it. */
function frameJobs(stage: Stage, ns: string, dev: string, bytes: Uint8Array, cpu: number): readonly Job[] {
  const { kernel } = stage;
  return [
    () => {
      inject(kernel, ns, ifindexOf(kernel.world, ns, dev), bytes, cpu);
      return nodeWorker(stage);
    },
  ];
}

/** The problems of something done at once, if there are any. */
function atOnce(stage: Stage, run: () => readonly Problem[]): readonly Job[] {
  return [
    () => {
      const problems = run();
      return problems.length > 0 ? stage.fail(...problems) : undefined;
    },
  ];
}

/** Commands of `ip`, `sysctl` … in a namespace. */
function runCommands(stage: Stage, netns: string, commands: readonly string[], path: Path): readonly Problem[] {
  const net = netnsOf(stage.kernel.world, netns);
  if (!net) return [scenarioProblem('command', {}, { path, why: `there is no namespace ${netns}` })];
  const built = runSetup(net, commands);
  if ('problem' in built) return [scenarioProblem('command', {}, { path, why: problemText(built.problem) })];
  setNetns(stage.kernel, built.net);
  carrierChanged(stage.kernel);
  return [];
}

/** The packets of a capture, each at its time; one job at a time, so that a long capture takes no room. */
function captureJob(
  stage: Stage,
  action: ActionOf<'pcap'>,
  step: Step,
  packets: readonly { readonly bytes: Uint8Array; readonly timeNs: bigint }[],
  index: number,
): Job {
  const { kernel } = stage;
  return () => {
    const packet = packets[index];
    if (!packet) return undefined;
    const after = index === 0 ? 0n : packet.timeNs - packets[index - 1]!.timeNs;
    const pass = action.time && after > 0n ? [until(stage, clockAfter(kernel.world.clock, after))] : [];
    const frames = frameJobs(stage, action.netns, action.dev, packet.bytes, step.cpu);
    return [...pass, ...frames, captureJob(stage, action, step, packets, index + 1)];
  };
}

/** Whether hops are only counted from now on. */
function setQuiet(stage: Stage, quiet: boolean): undefined {
  const { kernel } = stage;
  kernel.world = { ...kernel.world, node: { ...kernel.world.node, quiet } };
}

/** All packets of a traffic. */
function trafficJobs(stage: Stage, action: ActionOf<'traffic'>, step: Step): readonly Job[] {
  const bytesOf = trafficPackets(stage.kernel, action, step.path);
  return [
    () => setQuiet(stage, stage.quietTraffic),
    trafficJob(stage, action, step, bytesOf, 0),
    () => setQuiet(stage, false),
  ];
}

/** Packet number `index` of a traffic, then the others. */
function trafficJob(
  stage: Stage,
  action: ActionOf<'traffic'>,
  step: Step,
  bytesOf: (flow: number) => Result<Uint8Array>,
  index: number,
): Job {
  const { kernel } = stage;
  return () => {
    if (index === action.packets) return undefined;
    const flow = action.order === 'round' ? index % action.flows : chance(kernel.seed, index) % action.flows;
    const bytes = bytesOf(flow);
    if (!bytes.ok) return stage.fail(...bytes.problems);
    const frames = frameJobs(stage, action.netns, action.dev, bytes.value, step.cpu);
    const rest = trafficJob(stage, action, step, bytesOf, index + 1);
    const now = index > 0 && action.everyNs > 0n ? clockAfter(kernel.world.clock, action.everyNs) : kernel.world.clock;
    return passQuietly(stage, now) ? [...frames, rest] : [until(stage, now), ...frames, rest];
  };
}

/** A number by chance for a packet, always the same. */
function chance(seed: number, index: number): number {
  let x = (seed * 0x9e3779b1 + index * 0x85ebca6b) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

const ACTIONS: { readonly [K in Action['do']]: Perform<K> } = {
  packet(stage, action, step) {
    const bytes = packetBytes(stage.kernel, action, `${step.path}.packet`);
    if (!bytes.ok) return atOnce(stage, () => bytes.problems);
    const frames = Array.from({ length: action.times }, () =>
      frameJobs(stage, action.netns, action.dev, bytes.value, step.cpu),
    ).flat();
    return action.interleave.length === 0 ? frames : interleavedJobs(stage, action.interleave, frames, step);
  },
  pcap(stage, action, step) {
    const read = stage.files.bytes(action.file);
    if (!read.ok) return atOnce(stage, () => read.problems);
    const { capture, problems } = readCapture(read.value);
    if (!capture || problems.length > 0) return atOnce(stage, () => problems);
    return [captureJob(stage, action, step, capture.packets, 0)];
  },
  traffic: (stage, action, step) => trafficJobs(stage, action, step),
  advance: (stage, { ns }) => [() => [until(stage, clockAfter(stage.kernel.world.clock, ns)), () => nodeWorker(stage)]],
  set: (stage, { netns, commands }, step) =>
    atOnce(stage, () => runCommands(stage, netns, commands, `${step.path}.set`)),
  update: (stage, { maps }) => atOnce(stage, () => updateMaps(stage, maps)),
  delete: (stage, { maps }) => atOnce(stage, () => deleteElements(stage, maps)),
  load: (stage, { program }) => [loadJobs(stage, program)],
  attach: (stage, { attach }) => [attachJob(stage, attach)],
  detach: (stage, action) =>
    atOnce(stage, () => {
      const problem = detach(stage.kernel, action.attach, stage.scenario.node.cgroups);
      return problem ? [problem] : [];
    }),
  ...socketActions,
  ...programActions,
  walk,
  agent: (stage, { agent }) => restartAgent(stage, agent),
  gc: (stage) => collectGarbage(stage),
  show: (stage, action, step) => atOnce(stage, () => show(stage, action, `${step.path}.show`)),
};

/** The jobs of a step's action. */
export function performStep(stage: Stage, step: Step): readonly Job[] {
  const { action } = step;
  return (ACTIONS[action.do] as Perform<typeof action.do>)(stage, action as never, step);
}
