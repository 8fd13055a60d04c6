/** Packets while CPUs are suspended at lock points. */

import type { LockPointName } from '../../maps/lockPoints.ts';
import { problemText } from '../../util/problem.ts';
import { interleaved } from '../interleave/interleave.ts';
import type { InterleaveStep } from '../interleave/plan.ts';
import { inject } from '../node/inject.ts';
import { ifindexOf } from '../node/namespaces.ts';
import { NodeRun } from '../node/run.ts';
import { scenarioProblem } from './messages.ts';
import type { InterleaveSpec, PacketSpec, Step } from './model.ts';
import { packetBytes } from './packets.ts';
import type { Stage } from './stage.ts';
import type { Job } from './worker.ts';

/** A packet of another CPU, from beginning to end; what waited before it goes on waiting, and what its programs say is not the suspended one's. */
function packetRun(stage: Stage, cpu: number, packet: PacketSpec, bytes: Uint8Array): () => string | undefined {
  const { kernel, insnLimit } = stage;
  return () => {
    const { node, output } = kernel.world;
    kernel.world = { ...kernel.world, node: { ...kernel.world.node, work: [] } };
    const { netns, dev } = packet;
    for (let i = 0; i < packet.times; i++) {
      inject(kernel, netns, ifindexOf(kernel.world, netns, dev), bytes, cpu);
      const status = new NodeRun(kernel, insnLimit).finish();
      if (status.state === 'fault') return `program ${status.prog}: ${problemText(status.problem)}`;
    }
    // What its programs said stands in its own hops: the suspended program has not said it.
    kernel.world = { ...kernel.world, output, node: { ...kernel.world.node, work: node.work } };
    return undefined;
  };
}

/** Puts the plan in place, lets the packets come, and tells what happened. */
export function interleavedJobs(
  stage: Stage,
  specs: readonly InterleaveSpec[],
  frames: readonly Job[],
  step: Step,
): readonly Job[] {
  const { kernel } = stage;
  const path = `${step.path}.packet.interleave`;
  const begin: Job = () => {
    const plan: InterleaveStep[] = [];
    for (const { cpu, at, map, nth, then } of specs) {
      const meanwhile = [];
      for (const { cpu: other, packet } of then) {
        const bytes = packetBytes(kernel, packet, path);
        if (!bytes.ok) return stage.fail(...bytes.problems);
        meanwhile.push({ cpu: other, run: packetRun(stage, other, packet, bytes.value) });
      }
      plan.push({ cpu, at: at as LockPointName, nth, ...(map !== undefined && { map }), meanwhile });
    }
    const made = interleaved(kernel, plan);
    if (!made.ok)
      return stage.fail(...made.problems.map((p) => scenarioProblem('packet', {}, { path, why: problemText(p) })));
    const end: Job = () => {
      made.value.stop();
      stage.state = { ...stage.state, extra: [...stage.state.extra, ...made.value.lines()] };
      const wrong = made.value.problems().map((p) => scenarioProblem('packet', {}, { path, why: problemText(p) }));
      return wrong.length > 0 ? stage.fail(...wrong) : undefined;
    };
    return [...frames, end];
  };
  return [begin];
}
