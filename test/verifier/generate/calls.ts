/** Statements that call: helpers, maps, references. */

import type { Builder } from './model.ts';
import { NONE, SCALAR } from './model.ts';
import { bounded } from './scalars.ts';

/** Maps of every generated program. */
export const MAPS = `.struct lock_value { struct bpf_spin_lock lock; u32 x; u64 y; u64 z; }
.struct clock_value { struct bpf_timer timer; u64 x; }
.map locks, type=array, key=u32, value=struct lock_value, max_entries=2
.map clocks, type=array, key=u32, value=struct clock_value, max_entries=2
.map tab, type=hash, key=4, value=48, max_entries=16
.map arr, type=array, key=4, value=32, max_entries=8
.map one, type=array, key=4, value=8, max_entries=1
.map ring, type=ringbuf, max_entries=4096
.map jumps, type=prog_array, key=4, value=4, max_entries=4
`;
const VALUE: Readonly<Record<string, number>> = { tab: 48, arr: 32, one: 8 };

/** R1 to R5 must be free for arguments. */
export function argsFree(b: Builder): boolean {
  for (let r = 0; r <= 5; r++) if (b.isPinned(r)) return false;
  return true;
}

/** Lays a key of 4 bytes on the stack and points r2 to it. */
function key(b: Builder): void {
  const slot = b.slot();
  b.model.slots[slot] = 'none';
  const off = -8 * (slot + 1);
  const value = b.random.bool(0.5) ? String(b.random.below(10)) : `r${b.scalar()}`;
  if (!b.slip()) b.emit(`*(u32 *)(r10 - ${-off}) = ${value}`);
  b.emit('r2 = r10', `r2 += ${off}`);
}

export function lookup(b: Builder): void {
  if (!argsFree(b)) return;
  const map = b.random.pick(['tab', 'arr', 'one']);
  key(b);
  b.emit(`r1 = ${map} ll`, 'call bpf_map_lookup_elem');
  b.clobber();
  const free = b.free(6);
  const keep = b.random.bool(0.6) && !b.isPinned(free) ? free : 0;
  if (!b.slip()) {
    if (b.held > 0) return;
    if (keep > 0 && b.random.bool(0.5)) b.emit(`r${keep} = r0`, 'if r0 == 0 goto out');
    else {
      b.emit('if r0 == 0 goto out');
      if (keep > 0) b.emit(`r${keep} = r0`);
    }
  } else if (keep > 0) b.emit(`r${keep} = r0`);
  b.set(0, { is: 'mem', size: VALUE[map]! });
  b.set(keep, { is: 'mem', size: VALUE[map]! });
}

/** Helpers that take numbers only. */
const PLAIN = ['bpf_get_prandom_u32', 'bpf_ktime_get_ns', 'bpf_get_smp_processor_id', 'bpf_jiffies64'];

export function plainHelper(b: Builder): void {
  if (!argsFree(b)) return;
  b.emit(`call ${b.random.pick(PLAIN)}`);
  b.clobber();
  b.set(0, SCALAR);
}

export function update(b: Builder): void {
  if (!argsFree(b)) return;
  const { slots } = b.model;
  const map = b.random.pick(['tab', 'arr', 'one']);
  const size = VALUE[map]!;
  key(b);
  if (slots.some((s) => typeof s === 'object')) return;
  const first = -8 * slots.length;
  if (!b.slip()) for (let i = 0; i < size; i += 8) b.emit(`*(u64 *)(r10 - ${-(first + i)}) = ${b.random.below(5)}`);
  b.emit('r3 = r10', `r3 += ${first}`, `r1 = ${map} ll`, 'r4 = 0', 'call bpf_map_update_elem');
  b.clobber();
  for (let i = 0; i < slots.length; i++) slots[i] = 'none';
  b.set(0, SCALAR);
}

/** A helper that fills memory on the stack whose size is variable. */
export function sized(b: Builder): void {
  if (!argsFree(b)) return;
  const { slots } = b.model;
  if (slots.some((s) => typeof s === 'object')) return;
  const size = bounded(b, 31);
  b.emit(`r2 = r${size}`);
  if (!b.slip()) b.emit('r2 += 1');
  b.emit('r1 = r10', `r1 += ${-8 * slots.length}`, `r3 = ${b.random.below(64)}`);
  if (b.random.bool(0.7)) for (let i = 0; i < 4; i++) b.emit(`*(u64 *)(r10 - ${8 * (slots.length - i)}) = 0`);
  b.emit('call bpf_probe_read_kernel');
  b.clobber();
  for (let i = 0; i < slots.length; i++) slots[i] = 'none';
  b.set(0, SCALAR);
}

/** A sample is reserved, written and handed back. */
export function ringbuf(b: Builder, statement: (b: Builder) => void): void {
  if (!argsFree(b) || b.held > 0) return;
  const size = b.random.pick([8, 16, 24]);
  b.emit('r1 = ring ll', `r2 = ${size}`, 'r3 = 0', 'call bpf_ringbuf_reserve');
  b.clobber();
  const keep = b.free(6);
  if (b.isPinned(keep) || keep < 6) return;
  b.emit('if r0 == 0 goto out', `r${keep} = r0`);
  b.set(0, { is: 'mem', size });
  b.set(keep, { is: 'mem', size });
  hold(b, keep, statement);
  if (!b.slip()) {
    b.emit(`r1 = r${keep}`, `r2 = ${b.random.below(2)}`, `call bpf_ringbuf_${b.random.pick(['submit', 'discard'])}`);
    b.clobber();
  }
  if (!b.slip()) b.set(keep, NONE);
}

/** Statements while a reference is held. */
export function hold(b: Builder, keep: number, statement: (b: Builder) => void): void {
  const saved = b.pinned;
  b.pin(keep);
  b.held++;
  b.depth++;
  for (let i = b.random.below(4); i > 0; i--) statement(b);
  b.depth--;
  b.held--;
  b.pinned = saved;
}

const SOCK_FIELDS = [0, 4, 8, 12, 16, 20, 24, 28, 44, 72, 76];

export function socket(b: Builder, statement: (b: Builder) => void): void {
  const ctx = b.having('ctx').find((r) => r >= 6);
  if (!argsFree(b) || b.held > 0 || ctx === undefined) return;
  const { slots } = b.model;
  if (typeof slots[0] === 'object' || typeof slots[1] === 'object') return;
  b.emit(
    '*(u64 *)(r10 - 8) = 0',
    '*(u32 *)(r10 - 12) = 0',
    'r2 = r10',
    'r2 += -12',
    `r1 = r${ctx}`,
    'r3 = 12',
    'r4 = 0',
    'r5 = 0',
  );
  slots[0] = 'scalar';
  slots[1] = 'none';
  b.emit(`call ${b.random.pick(['bpf_sk_lookup_tcp', 'bpf_sk_lookup_udp', 'bpf_skc_lookup_tcp'])}`);
  b.clobber();
  const keep = b.free(6);
  if (b.isPinned(keep) || keep < 6 || keep === ctx) return;
  if (b.slip()) b.emit(`r${keep} = r0`);
  else b.emit('if r0 == 0 goto out', `r${keep} = r0`);
  b.set(0, { is: 'sock' });
  b.set(keep, { is: 'sock' });
  hold(b, keep, (x) => {
    if (x.random.bool(0.4)) {
      const dst = x.free();
      if (x.isPinned(dst)) return;
      x.emit(`r${dst} = *(u32 *)(r${keep} + ${x.random.pick(SOCK_FIELDS)})`);
      x.set(dst, SCALAR);
    } else statement(x);
  });
  if (!b.slip()) {
    b.emit(`r1 = r${keep}`, 'call bpf_sk_release');
    b.clobber();
  }
  b.set(0, SCALAR);
  b.set(keep, NONE);
  if (b.kind(0).is === 'scalar') b.emit('r0 = 0');
}

export function tailCall(b: Builder): void {
  const ctx = b.having('ctx').find((r) => r >= 6);
  if (!argsFree(b) || ctx === undefined || (b.held > 0 && !b.slip())) return;
  const index = b.random.bool(0.5) ? String(b.random.below(6)) : `r${b.scalar()}`;
  b.emit(`r3 = ${index}`, `r1 = r${ctx}`, 'r2 = jumps ll', 'call bpf_tail_call');
  b.clobber();
  b.set(0, SCALAR);
}
