/**
 * Packets through programs, one after the other: a capture (or packets made by hand) as a row of test runs over the
 * same maps, with the virtual clock driven by the packets' time stamps.
 */

import type { Redirect } from '../../helpers/ports/devices.ts';
import type { Insn } from '../../isa/insn.ts';
import type { FieldDiff } from '../../net/diff.ts';
import { errnoName } from '../../spec/errno.ts';
import type { Problem, SourcePos } from '../../util/problem.ts';
import type { Machine } from '../../vm/machine.ts';
import { clockAt } from '../clock.ts';
import type { Kernel } from '../kernel.ts';
import type { TestRun, TestRunStatus } from '../testRun/run.ts';
import type { TestRunInput } from '../testRun/uarg.ts';
import type { Output, ProgRecord } from '../world.ts';
import type { CtxFields } from './ctx.ts';
import { type CtxChange, ctxChanges, packetCtx } from './ctx.ts';
import { dataChanges, frameOut } from './frames.ts';
import { runsLocally, worksOnPackets } from './hook.ts';
import { verdictFate, verdictName } from './verdict.ts';

/** A packet to be replayed. */
export interface ReplayPacket {
  /** From the Ethernet header on. */
  readonly bytes: Uint8Array;
  /** Nanoseconds since 1970 (any other origin will do); absent: the clock stays. */
  readonly timeNs?: bigint;
  /** The programs it passes; absent: the replay's. */
  readonly progs?: readonly ProgRecord[];
  /** The rest of what the test run gets; comes before the replay's own options. */
  readonly run?: Omit<TestRunInput, 'data'>;
}

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

/** A place in a source and its line. */
export interface Position {
  readonly pos: SourcePos;
  readonly text?: string;
}

/** A program that did what no verified program does. */
export interface Fault {
  readonly problem: Problem;
  readonly prog: string;
  /** 8-byte slot of the insn. */
  readonly slot: number;
  readonly insn: Insn | undefined;
  readonly position: Position | undefined;
  /** R0 to R10, unsigned. */
  readonly registers: readonly bigint[];
}

/** What one packet met in one program. */
export interface PacketResult {
  /** 1 for the first packet. */
  readonly number: number;
  readonly packet: ReplayPacket;
  readonly prog: ProgRecord;
  /** The packet as this program got it. */
  readonly before: Uint8Array;
  /** 0 for the first program that the packet meets. */
  readonly stage: number;
  /** No further program sees this packet. */
  readonly last: boolean;
  /** Nanoseconds since boot at which the program ran. */
  readonly clockNs: bigint;
  /** Insns executed. */
  readonly insns: number;
  /** Positive errno of the test run, 0 when it ran. */
  readonly errno: number;
  readonly retval: number;
  /** `XDP_TX`, `-EINVAL` when the test run was refused, `fault`. */
  readonly verdict: string;
  /** The packet afterwards; absent when the run was refused or faulted. */
  readonly after?: Uint8Array;
  readonly changes: readonly FieldDiff[];
  /** The context given and the one that came back; absent where there is none. */
  readonly ctxIn?: Uint8Array;
  readonly ctxOut?: Uint8Array;
  readonly ctxChanges: readonly CtxChange[];
  readonly redirect?: Redirect;
  /** Perf records and trace lines, in order. */
  readonly outputs: readonly Output[];
  readonly fault?: Fault;
}

interface Running {
  readonly run: TestRun;
  readonly packet: ReplayPacket;
  readonly prog: ProgRecord;
  readonly before: Uint8Array;
  readonly ctxIn: Uint8Array | undefined;
}

const SLICE = 1_000_000;

/** A row of test runs, one packet after the other; see `replayCapture` for all of it in one call. */
export class Replay {
  readonly #kernel: Kernel;
  readonly #options: ReplayOptions;
  readonly #packets: readonly ReplayPacket[];
  readonly #startNs: bigint;
  #next = 0;
  #stage = 0;
  /** What the last program passed on. */
  #passed: Uint8Array | undefined;
  #nowNs: bigint;
  #run: Running | undefined;
  #machine: Machine | undefined;
  #mark: Kernel['world']['output'];

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
   * Executes at most `budget` insns of the packet at hand. A result when it is through, `paused` when it needs more,
   * undefined after the last packet.
   */
  advance(budget = SLICE): PacketResult | 'paused' | Problem[] | undefined {
    if (!this.#run) {
      let packet = this.#packets[this.#next];
      // A packet without programs passes unseen.
      while (packet && this.#progsOf(packet).length === 0) packet = this.#packets[++this.#next];
      if (!packet) return undefined;
      const problems = this.#begin(packet);
      if (problems) return problems;
    }
    const { run } = this.#run!;
    this.#machine = run.machine ?? this.#machine;
    const status = run.advance(budget);
    return status.state === 'paused' ? 'paused' : this.#end(status);
  }

  /** The next packet's result, all of it. */
  next(): PacketResult | Problem[] | undefined {
    for (;;) {
      const result = this.advance();
      if (result !== 'paused') return result;
    }
  }

  #begin(packet: ReplayPacket): Problem[] | undefined {
    const kernel = this.#kernel;
    const prog = this.#progsOf(packet)[this.#stage]!;
    const before = this.#passed ?? packet.bytes;
    const ctx = packetCtx(prog.executable, this.#options.ctx ?? {}, before.length);
    if (!ctx.ok) return [...ctx.problems];
    const first = this.#packets[0]?.timeNs;
    if ((this.#options.time ?? 'capture') === 'capture' && packet.timeNs !== undefined && first !== undefined) {
      // Captures may be out of order; the clock of a machine never runs backwards.
      const now = this.#startNs + (packet.timeNs - first);
      if (now > this.#nowNs) this.#nowNs = now;
      const passed = kernel.advanceClock(clockAt(this.#nowNs)).finish();
      if (passed.state === 'fault') return [passed.problem];
    }
    this.#mark = kernel.world.output;
    this.#machine = undefined;
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
    if (run.status.state === 'fault') return [run.status.problem];
    this.#run = { run, packet, prog, before, ctxIn: input.ctx };
    return undefined;
  }

  #end(status: Exclude<TestRunStatus, { state: 'paused' }>): PacketResult {
    const kernel = this.#kernel;
    const { packet, prog, before, ctxIn } = this.#run!;
    this.#run = undefined;
    kernel.readRingbufs();
    const { redirect } = kernel.world;
    const common = {
      number: this.#next + 1,
      packet,
      prog,
      before,
      stage: this.#stage,
      clockNs: this.#nowNs,
      insns: this.#machine?.insns ?? 0,
      outputs: kernel.outputs(this.#mark),
    };
    if (status.state === 'fault') {
      this.#leave(undefined);
      const fault = this.#fault(status.problem, prog);
      return { ...common, last: true, errno: 0, retval: 0, verdict: 'fault', changes: [], ctxChanges: [], fault };
    }
    const { errno, retval, dataOut, ctxOut } = status.output;
    const verdict = errno === 0 ? verdictName(prog.executable.progType, retval) : `-${errnoName(errno) ?? errno}`;
    const goesOn = verdictFate(verdict) === 'pass' && this.#stage + 1 < this.#progsOf(packet).length;
    const given = { progType: prog.executable.progType, data: before, ctx: ctxIn };
    this.#leave(goesOn ? (dataOut ? frameOut(given, dataOut) : before) : undefined);
    return {
      ...common,
      last: !goesOn,
      errno,
      retval,
      verdict,
      ...(dataOut && { after: dataOut }),
      changes: dataOut ? dataChanges(given, dataOut) : [],
      ...(ctxIn && { ctxIn }),
      ...(ctxOut && { ctxOut }),
      ctxChanges: ctxOut ? ctxChanges(prog.executable, ctxIn ?? new Uint8Array(ctxOut.length), ctxOut) : [],
      ...(redirect && { redirect }),
    };
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

  #fault(problem: Problem, prog: ProgRecord): Fault {
    const machine = this.#machine;
    const executable = machine?.prog ?? prog.executable;
    const slot = problem.at.insn ?? machine?.pc ?? 0;
    return {
      problem,
      prog: executable.name,
      slot,
      insn: executable.insns[slot],
      position: this.#options.position?.(executable.name, slot),
      registers: machine ? Array.from({ length: 11 }, (_, i) => machine.register(i)) : [],
    };
  }
}
