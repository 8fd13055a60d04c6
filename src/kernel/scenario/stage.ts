/** What actions work on: the node, and what of a scenario's state is not in it. */
import type { Problem } from '../../util/problem.ts';
import type { Clock } from '../clock.ts';
import type { Kernel } from '../kernel.ts';
import type { MapRecord, Output, ProgRecord } from '../world.ts';
import type { ScenarioFiles } from './files.ts';
import type { AgentSpec, Scenario } from './model.ts';

/** Immutable: replaced, never changed in place. */
export interface ScenarioState {
  /** Programs by the names of their files. */
  readonly progs: ReadonlyMap<string, ProgRecord>;
  readonly agent: AgentSpec | undefined;
  /** What the loader of each program file holds open, by the file and the names of its maps. */
  readonly loads: ReadonlyMap<string, readonly (MapRecord | ProgRecord)[]>;
  /** What the agent holds open. */
  readonly opened: readonly MapRecord[];
  /** The agent's next garbage collection. */
  readonly gc: GcPlan | undefined;
  /** What the step's system call said. */
  readonly result: string;
  /** What the agent has said in this step. */
  readonly said: readonly string[];
  /** Lines of the step's path that are no hops. */
  readonly extra: readonly string[];
  /** What programs said that the step ran by itself. */
  readonly outputs: readonly Output[];
  /** Lines of tables that grow from step to step. */
  readonly tables: ReadonlyMap<string, readonly string[]>;
}

/** When garbage is collected. */
interface GcPlan {
  readonly due: Clock;
  /** Seconds between this collection and the last one; undefined before the first. */
  readonly expected: number | undefined;
  /** When the last one was. */
  readonly last: Clock | undefined;
}

export interface Stage {
  readonly kernel: Kernel;
  readonly scenario: Scenario;
  readonly files: ScenarioFiles;
  /** Insns that one program may execute. */
  readonly insnLimit: number;
  /** Every beginning and end of a program is a place to stop at. */
  readonly pausing: boolean;
  /** Hops of `traffic` are only counted. */
  readonly quietTraffic: boolean;
  state: ScenarioState;
  /** Ends the scenario. */
  fail(...problems: readonly Problem[]): undefined;
}
