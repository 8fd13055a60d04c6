/** The node at work: what waits is done, stage by stage, program by program, as an object that is advanced. */
import { diffPackets, type FieldDiff } from '../../net/diff.ts';
import type { Problem } from '../../util/problem.ts';
import type { Machine } from '../../vm/machine.ts';
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
import { application, socketWork } from './socketWork.ts';
import type { NodeState, Work } from './state.ts';
import { xmit } from './xmit.ts';

/** Stages that one packet may go through. */
const MAX_STEPS = 1000;

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
    case 'connect':
      return askConnect(kernel, work);
    case 'application':
      return application(kernel, work);
    case 'sockets':
      return socketWork(kernel, work);
  }
}

/** What a program changed in a packet; most change nothing. */
function changesOf(before: Uint8Array, after: Uint8Array): readonly FieldDiff[] {
  const same = before.length === after.length && before.every((byte, i) => byte === after[i]);
  return same ? [] : diffPackets(before, after);
}

/** What a program said itself: what others said on other CPUs while it was suspended has been told. */
function saidBy({ world }: Kernel, { mark, told }: NodeCall): readonly Output[] {
  const others = new Set<Output>();
  for (let node = world.node.hops; node && node !== told; node = node.older) {
    if (node.hop.kind === 'program') for (const output of node.hop.outputs) others.add(output);
  }
  const outputs = outputsSince(world, mark);
  return others.size === 0 ? outputs : outputs.filter((output) => !others.has(output));
}

/** Where the node stands. */
export type NodeStatus =
  | { readonly state: 'paused' }
  /** Nothing waits. */
  | { readonly state: 'idle' }
  /** A program did what no verified program does. */
  | { readonly state: 'fault'; readonly problem: Problem; readonly prog: string };

/** A program at work in the node. */
export interface NodeCall {
  readonly call: Call;
  readonly run: TestRun;
  readonly before: Uint8Array;
  readonly mark: OutputList | undefined;
  /** The hops before it began. */
  readonly told: NodeState['hops'];
}

/** What of a run is not in linear memory or the World. */
export interface NodeRunState {
  readonly ticks: number;
  readonly running: { readonly running: NodeCall; readonly state: TestRunState } | undefined;
  readonly status: NodeStatus;
}

/** Everything that waits in a kernel's node, done in order. */
export class NodeRun {
  readonly #kernel: Kernel;
  readonly #insnLimit: number;
  #running: NodeCall | undefined;
  #ticks = 0;
  #status: NodeStatus = { state: 'paused' };

  /** `insnLimit`: insns that one program may execute. */
  constructor(kernel: Kernel, insnLimit = 100_000_000) {
    this.#kernel = kernel;
    this.#insnLimit = insnLimit;
  }

  /** The running program, for debuggers; undefined between programs. */
  get machine(): Machine | undefined {
    return this.#running?.run.machine;
  }

  get running(): NodeCall | undefined {
    return this.#running;
  }

  /** One for each stage and each insn. */
  get ticks(): number {
    return this.#ticks;
  }

  get status(): NodeStatus {
    return this.#status;
  }

  /** Goes on by at most `budget` ticks; fewer where a stop is met. */
  advance(budget: number): NodeStatus {
    const end = this.#ticks + budget;
    while (this.#ticks < end && this.#status.state !== 'fault') {
      const running = this.#running;
      if (!running) {
        if (!this.#step()) return this.#status;
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
      this.#running = undefined;
      if (status.state === 'fault') {
        this.#status = { ...status, prog: running.call.link.prog.name };
        break;
      }
      this.#ended(running, status.output.retval);
    }
    return this.#status;
  }

  /** Runs until nothing waits. */
  finish(): NodeStatus {
    for (;;) {
      const status = this.advance(Number.MAX_SAFE_INTEGER);
      if (status.state !== 'paused') return status;
    }
  }

  /** With a snapshot of the kernel: all of it. */
  save(): NodeRunState {
    const running = this.#running;
    return {
      ticks: this.#ticks,
      running: running && { running, state: running.run.save() },
      status: this.#status,
    };
  }

  /** Goes back to a saved state; the kernel must have been restored to the snapshot taken with it. */
  restore({ ticks, running, status }: NodeRunState): void {
    this.#ticks = ticks;
    this.#status = status;
    this.#running = running?.running;
    running?.running.run.restore(running.state);
  }

  /** The next stage; false when nothing waits. */
  #step(): boolean {
    const kernel = this.#kernel;
    const { world } = kernel;
    const [first, ...rest] = world.node.work;
    if (!first) {
      this.#status = { state: 'idle' };
      return false;
    }
    this.#status = { state: 'paused' };
    this.#ticks++;
    kernel.world = { ...world, cpu: first.cpu, node: { ...world.node, work: rest } };
    enterNetns(kernel, first.ns);
    const work = { ...first, steps: first.steps + 1 };
    if (work.steps > MAX_STEPS) drop(kernel, work, 'skb' in work ? work.skb : 0, 'RECURSION_LIMIT');
    else this.#begin(dispatch(kernel, work));
    return true;
  }

  #begin(call: Flow): void {
    if (!call) return;
    const kernel = this.#kernel;
    const before = call.bytes();
    const run = new TestRun(kernel, call.link.prog, {}, this.#insnLimit, call.prepare);
    this.#running = { call, run, before, mark: kernel.world.output, told: kernel.world.node.hops };
  }

  #ended(ended: NodeCall, retval: number): void {
    const kernel = this.#kernel;
    const { call, run, before } = ended;
    const { link, work } = call;
    kernel.readRingbufs();
    tell(kernel, work, {
      kind: 'program',
      hook: link.hook,
      ...(link.ifindex !== 0 && { dev: deviceName(kernel, link.ifindex) }),
      prog: link.prog.name,
      verdict: verdictName(link.prog.executable.progType, retval),
      insns: run.ticks,
      changes: changesOf(before, call.bytes()),
      outputs: saidBy(kernel, ended),
    });
    this.#begin(call.returned(retval));
  }
}
