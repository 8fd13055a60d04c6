/** The agent of a scenario's node: it opens its pinned maps when it starts, and again when it is restarted. */
import type { MapRequest } from '../../spec/request.ts';
import { agentWarningLine, openOrCreateMap } from '../agent/openOrCreate.ts';
import { clockAfter } from '../clock.ts';
import type { Hop } from '../node/hop.ts';
import { mapAt } from '../world.ts';
import { scenarioProblem } from './messages.ts';
import type { AgentMapSpec, AgentSpec } from './model.ts';
import { requestOf } from './programs.ts';
import type { Stage } from './stage.ts';
import type { Job } from './worker.ts';

const GIGA = 1_000_000_000n;
/** The agent's first interval, in seconds. */
const STARTING_INTERVAL = 300;
/** Programs tell the agent through this map that a table is full. */
const SIGNALS = 'cilium_signals';

/** A map as the program files declare it, those too that are loaded later. */
function declared(stage: Stage, name: string): MapRequest | undefined {
  const { programs, steps } = stage.scenario;
  const later = steps.flatMap(({ action }) => (action.do === 'load' ? [action.program] : []));
  for (const program of [...programs, ...later]) {
    const request = requestOf(stage.files, program);
    const map = request.ok ? request.value.maps?.find((m) => m.name === name) : undefined;
    if (map) return map;
  }
  return undefined;
}

/** Types of the programs do not fit a map of another shape. */
function wantsShape({ type, key_size, value_size }: AgentMapSpec): boolean {
  return type !== undefined || key_size !== undefined || value_size !== undefined;
}

function untyped(request: MapRequest): MapRequest {
  const { btf: _, btf_key_type_id: _key, btf_value_type_id: _value, ...plain } = request;
  return plain;
}

/** Opens or creates one of the agent's maps, and says what it says. */
function openMap(stage: Stage, spec: AgentSpec, name: string): undefined {
  const { kernel } = stage;
  const request = declared(stage, name);
  const path = `agent.maps.${name}`;
  if (!request) {
    return stage.fail(scenarioProblem('map', {}, { path, name, help: 'no program file declares a map of this name' }));
  }
  const { persistent, ...attributes } = spec.maps[name]!;
  const opened = openOrCreateMap(kernel, {
    path: `${spec.pins}/${name}`,
    request: { ...(wantsShape(attributes) ? untyped(request) : request), ...attributes },
    nonPersistent: persistent === false,
  });
  if (!opened.ok) return stage.fail(...opened.problems);
  const { map, warnings } = opened.value;
  const { state } = stage;
  stage.state = {
    ...state,
    opened: [...state.opened, map],
    said: [...state.said, ...warnings.map(agentWarningLine)],
  };
  return undefined;
}

/** The agent starts: maps first, then the wait for the first garbage collection. */
function start(stage: Stage): readonly Job[] {
  const spec = stage.state.agent;
  if (!spec) return [];
  const open = Object.keys(spec.maps).map(
    (name): Job =>
      () =>
        openMap(stage, spec, name),
  );
  return [...open, () => planGc(stage)];
}

export function startAgent(stage: Stage): readonly Job[] {
  return start(stage);
}

function planGc(stage: Stage): undefined {
  const { state, kernel } = stage;
  const gc = state.agent?.gc;
  if (!gc) return;
  const after = gc.interval === 'adaptive' ? BigInt(STARTING_INTERVAL) * GIGA : gc.interval;
  const due = clockAfter(kernel.world.clock, after);
  stage.state = { ...state, gc: { due, expected: undefined, last: undefined } };
}

/** The agent ends, its descriptors with it, and starts again with what is new in its settings. */
export function restartAgent(stage: Stage, change: Partial<AgentSpec>): readonly Job[] {
  return [
    () => {
      const { state, kernel } = stage;
      if (!state.agent) return stage.fail(scenarioProblem('agent', {}, { path: 'restart' }));
      for (const map of state.opened) kernel.close(map);
      const maps = { ...state.agent.maps, ...change.maps };
      stage.state = { ...state, opened: [], gc: undefined, agent: { ...state.agent, ...change, maps } };
      return start(stage);
    },
  ];
}

/** A signal of the datapath brings the next garbage collection forward. */
export function wakeGc(stage: Stage, hops: readonly Hop[]): void {
  const { state, kernel } = stage;
  if (!state.gc) return;
  const signalled = hops.some(
    (hop) =>
      hop.kind === 'program' &&
      hop.outputs.some((o) => o.kind === 'perf' && mapAt(kernel.world, o.record.map)?.name === SIGNALS),
  );
  if (signalled) stage.state = { ...state, gc: { ...state.gc, due: kernel.world.clock } };
}
