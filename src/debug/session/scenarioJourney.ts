/** A scenario as something to travel through: each program that runs on the node is a run with a result. */
import type { NodeCall, NodeEnded } from '../../kernel/node/run.ts';
import type { Running } from '../../kernel/replay/replay.ts';
import { faultOf, type PacketResult, type Position, type ReplayPacket } from '../../kernel/replay/result.ts';
import { verdictName } from '../../kernel/replay/verdict.ts';
import type { ScenarioRun, ScenarioRunState } from '../../kernel/scenario/run.ts';
import type { Problem } from '../../util/problem.ts';
import type { Machine } from '../../vm/machine.ts';
import type { Journey } from './journey.ts';

interface JourneyState {
  readonly run: ScenarioRunState;
  readonly ticks: number;
  readonly programs: number;
  readonly over: boolean;
  readonly failed: readonly Problem[] | undefined;
}

/** Where an insn was written. */
type PositionOf = (prog: string, slot: number) => Position | undefined;

export class ScenarioJourney implements Journey {
  readonly #run: ScenarioRun;
  readonly #position: PositionOf;
  /** Ends of steps count, too, so that every advance comes further. */
  #extra = 0;
  #programs = 0;
  #over = false;
  #failed: readonly Problem[] | undefined;
  /** What programs at work are called, one object a program, so that they can be told apart. */
  readonly #running = new WeakMap<NodeCall, Running>();

  /** `run` has its node set up. */
  constructor(run: ScenarioRun, position: PositionOf) {
    this.#run = run;
    this.#position = position;
  }

  get ticks(): number {
    return this.#run.ticks + this.#extra;
  }

  get machine(): Machine | undefined {
    return this.#run.machine;
  }

  get running(): Running | undefined {
    const { running } = this.#run;
    return running && this.#runningOf(running, this.#programs + 1);
  }

  get over(): boolean {
    return this.#over || this.#failed !== undefined;
  }

  advance(budget: number): PacketResult | 'paused' | Problem[] | undefined {
    if (this.#failed) return [...this.#failed];
    if (this.#over) return undefined;
    const from = this.ticks;
    for (;;) {
      const at = this.#run.running;
      const status = this.#run.advance(Math.max(1, budget - (this.ticks - from)));
      const { ended } = this.#run;
      if (status !== 'paused' && status.state === 'failed') {
        this.#failed = status.problems;
        if (!at) return [...status.problems];
        // The insn that faulted counts.
        this.#extra++;
        return this.#faulted(at, status.problems[0]!);
      }
      if (status !== 'paused' && status.state === 'step') this.#extra++;
      if (ended) {
        this.#programs++;
        return this.#result(ended);
      }
      if (status !== 'paused' && status.state === 'done') {
        this.#over = true;
        return undefined;
      }
      if (this.ticks > from) return 'paused';
    }
  }

  save(): JourneyState {
    return {
      run: this.#run.save(),
      ticks: this.#extra,
      programs: this.#programs,
      over: this.#over,
      failed: this.#failed,
    };
  }

  restore(state: JourneyState): void {
    this.#run.restore(state.run);
    this.#extra = state.ticks;
    this.#programs = state.programs;
    this.#over = state.over;
    this.#failed = state.failed;
  }

  #runningOf(node: NodeCall, number: number): Running {
    const known = this.#running.get(node);
    if (known) return known;
    const { before, call, run } = node;
    const packet: ReplayPacket = { bytes: before };
    const running = { run, number, packet, prog: call.link.prog, before, ctxIn: undefined };
    this.#running.set(node, running);
    return running;
  }

  /** What is known of a run whatever its end. */
  #common(node: NodeCall) {
    const { packet, prog, before, number } = this.#runningOf(node, this.#programs);
    const { clock, redirect } = this.#run.kernel.world;
    return {
      number,
      packet,
      prog,
      before,
      stage: 0,
      last: true,
      clockNs: BigInt(clock.sec) * 1_000_000_000n + BigInt(clock.nsec),
      insns: node.run.last?.insns ?? 0,
      errno: 0,
      ctxChanges: [],
      ...(redirect && { redirect }),
    };
  }

  #result({ node, retval, after, changes, outputs }: NodeEnded): PacketResult {
    const common = this.#common(node);
    const verdict = verdictName(common.prog.executable.progType, retval);
    return { ...common, retval, verdict, after, changes, outputs };
  }

  #faulted(node: NodeCall, problem: Problem): PacketResult {
    const common = this.#common(node);
    const fault = faultOf(problem, common.prog, node.run.last, this.#position);
    return { ...common, retval: 0, verdict: 'fault', changes: [], outputs: [], fault };
  }
}
