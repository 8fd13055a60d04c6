/**
 * Packets through programs, one after the other: a capture (or packets made by hand) as a row of test runs over the
 * same maps, with the virtual clock driven by the packets' time stamps.
 */

import type { Problem } from '../../util/problem.ts';
import type { Machine } from '../../vm/machine.ts';
import { clockAt } from '../clock.ts';
import type { Kernel } from '../kernel.ts';
import type { TestRun, TestRunState, TestRunStatus } from '../testRun/run.ts';
import type { TimerRun, TimerRunState } from '../timers.ts';
import type { OutputList, ProgRecord } from '../world.ts';
import type { CtxFields } from './ctx.ts';
import { packetCtx } from './ctx.ts';
import { runsLocally, worksOnPackets } from './hook.ts';
import type { Fault, PacketResult, Position, ReplayPacket } from './result.ts';
import { endOfRun, faultOf } from './result.ts';

/** How packets are run. */
export interface ReplayOptions {
  /** The programs that each packet passes, one after the other, as long as they pass it on (XDP, then tc). */
  readonly progs: readonly ProgRecord[];
  /** Fields by name, or the context's bytes. */
  readonly ctx?: CtxFields | Uint8Array;
  /** Runs for each packet, as BPF_PROG_TEST_RUN's repeat. */
  readonly repeat?: number;
  /** `capture` (default): clock = start + (time of this packet - time of the first). `fixed`: it stands still. */
  readonly time?: 'capture' | 'fixed';
  /** Insns that one run may execute. */
  readonly insnLimit?: number;
  /** Where an insn was written, for faults. */
  readonly position?: (prog: string, slot: number) => Position | undefined;
}

/** A test run at work. */
export interface Running {
  readonly run: TestRun;
  /** 1 for the first packet. */
  readonly number: number;
  readonly packet: ReplayPacket;
  readonly prog: ProgRecord;
  /** The packet as this program got it. */
  readonly before: Uint8Array;
  readonly ctxIn: Uint8Array | undefined;
}

/** What of a replay is not in linear memory or the World. */
export interface ReplayState {
  readonly ticks: number;
  readonly next: number;
  readonly stage: number;
  readonly passed: Uint8Array | undefined;
  readonly nowNs: bigint;
  readonly timers: { readonly run: TimerRun; readonly state: TimerRunState } | undefined;
  readonly running: { readonly running: Running; readonly state: TestRunState } | undefined;
  readonly mark: OutputList | undefined;
  readonly failed: readonly Problem[] | undefined;
}

const SLICE = 1_000_000;

/** A row of test runs, one packet after the other; see `replayCapture` for all of it in one call. */
export class Replay {
  readonly #kernel: Kernel;
  readonly #options: ReplayOptions;
  readonly #packets: readonly ReplayPacket[];
  readonly #startNs: bigint;
  #ticks = 0;
  #next = 0;
  #stage = 0;
  /** What the last program passed on. */
  #passed: Uint8Array | undefined;
  #nowNs: bigint;
  #timers: TimerRun | undefined;
  #run: Running | undefined;
  #mark: OutputList | undefined;
  #failed: readonly Problem[] | undefined;

  /** Packets for programs that are loaded into `kernel`; its clock, as it stands, is the first packet's time. */
  constructor(kernel: Kernel, packets: readonly ReplayPacket[], options: ReplayOptions) {
    this.#kernel = kernel;
    this.#packets = packets;
    this.#options = options;
    const { sec, nsec } = kernel.world.clock;
    this.#startNs = BigInt(sec) * 1_000_000_000n + BigInt(nsec);
    this.#nowNs = this.#startNs;
  }

  /** Packets that are done. */
  get done(): number {
    return this.#next;
  }

  get total(): number {
    return this.#packets.length;
  }

  /**
   * How far it is, counted in the smallest steps there are: one for the beginning of each program's run, one for each
   * insn of programs and timer callbacks, one for a fault.
   */
  get ticks(): number {
    return this.#ticks;
  }

  /** What runs now, a program or a timer's callback, for debuggers; undefined between packets. */
  get machine(): Machine | undefined {
    return this.#timers?.machine ?? this.#run?.run.machine;
  }

  /** The test run at work; undefined between packets and while timers run. */
  get running(): Running | undefined {
    return this.#run;
  }

  /** There is nothing more to run. */
  get over(): boolean {
    return this.#failed !== undefined || (!this.#run && !this.#timers && this.#coming() === undefined);
  }

  /**
   * Goes on by at most `budget` ticks, and no further than to the first insn of a packet. A result when a packet is through
   * a program, `paused` when it needs more (or a machine met a stop), undefined after the last packet.
   */
  advance(budget = SLICE): PacketResult | 'paused' | Problem[] | undefined {
    if (this.#failed) return [...this.#failed];
    if (!this.#run && !this.#timers) {
      const packet = this.#coming();
      if (!packet) return undefined;
      this.#ticks++;
      this.#pass(packet);
      if (this.#timers) return this.#letTimePass(0);
      return this.#begin(packet);
    }
    if (this.#timers) return this.#letTimePass(budget);
    const { run } = this.#run!;
    const before = run.ticks;
    const status = run.advance(budget);
    this.#ticks += run.ticks - before;
    return status.state === 'paused' ? 'paused' : this.#end(status);
  }

  /** The next packet's result, all of it. */
  next(): PacketResult | Problem[] | undefined {
    for (;;) {
      const result = this.advance();
      if (result !== 'paused') return result;
    }
  }

  /** With a snapshot of the kernel: all of it. */
  save(): ReplayState {
    const [timers, running] = [this.#timers, this.#run];
    return {
      ticks: this.#ticks,
      next: this.#next,
      stage: this.#stage,
      passed: this.#passed,
      nowNs: this.#nowNs,
      timers: timers && { run: timers, state: timers.save() },
      running: running && { running, state: running.run.save() },
      mark: this.#mark,
      failed: this.#failed,
    };
  }

  /** Goes back to a saved state of this replay; the kernel must have been restored to the snapshot taken with it. */
  restore(state: ReplayState): void {
    this.#ticks = state.ticks;
    this.#next = state.next;
    this.#stage = state.stage;
    this.#passed = state.passed;
    this.#nowNs = state.nowNs;
    this.#timers = state.timers?.run;
    this.#timers?.restore(state.timers!.state);
    this.#run = state.running?.running;
    this.#run?.run.restore(state.running!.state);
    this.#mark = state.mark;
    this.#failed = state.failed;
  }

  #fail(problems: Problem[]): Problem[] {
    this.#failed = problems;
    return problems;
  }

  /** The packet that comes next; one without programs passes unseen. */
  #coming(): ReplayPacket | undefined {
    return this.#packets[this.#upcoming()];
  }

  #upcoming(): number {
    let next = this.#next;
    for (; ; next++) {
      const packet = this.#packets[next];
      if (!packet || this.#progsOf(packet).length > 0) return next;
    }
  }

  /** Lets time pass until the packet comes. */
  #pass(packet: ReplayPacket): void {
    this.#next = this.#upcoming();
    const first = this.#packets[0]?.timeNs;
    if ((this.#options.time ?? 'capture') === 'capture' && packet.timeNs !== undefined && first !== undefined) {
      // Captures may be out of order; the clock of a machine never runs backwards.
      const now = this.#startNs + (packet.timeNs - first);
      if (now > this.#nowNs) this.#nowNs = now;
      this.#timers = this.#kernel.advanceClock(clockAt(this.#nowNs));
    }
  }

  /** Runs what is due before the packet, then begins with the packet. */
  #letTimePass(budget: number): PacketResult | 'paused' | Problem[] {
    const timers = this.#timers!;
    const before = timers.ticks;
    const passed = budget > 0 ? timers.advance(budget) : timers.ready();
    this.#ticks += timers.ticks - before;
    if (passed.state === 'fault') return this.#fail([passed.problem]);
    if (passed.state === 'paused') return 'paused';
    this.#timers = undefined;
    return this.#begin(this.#coming()!);
  }

  #begin(packet: ReplayPacket): PacketResult | 'paused' | Problem[] {
    const kernel = this.#kernel;
    const prog = this.#progsOf(packet)[this.#stage]!;
    const before = this.#passed ?? packet.bytes;
    const ctx = packetCtx(prog.executable, this.#options.ctx ?? {}, before.length);
    if (!ctx.ok) return this.#fail([...ctx.problems]);
    this.#mark = kernel.world.output;
    const { repeat, insnLimit } = this.#options;
    const { progType } = prog.executable;
    // A test run that a request brings along is the kernel's.
    const local = packet.run === undefined && runsLocally(progType);
    const input = {
      ...((before.length > 0 || worksOnPackets(progType)) && { data: before }),
      ...(ctx.value && { ctx: ctx.value }),
      ...(repeat !== undefined && { repeat }),
      ...packet.run,
    };
    const run = local ? kernel.localRun(prog, input, insnLimit) : kernel.testRun(prog, input, insnLimit);
    // What could not even be set up is no fault of the program.
    if (run.status.state === 'fault') return this.#fail([run.status.problem]);
    this.#run = { run, number: this.#next + 1, packet, prog, before, ctxIn: input.ctx };
    return run.status.state === 'paused' ? 'paused' : this.#end(run.status);
  }

  #end(status: Exclude<TestRunStatus, { state: 'paused' }>): PacketResult {
    const kernel = this.#kernel;
    const { run, number, packet, prog, before, ctxIn } = this.#run!;
    this.#run = undefined;
    kernel.readRingbufs();
    const { redirect } = kernel.world;
    const common = {
      number,
      packet,
      prog,
      before,
      stage: this.#stage,
      clockNs: this.#nowNs,
      insns: run.last?.insns ?? 0,
      outputs: kernel.outputs(this.#mark),
      ...(ctxIn && { ctxIn }),
      ...(redirect && { redirect }),
    };
    const more = this.#stage + 1 < this.#progsOf(packet).length;
    const fault = (problem: Problem): Fault => faultOf(problem, prog, run.last, this.#options.position);
    const { result, passed } = endOfRun(common, status, more, fault);
    this.#leave(passed);
    return result;
  }

  /** To the packet's next program with what the last one passed on, or to the next packet. */
  #leave(passed: Uint8Array | undefined): void {
    this.#passed = passed;
    if (passed) this.#stage++;
    else {
      this.#stage = 0;
      this.#next++;
    }
  }

  #progsOf(packet: ReplayPacket): readonly ProgRecord[] {
    return packet.progs ?? this.#options.progs;
  }
}
