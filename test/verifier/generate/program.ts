/** Structured random programs: the same seed gives the same program, most are accepted, some have a mistake. */
import { assemble } from '../../../src/asm/assemble.ts';
import { toRequest } from '../../../src/asm/request.ts';
import { KFUNCS } from '../../../src/spec/kfuncs/index.ts';
import type { LoadRequest } from '../../../src/spec/request.ts';
import { lookup, MAPS, plainHelper, ringbuf, sized, socket, tailCall, update } from './calls.ts';
import { bpfLoop, call, forEach, timer } from './functions.ts';
import { atomic, fill, memAccess, packet, packetAccess, spill, stackVariable } from './memory.ts';
import { Builder, SCALAR } from './model.ts';
import { mutated } from './mutate.ts';
import { dynptr, iterate, mayGoto, spinLock } from './objects.ts';
import { alu, block, early, linked, loop, unary } from './scalars.ts';
import { TARGETS, type Target } from './targets.ts';

/** A program as lines of assembly, so that it can be shrunk by leaving lines out. */
export interface Generated {
  readonly name: string;
  readonly section: string;
  readonly flags: readonly 'test_state_freq'[];
  /** BTF, functions and lines go with it; `lines` without the lines. */
  readonly typed: false | 'functions' | 'lines';
  readonly lines: readonly string[];
}

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
  if (b.kind(6).is !== 'ctx' || (b.held > 0 && !b.slip())) return;
  if (b.nesting > 0 && !b.typed) return;
  const t = b.random.pick(['u8', 'u16', 'u32']);
  b.emit(b.random.bool(0.5) ? `r0 = *(${t} *)skb[${b.random.below(40)}]` : `r0 = *(${t} *)skb[r${b.scalar()}]`);
  b.clobber();
  b.set(0, SCALAR);
}

type Body = (b: Builder) => void;

function statement(target: Target, plain: boolean): Body {
  const one: Body = (b) => {
    const shallow = b.depth < 3 ? 1 : 0;
    const more = plain ? 0 : 1;
    const typed = b.typed ? 1 : 0;
    const choices: (readonly [number, () => void])[] = [
      [14, () => alu(b)],
      [8, () => unary(b)],
      [4, () => early(b)],
      [3, () => linked(b)],
      [5, () => spill(b)],
      [6, () => fill(b)],
      [2, () => stackVariable(b)],
      [5, () => memAccess(b)],
      [2, () => atomic(b)],
      [2, () => plainHelper(b)],
      [3, () => lookup(b)],
      [1, () => update(b)],
      [1, () => sized(b)],
      [3, () => loadCtx(b, target)],
      [5 * shallow, () => block(b, one)],
      [2 * shallow, () => loop(b, one)],
      [shallow * more, () => mayGoto(b, one)],
      [shallow * more, () => iterate(b, one)],
      [shallow * more, () => dynptr(b, target.dynptr, one)],
      [target.locks ? shallow * more : 0, () => spinLock(b, one)],
      [shallow, () => ringbuf(b, one)],
      [target.socket ? shallow : 0, () => socket(b, one)],
      [b.nesting > 0 && !b.typed ? 0 : 1, () => tailCall(b)],
      [target.packet ? 2 : 0, () => packet(b, target.packet!)],
      [target.packet ? 3 : 0, () => packetAccess(b)],
      [target.ldAbs ? 1 : 0, () => ldAbs(b)],
      [2, () => call(b, some(one))],
      [2 * typed, () => bpfLoop(b, some(one))],
      [typed, () => forEach(b, some(one))],
      [target.locks ? typed : 0, () => timer(b, some(one))],
    ];
    b.random.weighted(choices);
  };
  return one;
}

/** A function's body. */
const some =
  (one: Body): Body =>
  (b) => {
    for (let i = 1 + b.random.below(6); i > 0; i--) one(b);
  };

/** The program of a seed; `plain` ones have nothing that only verifiers care about, and no changed lines. */
export function generate(seed: number, only?: string, plain = false): Generated {
  const pre = new Builder(seed, 0);
  const target = pre.random.pick(TARGETS.filter((t) => only === undefined || t.section === only));
  const b = new Builder(pre.random.next(), pre.random.pick([0, 0, 0.02, 0.05, 0.1]));
  b.typed = !plain && pre.random.bool(0.6);
  b.struct = target.struct;
  b.emit('r6 = r1');
  b.set(1, { is: 'ctx' });
  b.set(6, { is: 'ctx' });
  if (pre.random.bool(0.8)) b.pin(6);
  const one = statement(target, plain);
  const size = pre.random.weighted<number>([
    [3, () => 6],
    [4, () => 14],
    [2, () => 30],
  ]);
  for (let i = size; i > 0; i--) one(b);
  b.place('out');
  b.emit(`r0 = ${b.slip() ? target.returns + 1 : b.random.below(target.returns)}`, 'exit');
  const context = target.struct === 'void' ? 'void' : `struct ${target.struct}`;
  const head = b.typed ? `.func main(${context} *ctx) -> int` : 'main:';
  const others = b.typed && b.tail.length > 0 ? ['.section ".text"'] : [];
  const changes = plain || pre.random.bool(0.55) ? 0 : 1 + pre.random.below(2);
  return {
    name: `seed ${seed}`,
    section: target.section,
    flags: pre.random.bool(0.15) ? ['test_state_freq'] : [],
    typed: b.typed && (pre.random.bool(0.5) ? 'lines' : 'functions'),
    lines: mutated([head, ...b.lines, ...others, ...b.tail], changes, pre.random),
  };
}

/** The load request; undefined when the lines do not assemble (which happens to shrunk and changed ones). */
export function requestOf(program: Generated): LoadRequest | undefined {
  const code = program.lines.join('\n');
  const called = new Set([...code.matchAll(/call (\w+)/g)].map((m) => m[1]!));
  const externs = [...called].filter((f) => Object.hasOwn(KFUNCS, f)).map((f) => `.extern ${f}\n`);
  const text = `.section license\n.asciz "GPL"\n${MAPS}${externs.join('')}.section ${program.section}\n${code}\n`;
  const { object } = assemble(text, { file: program.name });
  const request = object && toRequest(object, { name: program.name });
  if (!request?.ok) return undefined;
  const { btf, func_info, func_info_rec_size, line_info, line_info_rec_size, ...plain } = request.value;
  return {
    ...plain,
    ...(program.typed && { btf, func_info, func_info_rec_size }),
    ...(program.typed === 'lines' && { line_info, line_info_rec_size }),
    name: program.name,
    ...(program.flags.length > 0 && { prog_flags: program.flags }),
  };
}
