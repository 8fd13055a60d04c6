/** The path that failed: its insns from the first one on, with what was known behind each. */
import type { LogEvent, QuotedSource } from './events.ts';
import type { LogInsn } from './insn.ts';
import type { LogState } from './state.ts';
import { transfer } from './transfer.ts';
import type { LogValue } from './value.ts';
import { makeValue } from './value.ts';

const R10 = makeValue('fp0', 'fp', { umax: 0n, smin: 0n, smax: 0n });

/** One insn of the path. */
export interface PathStep {
  readonly slot: number;
  readonly text: string;
  readonly does: LogInsn;
  readonly source?: QuotedSource;
  /** Frame it runs in: 0 is the main program. */
  readonly depth: number;
  /** Of a conditional jump: whether this path jumps. */
  readonly taken?: boolean;
  /** Values that the log prints behind the insn, of the frame that is then current. */
  readonly learnt: ReadonlyMap<string, LogValue>;
  /** `learnt` is the whole state, printed because the walk returned to this branch. */
  readonly whole?: true;
}

export interface Path {
  readonly steps: readonly PathStep[];
  /** What is known before the last insn, by place, frame by frame. */
  readonly frames: readonly ReadonlyMap<string, LogValue>[];
  /** What the log says behind the last insn: the complaint first. */
  readonly messages: readonly string[];
  readonly refs: readonly number[];
  readonly processed?: number;
  /** The traced function, where the log names it. */
  readonly traced?: string;
}

interface Node {
  readonly event: Extract<LogEvent, { kind: 'insn' }>;
  readonly parent: Node | undefined;
  /** States printed behind the insn on this way from it. */
  readonly states: LogState[];
  /** The state printed in full where the walk returned to this branch. */
  resumed: boolean;
}

/** Every insn event knows the one before it on its path; a branch put aside goes on from its jump. */
function walk(events: readonly LogEvent[]): {
  last: Node | undefined;
  first: LogState[];
  messages: string[];
  processed?: number;
  traced?: string;
} {
  const waiting = new Map<number, Node[]>();
  const first: LogState[] = [];
  let current: Node | undefined;
  let messages: string[] = [];
  let processed: number | undefined;
  let traced: string | undefined;
  const resume = (from: number): Node | undefined => {
    const node = waiting.get(from)?.pop();
    // The other way from the same jump: what was learnt on the first way is not known here.
    return node && { event: node.event, parent: node.parent, states: [], resumed: true };
  };
  for (const event of events) {
    switch (event.kind) {
      case 'insn': {
        const node: Node = { event, parent: current, states: event.after ? [event.after] : [], resumed: false };
        if (
          event.does.kind === 'if' ||
          (event.does.kind === 'goto' && event.does.may) ||
          event.does.kind === 'helper' ||
          event.does.kind === 'alu'
        ) {
          const list = waiting.get(event.slot);
          if (list) list.push(node);
          else waiting.set(event.slot, [node]);
        }
        current = node;
        messages = [];
        break;
      }
      case 'state':
        if (event.from !== undefined) {
          current = resume(event.from) ?? current;
          messages = [];
        }
        (current ? current.states : first).push(event.state);
        break;
      case 'safe':
        if (event.from !== undefined) resume(event.from);
        messages = [];
        break;
      case 'message':
        traced = /^func '(\w+)' arg\d+ has /.exec(event.text)?.[1] ?? traced;
        messages.push(event.text);
        break;
      case 'closing':
        processed = event.processed;
    }
  }
  return {
    last: current,
    first,
    messages,
    ...(processed !== undefined && { processed }),
    ...(traced !== undefined && { traced }),
  };
}

/** The way a jump goes on this path, told by the insn that follows. */
function takenTo(node: Node, next: Node | undefined, does: LogInsn): boolean | undefined {
  const distance = does.kind === 'if' ? does.distance : undefined;
  if (distance === undefined || !next) return undefined;
  const target = node.event.slot + 1 + distance;
  return distance === 0 ? node.resumed : next.event.slot === target;
}

const NO_VALUES: ReadonlyMap<string, LogValue> = new Map();

/** Follows the events to the path that ends in the rejection. */
export function failingPath(events: readonly LogEvent[]): Path {
  const { last, first, messages, processed, traced } = walk(events);
  const nodes: Node[] = [];
  for (let node = last; node; node = node.parent) nodes.push(node);
  nodes.reverse();
  let frames: Map<string, LogValue>[] = [new Map<string, LogValue>([['R10', R10]])];
  let refs: readonly number[] = [];
  const apply = (state: LogState, whole: boolean): void => {
    while (frames.length <= state.frame) frames.push(new Map<string, LogValue>([['R10', R10]]));
    if (whole) frames[state.frame] = new Map();
    const frame = frames[state.frame]!;
    for (const [place, value] of state.values) frame.set(place, value);
    if (state.refs) refs = state.refs;
  };
  for (const state of first) apply(state, false);
  const steps: PathStep[] = [];
  let depth = 0;
  nodes.forEach((node, i) => {
    const { event } = node;
    const { does } = event;
    const taken = takenTo(node, nodes[i + 1], does);
    const isLast = i === nodes.length - 1;
    const learnt = new Map(node.states.flatMap((s) => [...s.values]));
    steps.push({
      slot: event.slot,
      text: event.text,
      does,
      depth,
      learnt: learnt.size > 0 ? learnt : NO_VALUES,
      ...(node.resumed && { whole: true as const }),
      ...(event.source && { source: event.source }),
      ...(taken !== undefined && { taken }),
    });
    // The insn that failed has not changed anything, unless the log says so (it was a jump that something follows).
    if (isLast && node.states.length === 0) return;
    if (does.kind === 'call') {
      depth++;
      frames = [...frames.slice(0, depth), enter(frames[depth - 1])];
    } else if (does.kind === 'exit' && depth > 0) {
      const value = frames[depth]?.get('R0');
      frames = frames.slice(0, depth);
      depth--;
      const caller = frames[depth]!;
      for (const r of ['R1', 'R2', 'R3', 'R4', 'R5']) caller.delete(r);
      if (value) caller.set('R0', value);
    } else if (!isLast) transfer(frames[depth]!, does);
    for (const state of node.states) apply(state, node.resumed && state.values.has('R10'));
  });
  return {
    steps,
    frames: frames.slice(0, depth + 1),
    messages,
    refs,
    ...(processed !== undefined && { processed }),
    ...(traced !== undefined && { traced }),
  };
}

/** A callee sees its arguments and a stack of its own. */
function enter(caller: ReadonlyMap<string, LogValue> | undefined): Map<string, LogValue> {
  const callee = new Map<string, LogValue>([['R10', R10]]);
  for (const r of ['R1', 'R2', 'R3', 'R4', 'R5']) {
    const value = caller?.get(r);
    if (value) callee.set(r, value);
  }
  return callee;
}
