/** What a packet met in a program, and how it is told from a run's end. */
import type { Redirect } from '../../helpers/ports/devices.ts';
import type { Insn } from '../../isa/insn.ts';
import type { FieldDiff } from '../../net/diff.ts';
import { errnoName } from '../../spec/errno.ts';
import type { Problem, SourcePos } from '../../util/problem.ts';
import type { Machine } from '../../vm/machine.ts';
import type { TestRunStatus } from '../testRun/run.ts';
import type { TestRunInput, TestRunOutput } from '../testRun/uarg.ts';
import type { Output, ProgRecord } from '../world.ts';
import { type CtxChange, ctxChanges } from './ctx.ts';
import { dataChanges, frameOut } from './frames.ts';
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

/** What is known of a run whatever its end. */
type Common = Pick<
  PacketResult,
  'number' | 'packet' | 'prog' | 'before' | 'stage' | 'clockNs' | 'insns' | 'outputs' | 'ctxIn' | 'redirect'
>;

/** What became of a run, and what the packet's next program gets (undefined: there is none). */
export interface RunEnd {
  readonly result: PacketResult;
  readonly passed: Uint8Array | undefined;
}

/** The end of a run. `more`: another program waits for the packet. */
export function endOfRun(
  common: Common,
  status: Exclude<TestRunStatus, { state: 'paused' }>,
  more: boolean,
  faultOf: (problem: Problem) => Fault,
): RunEnd {
  if (status.state === 'done') return endOfOutput(common, status.output, more);
  const { ctxIn: _ctx, redirect: _redirect, ...rest } = common;
  const nothing = { errno: 0, retval: 0, changes: [], ctxChanges: [] };
  const fault = faultOf(status.problem);
  return { result: { ...rest, ...nothing, last: true, verdict: 'fault', fault }, passed: undefined };
}

function endOfOutput(common: Common, output: TestRunOutput, more: boolean): RunEnd {
  const { prog, before, ctxIn } = common;
  const { errno, retval, dataOut, ctxOut } = output;
  const { progType } = prog.executable;
  const verdict = errno === 0 ? verdictName(progType, retval) : `-${errnoName(errno) ?? errno}`;
  const goesOn = verdictFate(verdict) === 'pass' && more;
  const given = { progType, data: before, ctx: ctxIn };
  const result = {
    ...common,
    last: !goesOn,
    errno,
    retval,
    verdict,
    ...(dataOut && { after: dataOut }),
    changes: dataOut ? dataChanges(given, dataOut) : [],
    ...(ctxOut && { ctxOut }),
    ctxChanges: ctxOut ? ctxChanges(prog.executable, ctxIn ?? new Uint8Array(ctxOut.length), ctxOut) : [],
  };
  return { result, passed: goesOn ? (dataOut ? frameOut(given, dataOut) : before) : undefined };
}

/** What a program that faulted stood at. `position`: where an insn was written. */
export function faultOf(
  problem: Problem,
  prog: ProgRecord,
  machine: Machine | undefined,
  position: ((prog: string, slot: number) => Position | undefined) | undefined,
): Fault {
  const executable = machine?.prog ?? prog.executable;
  const slot = problem.at.insn ?? machine?.pc ?? 0;
  return {
    problem,
    prog: executable.name,
    slot,
    insn: executable.insns[slot],
    position: position?.(executable.name, slot),
    registers: machine ? Array.from({ length: 11 }, (_, i) => machine.register(i)) : [],
  };
}
