/** The node at work: what waits is done, stage by stage, program by program, as an object that is advanced. */
import { diffPackets, type FieldDiff } from '../../net/diff.ts';
import type { Problem } from '../../util/problem.ts';
import type { Machine } from '../../vm/machine.ts';
import { pastStop } from '../../vm/stops.ts';
import type { Kernel } from '../kernel.ts';
import { verdictName } from '../replay/verdict.ts';
import { TestRun, type TestRunState } from '../testRun/run.ts';
import { type Output, type OutputList, outputsSince } from '../world.ts';
import { askConnect } from './connectHook.ts';
import type { Call, Flow } from './flow.ts';
import { ip } from './ip.ts';
import { local } from './local.ts';
import { enterNetns } from './namespaces.ts';
import { output } from './output.ts';
import { cable, frame, receive } from './receive.ts';
import { deviceName, drop, tell } from './record.ts';
import { sendCopy } from './redirect.ts';
import { application, socketWork } from './socketWork.ts';
import { changeNode, type Work } from './state.ts';
import { xmit } from './xmit.ts';

/** Stages that one packet may go through. */
const MAX_STEPS = 1000;
/** Stages that all packets of a run may go through: two sockets that answer each other would never come to an end. */
const MAX_STAGES = 50_000;

/** Every stage, by its name. */
function dispatch(kernel: Kernel, work: Work): Flow {
  switch (work.at) {
    case 'frame':
      return frame(kernel, work);
    case 'cable':
      return cable(kernel, work);
    case 'receive':
      return receive(kernel, work);
    case 'ip':
      return ip(kernel, work);
    case 'local':
      return local(kernel, work);
    case 'output':
      return output(kernel, work);
    case 'xmit':
      return xmit(kernel, work);
    case 'copy':
      return sendCopy(kernel, work);
    case 'connect':
      return askConnect(kernel, work);
    case 'application':
      return application(kernel, work);
    case 'sockets':
      return socketWork(kernel, work);
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** What a program changed in a packet; most change nothing, and sometimes nobody asks. */
function changesOf(kernel: Kernel, before: Uint8Array, after: Uint8Array): readonly FieldDiff[] {
  return kernel.world.node.quiet || equal(before, after) ? [] : diffPackets(before, after);
}

/** Where the node stands. */
export type NodeStatus =
  | { readonly state: 'paused' }
  /** Nothing waits. */
  | { readonly state: 'idle' }
  /** A program did what no verified program does. */
  | { readonly state: 'fault'; readonly problem: Problem; readonly prog: string };

/** A program that is through. */
export interface NodeEnded {
  readonly node: NodeCall;
  /** Unsigned 32 bits. */
  readonly retval: number;
  /** The packet afterwards. */
  readonly after: Uint8Array;
  readonly changes: readonly FieldDiff[];
  readonly outputs: readonly Output[];
}

/** A program at work in the node. */
export interface NodeCall {
  readonly call: Call;
  readonly run: TestRun;
  readonly before: Uint8Array;
  readonly mark: OutputList | undefined;
}

/** What of a run is not in linear memory or the World. */
export interface NodeRunState {
  readonly ticks: number;
  readonly stages: number;
  readonly running: { readonly running: NodeCall; readonly state: TestRunState } | undefined;
  /** The program that is next, where the last one has only just ended. */
  readonly coming: Flow;
  readonly status: NodeStatus;
}

/** Everything that waits in a kernel's node, done in order. */
export class NodeRun {
  readonly #kernel: Kernel;
  readonly #insnLimit: number;
  readonly #pausing: boolean;
  #running: NodeCall | undefined;
  #coming: Flow;
  #ended: NodeEnded | undefined;
  #ticks = 0;
  #stages = 0;
  #status: NodeStatus = { state: 'paused' };

  /** `insnLimit`: insns that one program may execute. `pausing`: it goes no further than to a program's beginning or end. */
  constructor(kernel: Kernel, insnLimit = 100_000_000, pausing = false) {
    this.#kernel = kernel;
    this.#insnLimit = insnLimit;
    this.#pausing = pausing;
  }

  /** The running program, for debuggers; undefined between programs. */
  get machine(): Machine | undefined {
    return this.#running?.run.machine;
  }

  get running(): NodeCall | undefined {
    return this.#running;
  }

  /** The program that the last advance brought to its end. */
  get ended(): NodeEnded | undefined {
    return this.#ended;
  }

  /** One for each stage, each beginning of a program and each insn. */
  get ticks(): number {
    return this.#ticks;
  }

  get status(): NodeStatus {
    return this.#status;
  }

  /** Goes on by at most `budget` ticks; fewer where a stop is met. */
  advance(budget: number): NodeStatus {
    const end = this.#ticks + budget;
    this.#ended = undefined;
    while (this.#ticks < end && this.#status.state !== 'fault') {
      const running = this.#running;
      if (!running) {
        if (!this.#step()) return this.#status;
        if (this.#running && this.#pausing) break;
        continue;
      }
      const { run } = running;
      const before = run.ticks;
      const status = run.advance(end - this.#ticks);
      this.#ticks += run.ticks - before;
      if (status.state === 'paused') {
        if (run.machine?.stopped) break;
        continue;
      }
      if (status.state === 'fault') {
        this.#idle();
        this.#status = { ...status, prog: running.call.link.prog.name };
        break;
      }
      this.#running = undefined;
      this.#end(running, status.output.retval);
      if (this.#pausing) break;
    }
    return this.#status;
  }

  /** Runs until nothing waits, past all stops in the code. */
  finish(): NodeStatus {
    for (;;) {
      const { machine } = this;
      const status = pastStop(machine, () => this.advance(machine?.stopped ? 1 : Number.MAX_SAFE_INTEGER));
      if (status.state !== 'paused') return status;
    }
  }

  /** With a snapshot of the kernel: all of it. */
  save(): NodeRunState {
    const running = this.#running;
    return {
      ticks: this.#ticks,
      stages: this.#stages,
      running: running && { running, state: running.run.save() },
      coming: this.#coming,
      status: this.#status,
    };
  }

  /** Goes back to a saved state; the kernel must have been restored to the snapshot taken with it. */
  restore({ ticks, stages, running, coming, status }: NodeRunState): void {
    this.#ticks = ticks;
    this.#stages = stages;
    this.#status = status;
    this.#coming = coming;
    this.#ended = undefined;
    this.#running = running?.running;
    running?.running.run.restore(running.state);
  }

  /** No program runs any more. */
  #idle(): void {
    const { world } = this.#kernel;
    this.#kernel.world = { ...world, node: { ...world.node, running: undefined, copied: 0 } };
  }

  /** Everything that waits is dropped: it would not come to an end. */
  #stop(works: readonly Work[]): true {
    const kernel = this.#kernel;
    const { world } = kernel;
    kernel.world = { ...world, node: { ...world.node, work: [], copies: [] } };
    const why = `the node has not come to rest after ${MAX_STAGES} stages`;
    for (const work of works) {
      enterNetns(kernel, work.ns);
      drop(kernel, work, 'skb' in work ? work.skb : 0, 'RECURSION_LIMIT', { why });
    }
    return true;
  }

  /** The next program or stage; false when nothing waits. */
  #step(): boolean {
    const kernel = this.#kernel;
    const call = this.#coming;
    if (call) {
      this.#coming = undefined;
      this.#ticks++;
      this.#begin(call);
      return true;
    }
    const { world } = kernel;
    const { node } = world;
    const [first, ...rest] = node.copies.length > 0 ? [...node.copies, ...node.work] : node.work;
    if (!first) {
      this.#idle();
      this.#status = { state: 'idle' };
      return false;
    }
    this.#status = { state: 'paused' };
    this.#ticks++;
    if (++this.#stages > MAX_STAGES) return this.#stop([first, ...rest]);
    const next = changeNode(world, (changed) => {
      changed.work = rest;
      changed.copies = [];
      changed.running = first;
    });
    kernel.world = next.cpu === first.cpu ? next : { ...next, cpu: first.cpu };
    enterNetns(kernel, first.ns);
    const work = { ...first, steps: first.steps + 1 };
    if (work.steps > MAX_STEPS) drop(kernel, work, 'skb' in work ? work.skb : 0, 'RECURSION_LIMIT');
    else this.#coming = dispatch(kernel, work);
    return true;
  }

  #begin(call: Call): void {
    const kernel = this.#kernel;
    const before = call.bytes();
    const run = new TestRun(kernel, call.link.prog, {}, this.#insnLimit, call.prepare);
    this.#running = { call, run, before, mark: kernel.world.output };
  }

  #end(node: NodeCall, retval: number): void {
    const kernel = this.#kernel;
    const { call, run, before, mark } = node;
    const { link, work } = call;
    kernel.readRingbufs();
    const after = call.bytes();
    const changes = changesOf(kernel, before, after);
    const outputs = outputsSince(kernel.world, mark);
    this.#ended = { node, retval, after, changes, outputs };
    tell(kernel, work, {
      kind: 'program',
      hook: link.hook,
      ...(link.ifindex !== 0 && { dev: deviceName(kernel, link.ifindex) }),
      prog: link.prog.name,
      verdict: verdictName(link.prog.executable.progType, retval),
      insns: run.ticks,
      changes,
      outputs,
    });
    this.#coming = call.returned(retval);
  }
}
