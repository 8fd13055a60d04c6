/** Statements that need other functions: subprograms, global ones, callbacks. */

import { argsFree } from './calls.ts';
import type { Builder, Kind } from './model.ts';
import { NONE, SCALAR } from './model.ts';

type Body = (b: Builder) => void;

interface Shape {
  readonly name: string;
  /** R1 … as the function gets them. */
  readonly args: readonly Kind[];
  /** For `.func`. */
  readonly params: readonly string[];
  readonly linkage: 'static' | 'global';
  /** A callback's result: below this; undefined for any number. */
  readonly returns?: number;
}

/** Writes a function behind the program, from a model of its own. */
function define(b: Builder, shape: Shape, body: Body): void {
  const { lines, model, pinned, held, depth } = b;
  const saved = lines.splice(0);
  b.nesting++;
  b.model = {
    regs: Array.from({ length: 10 }, (_, r) => shape.args[r - 1] ?? NONE),
    slots: model.slots.map(() => 'none' as const),
  };
  b.pinned = 0;
  b.held = 0;
  b.depth = Math.max(depth, 1);
  const ctx = b.having('ctx')[0];
  if (ctx !== undefined) {
    b.emit(`r6 = r${ctx}`);
    b.set(6, { is: 'ctx' });
    b.pin(6);
  }
  body(b);
  const result = shape.returns === undefined ? `r${b.scalar()}` : String(b.slip() ? 2 : b.random.below(shape.returns));
  b.emit(`r0 = ${result}`, 'exit');
  if (b.lines.some((line) => line.includes('goto out'))) {
    b.place('out');
    b.emit(`r0 = ${b.random.below(shape.returns ?? 4)}`, 'exit');
  }
  const params = shape.params
    .map((p, i) => p.replace(/^(.*?\*?)( __\w+)?$/, (_, type: string, tag = '') => `${type} a${i}${tag}`))
    .join(', ');
  const head = b.typed ? `.func ${shape.name}(${params}) -> int ${shape.linkage}` : `${shape.name}:`;
  b.tail.push(head, ...b.lines.splice(0));
  b.nesting--;
  b.lines.push(...saved);
  b.model = model;
  b.pinned = pinned;
  b.held = held;
  b.depth = depth;
}

const SCALARS = ['u64', 'int', 'u32', 'long', 'u8'];

/** Calls a subprogram that is generated for the call. */
export function call(b: Builder, body: Body): void {
  if (!argsFree(b) || b.nesting > 1 || b.tail.length > 150) return;
  const global = b.typed && b.random.bool(0.4);
  const count = 1 + b.random.below(3);
  const args: Kind[] = [];
  const params: string[] = [];
  for (let r = 1; r <= count; r++) {
    const ctx = b.having('ctx').find((c) => c >= 6);
    if (ctx !== undefined && r === 1 && b.random.bool(0.4)) {
      b.emit(`r1 = r${ctx}`);
      b.set(1, { is: 'ctx' });
      args.push({ is: 'ctx' });
      const tagged = global && b.random.bool(0.3);
      params.push(tagged ? 'void * __arg_ctx' : `struct ${b.struct} *`);
      continue;
    }
    const mem = b.having('mem').filter((m) => m >= 6 && (b.kind(m) as Extract<Kind, { is: 'mem' }>).size >= 8);
    if (mem.length > 0 && b.random.bool(0.3)) {
      const from = b.random.pick(mem);
      b.emit(`r${r} = r${from}`);
      b.set(r, b.kind(from));
      const tagged = global && b.random.bool(0.4);
      args.push(!global ? b.kind(from) : tagged ? { is: 'mem', size: 8 } : { is: 'mem', size: 8, maybeNull: true });
      params.push(tagged ? 'u64 * __arg_nonnull' : 'u64 *');
      continue;
    }
    const have = b.having('scalar').filter((s) => s === 0 || s > r);
    b.emit(have.length > 0 && b.random.bool(0.7) ? `r${r} = r${b.random.pick(have)}` : `r${r} = ${b.constant()}`);
    b.set(r, SCALAR);
    args.push(SCALAR);
    params.push(b.random.pick(SCALARS));
  }
  const name = `sub_${b.label()}`;
  b.emit(`call ${name}`);
  b.clobber();
  b.set(0, SCALAR);
  define(b, { name, args, params, linkage: global ? 'global' : 'static' }, (x) => {
    for (const [i, arg] of args.entries()) {
      if (arg.is !== 'mem' || !arg.maybeNull) continue;
      if (!x.slip()) x.emit(`if r${i + 1} == 0 goto out`);
      x.set(i + 1, { is: 'mem', size: 8 });
    }
    body(x);
  });
}

/** Points a register to stack that a callback may use; undefined when pointers are kept there. */
function context(b: Builder, r: number): number {
  const free = b.model.slots.findIndex((s) => typeof s === 'object');
  const slots = Math.min(free < 0 ? b.model.slots.length : free, 1 + b.random.below(3));
  if (slots === 0 || b.random.bool(0.2)) {
    b.emit(`r${r} = 0`);
    return 0;
  }
  for (let i = 0; i < slots; i++) {
    b.emit(`*(u64 *)(r10 - ${8 * (i + 1)}) = ${b.constant()}`);
    b.model.slots[i] = 'scalar';
  }
  b.emit(`r${r} = r10`, `r${r} += ${-8 * slots}`);
  return 8 * slots;
}

const memory = (size: number): Kind => (size > 0 ? { is: 'mem', size } : NONE);

export function bpfLoop(b: Builder, body: Body): void {
  if (!argsFree(b) || !b.typed || b.nesting > 1 || b.tail.length > 150) return;
  const name = `cb_${b.label()}`;
  const times = b.random.bool(0.7) ? String(b.random.below(6)) : `r${b.scalar()}`;
  b.emit(`r1 = ${times}`, `r2 = ${name} ll`);
  b.set(1, NONE);
  b.set(2, NONE);
  const size = context(b, 3);
  b.emit(`r4 = ${b.slip() ? 1 : 0}`, 'call bpf_loop');
  b.clobber();
  b.set(0, SCALAR);
  define(b, { name, args: [SCALAR, memory(size)], params: ['u32', 'void *'], linkage: 'static', returns: 2 }, body);
}

export function forEach(b: Builder, body: Body): void {
  if (!argsFree(b) || !b.typed || b.nesting > 1 || b.tail.length > 150) return;
  const name = `cb_${b.label()}`;
  const [map, size] = b.random.pick([
    ['tab', 48],
    ['arr', 32],
  ] as const);
  b.emit(`r1 = ${map} ll`, `r2 = ${name} ll`);
  b.set(1, NONE);
  b.set(2, NONE);
  const room = context(b, 3);
  b.emit('r4 = 0', 'call bpf_for_each_map_elem');
  b.clobber();
  b.set(0, SCALAR);
  const args: Kind[] = [NONE, { is: 'mem', size: 4 }, { is: 'mem', size }, memory(room)];
  define(b, { name, args, params: ['void *', 'void *', 'void *', 'void *'], linkage: 'static', returns: 2 }, body);
}

/** Sets a timer in a map value up; its callback runs later. */
export function timer(b: Builder, body: Body): void {
  if (!argsFree(b) || !b.typed || b.nesting > 0 || b.held > 0 || b.tail.length > 150) return;
  const keep = b.free(6);
  if (keep < 6 || b.isPinned(keep)) return;
  const slot = b.slot();
  b.model.slots[slot] = 'none';
  b.emit(`*(u32 *)(r10 - ${8 * (slot + 1)}) = 0`, 'r2 = r10', `r2 += ${-8 * (slot + 1)}`, 'r1 = clocks ll');
  b.emit('call bpf_map_lookup_elem');
  if (!b.slip()) b.emit('if r0 == 0 goto out');
  const name = `cb_${b.label()}`;
  b.emit(`r${keep} = r0`);
  if (b.random.bool(0.7)) b.emit('r1 = r0', 'r2 = clocks ll', 'r3 = 1', 'call bpf_timer_init');
  b.emit(`r1 = r${keep}`, `r2 = ${name} ll`, 'call bpf_timer_set_callback');
  if (b.random.bool(0.7)) b.emit(`r1 = r${keep}`, 'r2 = 1000', 'r3 = 0', 'call bpf_timer_start');
  if (b.slip()) b.emit(`r1 = *(u64 *)(r${keep} + 8)`);
  b.clobber();
  b.set(0, NONE);
  b.set(keep, NONE);
  define(
    b,
    {
      name,
      args: [NONE, { is: 'mem', size: 4 }],
      params: ['void *', 'void *', 'void *'],
      linkage: 'static',
      returns: 1,
    },
    body,
  );
}
