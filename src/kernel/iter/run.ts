/**
 * An iterator's program over a map, as a reader of its descriptor sees it: open, read until nothing comes, close. The program runs
 * for each element and once more, without one, at the end.
 */
import type { MapSeq, SeqAt } from '../../maps/seq.ts';
import { ATTACH_TYPES } from '../../spec/attachTypes.ts';
import { ERRNO } from '../../spec/errno.ts';
import type { Problem } from '../../util/problem.ts';
import type { MachineState } from '../../vm/host.ts';
import { Machine } from '../../vm/machine.ts';
import type { KernelCore } from '../core.ts';
import { RunEnv } from '../env.ts';
import { kernelProblem } from '../messages.ts';
import { NO_PACKET } from '../testRun/prepare.ts';
import type { MapRecord, ProgRecord } from '../world.ts';
import { clearElement, type IterObjects, newIterObjects, setSeqNum } from './objects.ts';
import { seqCount, seqCut, seqHasOverflowed, seqTake } from './seqFile.ts';
import { ITER_TARGETS, type IterTarget } from './targets.ts';

const { E2BIG, EAGAIN, EINVAL, ENOMEM } = ERRNO;
/** Elements that one read looks at before it gives up, if nothing is printed. */
const MAX_ITER_OBJECTS = 1_000_000;

/** Where an iterator stands. */
export type IterRunStatus =
  | { readonly state: 'paused' }
  /**
   * The reader is done: `output` is all that it read. `errno` (positive) is that of the read that failed: EAGAIN where the
   * program answered 1 before anything was printed, E2BIG where an element prints more than 32 KiB; or that of attaching.
   */
  | { readonly state: 'done'; readonly errno: number; readonly output: Uint8Array }
  /** The program did what no verified program does, or its target cannot be run. */
  | { readonly state: 'fault'; readonly problem: Problem };

/** How an iterator is read. */
export interface IterInput {
  /** The map that the link names. */
  readonly map: MapRecord;
  /** Bytes that the reader asks for in each read; default 4,096. */
  readonly readSize?: number;
}

/** Where the walk and its reader stand, in a value that is replaced. */
export interface IterWalk {
  readonly at: SeqAt;
  /** Is the read's first element shown, one after it, or the end? */
  readonly stage: 'first' | 'next' | 'end';
  readonly seqNum: number;
  /** Elements passed by this read. */
  readonly objects: number;
  /** Bytes printed before the program that runs. */
  readonly offs: number;
  /** The call at the end was made. */
  readonly ended: boolean;
  readonly output: readonly Uint8Array[];
}

/** What of an iterator is not in linear memory or the World. */
export interface IterRunState {
  readonly walk: IterWalk;
  readonly insns: number;
  readonly ticks: number;
  readonly machine: MachineState | undefined;
  readonly status: IterRunStatus;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** One descriptor of an iterator, from its opening to the end of its reading. Runs as far as `advance` lets it. */
export class IterRun {
  readonly #kernel: KernelCore;
  readonly #prog: ProgRecord;
  readonly #map: MapRecord;
  readonly #limit: number;
  readonly #readSize: number;
  #target: IterTarget | undefined;
  #seq: MapSeq | undefined;
  #objects: IterObjects | undefined;
  #env: RunEnv | undefined;
  #machine: Machine | undefined;
  /** Of the programs that have ended. */
  #insns = 0;
  #ticks = 0;
  #status: IterRunStatus = { state: 'paused' };
  #walk: IterWalk = {
    at: { place: { bucket: 0, skip: 0 }, element: 0 },
    stage: 'first',
    seqNum: 0,
    objects: 0,
    offs: 0,
    ended: false,
    output: [],
  };

  /** `insnLimit` bounds what the program executes for all elements together. */
  constructor(kernel: KernelCore, prog: ProgRecord, { map, readSize = 4096 }: IterInput, insnLimit: number) {
    this.#kernel = kernel;
    this.#prog = prog;
    this.#map = map;
    this.#limit = insnLimit;
    this.#readSize = readSize;
    const name = prog.attachBtfName ?? '';
    const isIter = prog.attachType === ATTACH_TYPES.trace_iter.id;
    const target = isIter && Object.hasOwn(ITER_TARGETS, name) ? ITER_TARGETS[name] : undefined;
    const seq = target?.seqOf(map.type);
    if (!isIter) this.#end(EINVAL);
    else if (!target) this.#fault(kernelProblem('not-covered', {}, { what: `a run of iter/${name} programs` }));
    else if (!seq) this.#end(EINVAL);
    else this.#open(target, seq);
  }

  get status(): IterRunStatus {
    return this.#status;
  }

  /** The running program, for debuggers; undefined once reading is over. */
  get machine(): Machine | undefined {
    return this.#machine;
  }

  /** Insns executed for all elements, with the one that faulted. */
  get ticks(): number {
    return this.#ticks;
  }

  /** Executes at most `budget` insns more; fewer where a stop is met. */
  advance(budget: number): IterRunStatus {
    let fuel = budget;
    while (this.#machine && fuel > 0) {
      const machine = this.#machine;
      const { ticks } = machine;
      const status = machine.advance(fuel);
      this.#ticks += machine.ticks - ticks;
      fuel -= Math.max(1, machine.ticks - ticks);
      if (status.state === 'paused') break;
      this.#machine = undefined;
      this.#insns += machine.insns;
      if (status.state === 'fault') this.#fault(status.problem);
      else this.#ran(status.lo);
    }
    return this.#status;
  }

  /** Runs to the end. */
  finish(): Exclude<IterRunStatus, { state: 'paused' }> {
    for (;;) {
      const status = this.advance(Number.MAX_SAFE_INTEGER);
      if (status.state !== 'paused') return status;
    }
  }

  /** With a snapshot of the kernel: all of it. */
  save(): IterRunState {
    const machine = this.#machine?.save();
    return { walk: this.#walk, insns: this.#insns, ticks: this.#ticks, machine, status: this.#status };
  }

  /** Goes back to a saved state; the kernel must have been restored to the snapshot taken with it. */
  restore({ walk, insns, ticks, machine, status }: IterRunState): void {
    this.#walk = walk;
    this.#insns = insns;
    this.#ticks = ticks;
    this.#status = status;
    this.#machine = machine && this.#newMachine();
    if (machine) this.#machine?.restore(machine);
  }

  /** The descriptor is opened: bpf_iter_new_fd. */
  #open(target: IterTarget, seq: MapSeq): void {
    const { world, maps } = this.#kernel;
    const session = world.iterSessions + 1;
    this.#kernel.world = { ...world, iterSessions: session };
    this.#objects = newIterObjects(maps, target, this.#map, session);
    if (!this.#objects) {
      this.#end(ENOMEM);
      return;
    }
    this.#target = target;
    this.#seq = seq;
    this.#env = new RunEnv(this.#kernel, this.#prog.executable, NO_PACKET, 0, this.#objects.seq);
    this.#read();
  }

  /** Begins a read: the element where the last one stopped is found again (bpf_seq_read). */
  #read(): void {
    const at = this.#seq!.find(this.#kernel.maps, this.#map.address, this.#walk.at.place);
    this.#walk = { ...this.#walk, at, objects: 0, offs: 0 };
    this.#run('first');
  }

  /** Starts the program for the element; for that behind the last one once, and then reading is over. */
  #run(stage: IterWalk['stage']): void {
    const { arena } = this.#kernel;
    const { at, ended, seqNum } = this.#walk;
    const none = at.element === 0;
    const objects = this.#objects!;
    if (none && ended) {
      this.#flush();
      return;
    }
    if (none) clearElement(arena, objects, this.#target!.ctxSize);
    else this.#target!.show(this.#kernel.maps, this.#map, objects.ctx, at);
    setSeqNum(arena, objects, seqNum);
    this.#walk = { ...this.#walk, stage: none ? 'end' : stage, offs: seqCount(arena, objects.seq) };
    this.#machine = this.#newMachine();
    this.#machine.start(objects.ctx.address);
  }

  /** What the read makes of the program's answer: 0 goes on, 1 is EAGAIN, which takes back what it printed. */
  #ran(r0: number): void {
    const { arena } = this.#kernel;
    const { seq } = this.#objects!;
    const { stage, offs } = this.#walk;
    const overflow = seqHasOverflowed(arena, seq);
    const again = stage !== 'end' && r0 !== 0;
    if (again || overflow) {
      seqCut(arena, seq, offs);
      if (offs === 0) this.#end(again ? EAGAIN : E2BIG);
      else this.#flush();
    } else if (stage === 'end') {
      this.#walk = { ...this.#walk, ended: true };
      this.#flush();
    } else this.#next();
  }

  #next(): void {
    const { arena, maps } = this.#kernel;
    const { seq } = this.#objects!;
    const { seqNum, objects: passed, at: before } = this.#walk;
    const at = this.#seq!.next(maps, this.#map.address, before);
    const objects = passed + 1;
    const printed = seqCount(arena, seq);
    this.#walk = { ...this.#walk, at, objects, seqNum: at.element === 0 ? seqNum : seqNum + 1 };
    if (at.element === 0) this.#run('end');
    else if (printed >= this.#readSize) this.#flush();
    else if (objects < MAX_ITER_OBJECTS) this.#run('next');
    else if (printed === 0) this.#end(EAGAIN);
    else this.#flush();
  }

  /** The reader gets what was printed; where that is nothing, it is done, else it reads again. */
  #flush(): void {
    const bytes = seqTake(this.#kernel.arena, this.#objects!.seq);
    this.#walk = { ...this.#walk, output: [...this.#walk.output, bytes] };
    if (bytes.length === 0) this.#end(0);
    else this.#read();
  }

  #newMachine(): Machine {
    return new Machine(this.#env!, this.#kernel.frames, this.#prog.executable, Math.max(1, this.#limit - this.#insns));
  }

  #fault(problem: Problem): void {
    this.#close({ state: 'fault', problem });
  }

  #end(errno: number): void {
    this.#close({ state: 'done', errno, output: joined(this.#walk.output) });
  }

  #close(status: IterRunStatus): void {
    this.#status = status;
    this.#objects?.free();
  }
}
