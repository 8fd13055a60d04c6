/** What actions work on: the node, and what of a scenario's state is not in it. */
import type { Problem } from '../../util/problem.ts';
import type { Kernel } from '../kernel.ts';
import type { ProgRecord } from '../world.ts';
import type { ScenarioFiles } from './files.ts';
import type { AgentSpec, Scenario } from './model.ts';

/** Immutable: replaced, never changed in place. */
export interface ScenarioState {
  /** Programs by the names of their files. */
  readonly progs: ReadonlyMap<string, ProgRecord>;
  readonly agent: AgentSpec | undefined;
  /** What the step's system call said. */
  readonly result: string;
  /** What the agent has said in this step. */
  readonly said: readonly string[];
}

export interface Stage {
  readonly kernel: Kernel;
  readonly scenario: Scenario;
  readonly files: ScenarioFiles;
  /** Insns that one program may execute. */
  readonly insnLimit: number;
  state: ScenarioState;
  /** Ends the scenario. */
  fail(...problems: readonly Problem[]): undefined;
}
