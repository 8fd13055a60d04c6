/** Structured random programs: the same seed gives the same program, most are accepted, some have a mistake. */
import { assemble } from '../../../src/asm/assemble.ts';
import { toRequest } from '../../../src/asm/request.ts';
import type { LoadRequest } from '../../../src/spec/request.ts';
import { call, lookup, MAPS, plainHelper, ringbuf, sized, socket, tailCall, update } from './calls.ts';
import { atomic, fill, memAccess, packet, packetAccess, spill, stackVariable } from './memory.ts';
import { Builder, SCALAR } from './model.ts';
import { alu, block, early, loop, unary } from './scalars.ts';

/** A program as lines of assembly, so that it can be shrunk by leaving lines out. */
export interface Generated {
  readonly name: string;
  readonly section: string;
  readonly flags: readonly 'test_state_freq'[];
  readonly lines: readonly string[];
}

interface Target {
  readonly section: string;
  /** Numbers in the context: offset and size. */
  readonly ctx: readonly (readonly [number, number])[];
  readonly packet?: readonly [number, number];
  readonly socket?: true;
  readonly ldAbs?: true;
  /** What R0 must be at the end: below this. */
  readonly returns: number;
}

const SKB = [0, 4, 8, 40, 48, 52].map((off) => [off, 4] as const);
const TARGETS: readonly Target[] = [
  {
    section: 'xdp',
    ctx: [
      [12, 4],
      [16, 4],
    ],
    packet: [0, 4],
    socket: true,
    returns: 5,
  },
  { section: 'tc', ctx: SKB, packet: [76, 80], socket: true, ldAbs: true, returns: 3 },
  { section: 'socket', ctx: SKB.slice(0, 2), ldAbs: true, returns: 3 },
  { section: 'cgroup_skb/ingress', ctx: SKB.slice(0, 2), packet: [76, 80], socket: true, returns: 2 },
  {
    section: 'kprobe',
    ctx: [
      [0, 8],
      [8, 8],
      [112, 8],
    ],
    returns: 2,
  },
  {
    section: 'tracepoint',
    ctx: [
      [8, 8],
      [16, 4],
    ],
    returns: 2,
  },
  {
    section: 'perf_event',
    ctx: [
      [0, 8],
      [168, 8],
    ],
    returns: 2,
  },
  {
    section: 'cgroup/connect4',
    ctx: [
      [0, 4],
      [4, 4],
      [24, 4],
    ],
    socket: true,
    returns: 2,
  },
];

function loadCtx(b: Builder, target: Target): void {
  const ctx = b.having('ctx')[0];
  const dst = b.free();
  if (ctx === undefined || b.isPinned(dst) || dst === ctx) return;
  const [off, size] = b.random.pick(target.ctx);
  b.emit(`r${dst} = *(${size === 8 ? 'u64' : 'u32'} *)(r${ctx} + ${off})`);
  b.set(dst, SCALAR);
}

function ldAbs(b: Builder): void {
  for (let r = 0; r <= 5; r++) if (b.isPinned(r)) return;
  if (b.kind(6).is !== 'ctx' || (b.held > 0 && !b.slip()) || b.subprog) return;
  const t = b.random.pick(['u8', 'u16', 'u32']);
  b.emit(b.random.bool(0.5) ? `r0 = *(${t} *)skb[${b.random.below(40)}]` : `r0 = *(${t} *)skb[r${b.scalar()}]`);
  b.clobber();
  b.set(0, SCALAR);
}

function statement(target: Target): (b: Builder) => void {
  const one = (b: Builder): void => {
    const shallow = b.depth < 3 ? 1 : 0;
    const main = b.subprog ? 0 : 1;
    const choices: (readonly [number, () => void])[] = [
      [14, () => alu(b)],
      [8, () => unary(b)],
      [4, () => early(b)],
      [5, () => spill(b)],
      [6, () => fill(b)],
      [2, () => stackVariable(b)],
      [4, () => memAccess(b)],
      [2, () => atomic(b)],
      [2, () => plainHelper(b)],
      [3 * main, () => lookup(b)],
      [main, () => update(b)],
      [1, () => sized(b)],
      [3 * main, () => loadCtx(b, target)],
      [5 * shallow, () => block(b, one)],
      [2 * shallow, () => loop(b, one)],
      [shallow * main, () => ringbuf(b, one)],
      [target.socket ? shallow * main : 0, () => socket(b, one)],
      [main, () => tailCall(b)],
      [target.packet ? 2 * main : 0, () => packet(b, target.packet!)],
      [target.packet ? 3 * main : 0, () => packetAccess(b)],
      [target.ldAbs ? main : 0, () => ldAbs(b)],
      [2 * main, () => call(b, (x) => subprogram(x, one))],
    ];
    b.random.weighted(choices);
  };
  return one;
}

function subprogram(b: Builder, one: (b: Builder) => void): void {
  for (let i = 2 + b.random.below(5); i > 0; i--) one(b);
  if (b.kind(0).is !== 'scalar' || b.random.bool(0.3)) b.emit(`r0 = r${b.scalar()}`);
  b.emit('exit');
}

/** The program of a seed. */
export function generate(seed: number, only?: string): Generated {
  const pre = new Builder(seed, 0);
  const target = pre.random.pick(TARGETS.filter((t) => only === undefined || t.section === only));
  const b = new Builder(pre.random.next(), pre.random.pick([0, 0, 0.03, 0.06, 0.12]));
  b.emit('r6 = r1');
  b.set(1, { is: 'ctx' });
  b.set(6, { is: 'ctx' });
  if (pre.random.bool(0.8)) b.pin(6);
  const one = statement(target);
  const size = pre.random.weighted<number>([
    [3, () => 6],
    [4, () => 14],
    [2, () => 30],
  ]);
  for (let i = size; i > 0; i--) one(b);
  b.place('out');
  b.emit(`r0 = ${b.slip() ? target.returns + 1 : b.random.below(target.returns)}`, 'exit');
  return {
    name: `seed ${seed}`,
    section: target.section,
    flags: pre.random.bool(0.15) ? ['test_state_freq'] : [],
    lines: [...b.lines, ...b.tail],
  };
}

/** The load request; undefined when the lines do not assemble (which happens to shrunk ones). */
export function requestOf(program: Generated): LoadRequest | undefined {
  const text = `.section license\n.asciz "GPL"\n${MAPS}.section ${program.section}\nmain:\n${program.lines.join('\n')}\n`;
  const { object } = assemble(text, { file: program.name });
  const request = object && toRequest(object, { name: program.name });
  if (!request?.ok) return undefined;
  const { btf: _b, func_info: _f, line_info: _l, ...plain } = request.value;
  return { ...plain, name: program.name, ...(program.flags.length > 0 && { prog_flags: program.flags }) };
}
