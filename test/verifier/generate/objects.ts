/** Statements on objects with rules of their own: iterators, dynptrs, spin locks, loops that the kernel ends. */
import { argsFree, hold } from './calls.ts';
import type { Builder } from './model.ts';
import { NONE, SCALAR } from './model.ts';

type Body = (b: Builder) => void;
const at = (slot: number): string => `r10 - ${8 * (slot + 1)}`;
const point = (r: number, slot: number): string[] => [`r${r} = r10`, `r${r} += ${-8 * (slot + 1)}`];

/** Numbers lose their bounds and pointers are kept, so that the head can be reached again. */
function pinAll(b: Builder): void {
  for (let r = 0; r < 10; r++) {
    const k = b.kind(r);
    if (k.is === 'scalar') b.set(r, SCALAR);
    else if (k.is !== 'none') b.pin(r);
  }
}

export function mayGoto(b: Builder, statement: Body): void {
  const saved = b.pinned;
  const [head, end] = [b.label(), b.label()];
  pinAll(b);
  const before = b.snapshot();
  const tag = ` # ${head}`;
  b.place(head);
  b.emit(`may_goto ${end}${tag}`);
  b.depth++;
  for (let i = b.random.below(3); i >= 0; i--) statement(b);
  b.depth--;
  b.settle(before);
  b.emit(`goto ${head}${tag}`);
  b.place(end);
  b.pinned = saved;
}

export function iterate(b: Builder, statement: Body): void {
  if (!argsFree(b) || b.model.slots.some((s) => typeof s === 'object')) return;
  const slot = b.slot();
  const saved = b.pinned;
  const [head, end] = [b.label(), b.label()];
  b.emit(...point(1, slot), `r2 = ${b.random.below(3)}`);
  b.emit(`r3 = ${b.random.bool(0.8) ? b.random.below(100) : `r${b.scalar()}`}`, 'call bpf_iter_num_new');
  b.clobber();
  b.model.slots[slot] = { pointer: NONE };
  for (let r = 6; r < 10; r++) if (b.kind(r).is === 'scalar') b.set(r, SCALAR);
  for (let r = 6; r < 10; r++) if (!['none', 'scalar'].includes(b.kind(r).is)) b.pin(r);
  const before = b.snapshot();
  b.place(head);
  b.emit(...point(1, slot), 'call bpf_iter_num_next');
  b.clobber();
  if (!b.slip()) b.emit(`if r0 == 0 goto ${end}`);
  const dst = b.free(6);
  if (!b.isPinned(dst)) {
    b.emit(`r${dst} = *(u32 *)(r0 + 0)`);
    b.set(dst, SCALAR);
  }
  b.held++;
  b.depth++;
  for (let i = b.random.below(3); i >= 0; i--) statement(b);
  b.depth--;
  b.held--;
  b.settle(before);
  b.emit(`goto ${head}`);
  b.place(end);
  b.clobber();
  if (!b.slip()) b.emit(...point(1, slot), 'call bpf_iter_num_destroy');
  b.model.slots[slot] = 'none';
  b.pinned = saved;
}

/** Two slots of the stack in which a dynptr may be made. */
function pair(b: Builder): number | undefined {
  const i = b.random.below(b.model.slots.length - 1);
  return b.model.slots[i] === undefined ||
    typeof b.model.slots[i] === 'object' ||
    typeof b.model.slots[i + 1] === 'object'
    ? undefined
    : i + 1;
}

function useDynptr(b: Builder, slot: number, statement: Body): void {
  const free = b.model.slots.findIndex((s, i) => typeof s !== 'object' && i !== slot && i !== slot - 1);
  b.random.weighted<void>([
    [3, () => statement(b)],
    [
      3,
      () => {
        if (!argsFree(b) || free < 0) return;
        b.emit(...point(1, free), 'r2 = 8', ...point(3, slot), `r4 = ${b.random.below(9)}`, 'r5 = 0');
        b.emit('call bpf_dynptr_read');
        b.clobber();
        b.set(0, SCALAR);
        b.model.slots[free] = 'scalar';
      },
    ],
    [
      2,
      () => {
        if (!argsFree(b) || free < 0) return;
        b.emit(`*(u64 *)(${at(free)}) = 7`, ...point(1, slot), 'r2 = 0', ...point(3, free), 'r4 = 8', 'r5 = 0');
        b.emit('call bpf_dynptr_write');
        b.model.slots[free] = 'scalar';
        b.clobber();
        b.set(0, SCALAR);
        for (let r = 6; r < 10; r++) if (b.kind(r).is === 'packet') b.set(r, NONE);
      },
    ],
    [
      3,
      () => {
        if (!argsFree(b)) return;
        const size = b.random.pick([1, 4, 8, 16]);
        const skip = b.label();
        b.emit(...point(1, slot), `r2 = ${b.random.below(4)}`);
        if (b.random.bool(0.5) && free >= 0) {
          b.emit(...point(3, free), `r4 = ${Math.min(size, 8)}`, 'call bpf_dynptr_slice');
          b.model.slots[free] = 'none';
        } else b.emit(`r3 = ${size}`, 'call bpf_dynptr_data');
        b.clobber();
        if (!b.slip()) b.emit(`if r0 == 0 goto ${skip}`);
        b.emit(`r1 = *(u8 *)(r0 + ${b.random.below(Math.min(size, 8)) + (b.slip() ? 20 : 0)})`);
        b.place(skip);
      },
    ],
  ]);
}

export function dynptr(b: Builder, from: string | undefined, statement: Body): void {
  const slot = pair(b);
  if (!argsFree(b) || b.held > 0 || slot === undefined) return;
  const ctx = b.having('ctx').find((r) => r >= 6);
  const mem = b.having('mem').filter((r) => r >= 6);
  const how = b.random.pick(['ring', 'mem', 'ctx']);
  if (how === 'ring') {
    b.emit('r1 = ring ll', `r2 = ${b.random.pick([8, 16, 64])}`, 'r3 = 0', ...point(4, slot));
    b.emit('call bpf_ringbuf_reserve_dynptr');
  } else if (how === 'mem' && mem.length > 0) {
    b.emit(`r1 = r${b.random.pick(mem)}`, `r2 = ${b.random.pick([1, 8])}`, 'r3 = 0', ...point(4, slot));
    b.emit('call bpf_dynptr_from_mem');
  } else if (from && ctx !== undefined) b.emit(`r1 = r${ctx}`, 'r2 = 0', ...point(3, slot), `call ${from}`);
  else return;
  b.clobber();
  b.set(0, SCALAR);
  const { slots } = b.model;
  slots[slot] = slots[slot - 1] = { pointer: NONE };
  const ring = how === 'ring';
  if (ring) b.held++;
  b.depth++;
  for (let i = b.random.below(4); i > 0; i--) useDynptr(b, slot, statement);
  b.depth--;
  if (ring) {
    b.held--;
    if (!argsFree(b) || b.slip()) return;
    b.emit(...point(1, slot), 'r2 = 0', `call bpf_ringbuf_${b.random.pick(['submit', 'discard'])}_dynptr`);
    b.clobber();
  }
  b.model.slots[slot] = b.model.slots[slot - 1] = 'none';
}

/** A value is locked, changed, unlocked. */
export function spinLock(b: Builder, statement: Body): void {
  if (!argsFree(b) || b.held > 0) return;
  const keep = b.free(6);
  if (keep < 6 || b.isPinned(keep)) return;
  const slot = b.slot();
  b.model.slots[slot] = 'none';
  b.emit(
    `*(u32 *)(${at(slot)}) = ${b.random.below(2)}`,
    ...point(2, slot),
    'r1 = locks ll',
    'call bpf_map_lookup_elem',
  );
  if (!b.slip()) b.emit('if r0 == 0 goto out');
  b.emit(`r${keep} = r0`, 'r1 = r0');
  if (!b.slip()) b.emit('call bpf_spin_lock');
  b.clobber();
  b.set(keep, NONE);
  hold(b, keep, (x) => {
    const off = x.random.pick([4, 8, 16]) - (x.slip() ? 4 : 0);
    if (x.random.bool(0.5)) x.emit(`*(u32 *)(r${keep} + ${off}) = ${x.constant()}`);
    else if (x.slip()) statement(x);
    else {
      const dst = x.free();
      if (x.isPinned(dst)) return;
      x.emit(`r${dst} = *(u32 *)(r${keep} + ${off})`);
      x.set(dst, SCALAR);
    }
  });
  if (!b.slip()) b.emit(`r1 = r${keep}`, 'call bpf_spin_unlock');
  b.clobber();
  b.set(keep, NONE);
}
