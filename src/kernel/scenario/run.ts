/** A scenario at work: its node is built, its steps happen one after the other, and each is told of. */
import type { LockHooks } from '../../maps/lockPoints.ts';
import type { Problem, Result } from '../../util/problem.ts';
import { ok } from '../../util/problem.ts';
import type { Machine } from '../../vm/machine.ts';
import type { Clock } from '../clock.ts';
import type { Kernel } from '../kernel.ts';
import { forgetReceived } from '../node/apps.ts';
import type { Hop } from '../node/hop.ts';
import { hopsOf } from '../node/record.ts';
import type { NodeCall, NodeEnded } from '../node/run.ts';
import { changeNode } from '../node/state.ts';
import { copyWorld } from '../world.ts';
import { performStep } from './actions.ts';
import { wakeGc } from './agent.ts';
import { beginning } from './beginning.ts';
import type { ScenarioFiles } from './files.ts';
import { type MapsMoment, mapChanges, mapsMoment } from './mapChanges.ts';
import type { Scenario, Step } from './model.ts';
import { byPacket, NO_TRAFFIC, summarize, type Tally, tallied, tallyLines } from './observe.ts';
import type { Observed } from './observed.ts';
import { buildNode } from './setUp.ts';
import { receivedText } from './socketState.ts';
import type { ScenarioState, Stage } from './stage.ts';
import type { Job, Worker } from './worker.ts';

/** Insns that one program may execute. */
const INSN_LIMIT = 10_000_000;
/** Hops of one step that are told; behind them a line says that there were more. */
const MOST_HOPS = 100_000;

/** A step that is over. */
export interface StepReport {
  /** Absent: what happened before the first step. */
  readonly step: Step | undefined;
  /** Packet by packet, in the order in which they set out. */
  readonly hops: readonly Hop[];
  /** Packets of a traffic; 0 for other steps. */
  readonly packets: number;
  readonly observed: Observed;
}

/** How far a scenario is. */
export type ScenarioStatus =
  | 'paused'
  | { readonly state: 'step'; readonly report: StepReport }
  | { readonly state: 'failed'; readonly problems: readonly Problem[]; readonly step: Step | undefined }
  | { readonly state: 'done' };

/** Who looks on while a scenario runs. */
export interface ScenarioOptions {
  /** `advance` goes no further than to the next beginning or end of a program. */
  readonly pausing?: boolean;
  /** Told of every hop as it happens, for captures. */
  readonly onHop?: (hop: Hop, clockNs: bigint) => void;
  /** Hops of `traffic` are only counted: nobody is told of them, and that is several times faster. */
  readonly quietTraffic?: boolean;
}

/** A worker, and what takes it back. */
interface SavedWorker {
  readonly worker: Worker;
  readonly restore: () => void;
}

/** What of a scenario's run is not in linear memory or the World. */
export interface ScenarioRunState {
  readonly index: number;
  readonly begun: boolean;
  readonly waiting: Waiting | undefined;
  readonly worker: SavedWorker | undefined;
  readonly ticks: number;
  readonly hops: readonly Hop[];
  /** So many of the hops were there. */
  readonly told: number;
  readonly tally: Tally;
  readonly moment: MapsMoment;
  readonly state: ScenarioState;
  readonly failed: readonly Problem[] | undefined;
  /** What watches the locks of maps while an interleaving is at work. */
  readonly locks: LockHooks | undefined;
}

/** Jobs that wait, from one of them on, and those behind them. Never changed: saved states share it. */
interface Waiting {
  readonly jobs: readonly Job[];
  readonly at: number;
  readonly behind: Waiting | undefined;
}

function queued(jobs: readonly Job[], behind?: Waiting): Waiting | undefined {
  return jobs.length === 0 ? behind : { jobs, at: 0, behind };
}

function behind({ jobs, at, behind: others }: Waiting): Waiting | undefined {
  return at + 1 < jobs.length ? { jobs, at: at + 1, behind: others } : others;
}

function clockNsOf({ sec, nsec }: Clock): bigint {
  return BigInt(sec) * 1_000_000_000n + BigInt(nsec);
}

/** Builds the node of a scenario; its programs are loaded by the run's first jobs, verified where `files` can. */
export function startScenario(
  scenario: Scenario,
  files: ScenarioFiles,
  options: ScenarioOptions = {},
): Result<ScenarioRun> {
  const kernel = buildNode(scenario.node, files.kernelBtf);
  return kernel.ok ? ok(new ScenarioRun(kernel.value, scenario, files, options)) : kernel;
}

/** A scenario at work: its steps in their order, in slices, with everything that follows from each. */
export class ScenarioRun {
  readonly kernel: Kernel;
  readonly scenario: Scenario;
  readonly #stage: Stage;
  readonly #options: ScenarioOptions;
  /** -1 while the node is set up. */
  #index = -1;
  #begun = true;
  #waiting: Waiting | undefined;
  #worker: Worker | undefined;
  #ticks = 0;
  /** Only grows: saved states hold its first elements. */
  #hops: Hop[] = [];
  #tally: Tally = NO_TRAFFIC;
  #moment: MapsMoment = new Map();
  #failed: readonly Problem[] | undefined;
  #ended: NodeEnded | undefined;

  /** Over a node that is built: `openScenario` does that. */
  constructor(kernel: Kernel, scenario: Scenario, files: ScenarioFiles, options: ScenarioOptions) {
    this.kernel = kernel;
    this.scenario = scenario;
    this.#options = options;
    this.#stage = {
      kernel,
      scenario,
      files,
      insnLimit: INSN_LIMIT,
      pausing: options.pausing ?? false,
      quietTraffic: options.quietTraffic ?? false,
      state: {
        progs: new Map(),
        loads: new Map(),
        opened: [],
        gc: undefined,
        agent: scenario.agent,
        result: 'ok',
        said: [],
        extra: [],
        outputs: [],
        tables: new Map(),
      },
      fail: (...problems) => {
        this.#failed = problems;
        return undefined;
      },
    };
    this.#waiting = queued(beginning(this.#stage));
  }

  /** What runs now, a program or a timer's callback, for debuggers. */
  get machine(): Machine | undefined {
    return this.#worker?.machine;
  }

  /** The program at work on a packet. */
  get running(): NodeCall | undefined {
    return this.#worker?.running;
  }

  /** The program that the last advance brought to its end. */
  get ended(): NodeEnded | undefined {
    return this.#ended;
  }

  /** One for each job, each stage of a packet's way and each insn. */
  get ticks(): number {
    return this.#ticks + (this.#worker?.ticks ?? 0);
  }

  /** The step at work; undefined while the node is set up and at the end. */
  get step(): Step | undefined {
    return this.scenario.steps[this.#index];
  }

  /** Packets of the traffic at work. */
  get packets(): number {
    return this.#tally.packets;
  }

  /** Goes on by at most `budget` ticks, and no further than to the end of a step. */
  advance(budget = 1_000_000): ScenarioStatus {
    const end = this.ticks + budget;
    this.#ended = undefined;
    while (!this.#failed) {
      if (!this.#begun) {
        if (!this.step) return { state: 'done' };
        this.#waiting = queued(performStep(this.#stage, this.step));
        this.#begun = true;
      }
      if (!this.#work(end)) return this.#failed ? this.#failure() : 'paused';
      if (!this.#worker && !this.#waiting) return this.#endStep();
    }
    return this.#failure();
  }

  /** With a snapshot of the kernel: all of it. */
  save(): ScenarioRunState {
    const worker = this.#worker;
    return {
      index: this.#index,
      begun: this.#begun,
      waiting: this.#waiting,
      worker: worker && { worker, restore: worker.save() },
      ticks: this.#ticks,
      hops: this.#hops,
      told: this.#hops.length,
      tally: this.#tally,
      moment: this.#moment,
      state: this.#stage.state,
      failed: this.#failed,
      locks: this.kernel.maps.locks,
    };
  }

  /** Goes back to a saved state; the kernel must have been restored to the snapshot taken with it. */
  restore(state: ScenarioRunState): void {
    this.#index = state.index;
    this.#begun = state.begun;
    this.#waiting = state.waiting;
    this.#worker = state.worker?.worker;
    state.worker?.restore();
    this.#ticks = state.ticks;
    this.#hops = state.hops.slice(0, state.told);
    this.#tally = state.tally;
    this.#moment = state.moment;
    this.#stage.state = state.state;
    this.#failed = state.failed;
    this.kernel.maps.locks = state.locks;
  }

  /** Does a job, or goes on with one; false when the budget is used up or something is wrong. */
  #work(end: number): boolean {
    const worker = this.#worker;
    if (worker) {
      const { machine } = worker;
      const status = worker.advance(Math.max(1, end - this.ticks));
      this.#ended = worker.ended;
      this.#collect();
      if (status === 'paused') {
        const elsewhere = this.#stage.pausing && (this.#ended !== undefined || worker.machine !== machine);
        // Work that does not count, as a verification, still gives its caller a chance.
        return this.ticks < end && !worker.machine?.stopped && !elsewhere && worker.ticks > 0;
      }
      this.#ticks += worker.ticks;
      this.#worker = undefined;
      if (status !== 'done') this.#fault(status);
      return !this.#failed && this.ticks < end;
    }
    const waiting = this.#waiting;
    if (!waiting) return true;
    this.#ticks++;
    this.#waiting = behind(waiting);
    const made = waiting.jobs[waiting.at]!();
    if (Array.isArray(made)) this.#waiting = queued(made, this.#waiting);
    else this.#worker = made as Worker | undefined;
    this.#collect();
    if (this.#stage.pausing && this.#worker?.machine) return false;
    return !this.#failed && this.ticks < end;
  }

  #fault({ problem, prog }: { readonly problem: Problem; readonly prog?: string }): void {
    this.#failed = prog === undefined ? [problem] : [{ ...problem, args: { ...problem.args, prog } }];
  }

  #failure(): ScenarioStatus {
    return { state: 'failed', problems: this.#failed!, step: this.step };
  }

  /** Takes the hops out of the World: what is told is kept here, and the World stays small. */
  #collect(): void {
    const { kernel } = this;
    const { world } = kernel;
    if (!world.node.hops) return;
    const hops = hopsOf(kernel);
    const traffic = this.step?.action.do === 'traffic';
    const left = copyWorld(
      changeNode(world, (node) => {
        node.hops = undefined;
      }),
    );
    if (traffic) left.output = undefined;
    kernel.world = left;
    wakeGc(this.#stage, hops);
    const { onHop } = this.#options;
    if (onHop && !world.node.quiet) {
      const now = clockNsOf(world.clock);
      for (const hop of hops) onHop(hop, now);
    }
    if (traffic) this.#tally = tallied(this.#tally, hops);
    else if (this.#hops.length <= MOST_HOPS) for (const hop of hops) this.#hops.push(hop);
  }

  #endStep(): ScenarioStatus {
    const { kernel } = this;
    const { step } = this;
    const after = mapsMoment(kernel);
    const hops = byPacket(this.#hops.slice(0, MOST_HOPS));
    const more = this.#hops.length > MOST_HOPS ? [`and more: only the first ${MOST_HOPS} hops are told`] : [];
    const { state } = this.#stage;
    const summary = summarize(kernel, hops, state.outputs);
    const traffic = step?.action.do === 'traffic';
    const observed: Observed = {
      ...summary,
      path: [...(traffic ? tallyLines(this.#tally) : summary.path), ...more, ...state.extra],
      clockNs: clockNsOf(kernel.world.clock),
      maps: mapChanges(kernel, this.#moment, after),
      received: receivedText(kernel),
      result: state.result,
      agent: state.said,
    };
    const report: StepReport = { step, hops, packets: this.#tally.packets, observed };
    forgetReceived(kernel);
    this.#moment = after;
    this.#hops = [];
    this.#tally = NO_TRAFFIC;
    this.#stage.state = { ...state, result: 'ok', said: [], extra: [], outputs: [] };
    kernel.world = { ...kernel.world, output: undefined };
    this.#index++;
    this.#begun = false;
    return { state: 'step', report };
  }
}
