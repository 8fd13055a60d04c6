/** Statements on the stack, map values, ring buffers and packets. */

import type { Builder, Kind, SlotKind } from './model.ts';
import { NONE, SCALAR } from './model.ts';
import { bounded } from './scalars.ts';

const SIZES = [1, 2, 4, 8];
const TYPE: Readonly<Record<number, string>> = { 1: 'u8', 2: 'u16', 4: 'u32', 8: 'u64' };

const at = (base: string, off: number): string => `(${base} ${off < 0 ? '-' : '+'} ${Math.abs(off)})`;

function loadText(b: Builder, dst: number, base: string, off: number, size: number): string {
  const signed = size < 8 && b.random.bool(0.15);
  return `r${dst} = *(${signed ? `s${size * 8}` : TYPE[size]} *)${at(base, off)}`;
}

const offOf = (slot: number): number => -8 * (slot + 1);

function slotsWith(b: Builder, ok: (s: SlotKind) => boolean): number[] {
  return b.model.slots.flatMap((s, i) => (ok(s) ? [i] : []));
}

export function spill(b: Builder): void {
  const { random } = b;
  const slot = b.slot();
  const off = offOf(slot);
  const pointers = [...Array(10).keys()].filter((r) => !['none', 'scalar'].includes(b.kind(r).is));
  if (pointers.length > 0 && random.bool(0.2) && b.depth === 0) {
    const r = random.pick(pointers);
    b.emit(`*(u64 *)${at('r10', off)} = r${r}`);
    b.model.slots[slot] = { pointer: b.kind(r) };
    return;
  }
  const size = random.pick([8, 8, 8, 4, 4, 2, 1]);
  const within = random.bool(0.7) ? 0 : size * random.below(8 / size);
  const was = b.model.slots[slot]!;
  if (typeof was === 'object' && size < 8) return;
  const value = random.bool(0.65) ? `r${b.scalar()}` : String(random.bool(0.4) ? 0 : b.constant());
  b.emit(`*(${TYPE[size]} *)${at('r10', off + within)} = ${value}`);
  if (size === 8) b.model.slots[slot] = 'scalar';
}

export function fill(b: Builder): void {
  const { random } = b;
  const wild = b.slip();
  const from = slotsWith(b, (s) => wild || s !== 'none');
  if (from.length === 0) {
    spill(b);
    return;
  }
  const slot = random.pick(from);
  const dst = b.free();
  if (b.isPinned(dst)) return;
  const was = b.model.slots[slot]!;
  if (typeof was === 'object') {
    b.emit(`r${dst} = *(u64 *)${at('r10', offOf(slot))}`);
    b.set(dst, was.pointer);
    return;
  }
  const size = random.pick(SIZES);
  const within = random.bool(0.7) ? 0 : size * random.below(8 / size);
  b.emit(loadText(b, dst, 'r10', offOf(slot) + within, size));
  b.set(dst, SCALAR);
}

/** A store or load at an offset that is only known to be within bounds. */
export function stackVariable(b: Builder): void {
  const { random } = b;
  const size = random.pick([1, 1, 2, 4, 8]);
  const slots = b.model.slots;
  if (slots.some((s) => typeof s === 'object')) return;
  const reads = random.bool(0.5);
  if (reads && !b.slip()) {
    for (const [i, s] of slots.entries()) {
      if (s !== 'none') continue;
      b.emit(`*(u64 *)${at('r10', offOf(i))} = ${random.below(3)}`);
      slots[i] = 'scalar';
    }
  }
  const index = bounded(b, size === 1 ? 31 : 3);
  b.pin(index);
  const p = b.free();
  b.unpin(index);
  if (p === index || b.isPinned(p) || b.isPinned(index)) return;
  if (size > 1) b.emit(`r${index} *= ${size}`);
  b.emit(`r${p} = r10`, `r${p} += ${-8 * slots.length}`, `r${p} += r${index}`);
  b.set(index, SCALAR);
  if (reads) {
    b.emit(loadText(b, p, `r${p}`, 0, size));
    b.set(p, SCALAR);
    return;
  }
  b.set(p, NONE);
  b.emit(`*(${TYPE[size]} *)${at(`r${p}`, 0)} = ${random.bool(0.5) ? 0 : `r${b.scalar()}`}`);
}

/** A load or store through memory of known size, now and then at a variable offset. */
export function memAccess(b: Builder): void {
  const { random } = b;
  const have = b.having('mem');
  if (have.length === 0) return;
  const base = random.pick(have);
  const { size: room } = b.kind(base) as Extract<Kind, { is: 'mem' }>;
  const size = random.pick(SIZES.filter((s) => s <= room));
  let reg = base;
  let left = room - size;
  if (random.bool(0.35) && left > 0) {
    const max = 2 ** Math.floor(Math.log2(left + 1)) - 1;
    const wasPinned = b.isPinned(base);
    b.pin(base);
    const index = bounded(b, max);
    b.pin(index);
    reg = b.free();
    b.unpin(index);
    if (!wasPinned) b.unpin(base);
    if (reg === index || reg === base || b.isPinned(reg)) return;
    b.emit(`r${reg} = r${base}`, `r${reg} += r${index}`);
    left -= max;
    b.set(reg, NONE);
  }
  const off = left > 0 ? random.below(left + 1) : 0;
  const wild = b.slip() ? room : 0;
  emitAccess(b, reg, off + wild, size);
}

function emitAccess(b: Builder, reg: number, off: number, size: number): void {
  const { random } = b;
  if (random.bool(0.55)) {
    const dst = b.free();
    if (b.isPinned(dst)) return;
    b.emit(loadText(b, dst, `r${reg}`, off, size));
    b.set(dst, SCALAR);
  } else b.emit(`*(${TYPE[size]} *)${at(`r${reg}`, off)} = ${random.bool(0.6) ? `r${b.scalar()}` : b.constant()}`);
}

export function atomic(b: Builder): void {
  const { random } = b;
  const size = random.pick([4, 8]);
  const mem = b.having('mem').filter((r) => (b.kind(r) as Extract<Kind, { is: 'mem' }>).size >= 8);
  let base = 'r10';
  let off = 0;
  if (mem.length > 0 && random.bool(0.5)) base = `r${random.pick(mem)}`;
  else {
    const slots = slotsWith(b, (s) => s === 'scalar');
    if (slots.length === 0) return;
    off = offOf(random.pick(slots));
  }
  const src = b.scalar(true);
  if (b.isPinned(src)) return;
  const place = at(base, off);
  const inner = place.slice(1, -1);
  const op = random.pick(['+=', '|=', '&=', '^=']);
  const name = { '+=': 'add', '|=': 'or', '&=': 'and', '^=': 'xor' }[op];
  const [t, w] = size === 8 ? ['u64', 'r'] : ['u32', 'w'];
  if (b.kind(0).is !== 'scalar' && !b.isPinned(0)) {
    b.emit(`r0 = ${b.constant()}`);
    b.set(0, SCALAR);
  }
  b.emit(
    random.weighted<string>([
      [3, () => `lock *(${t} *)${place} ${op} ${w}${src}`],
      [3, () => `${w}${src} = atomic_fetch_${name}((${t} *)${place}, ${w}${src})`],
      [2, () => (size === 8 ? `r${src} = xchg_64(${inner}, r${src})` : `w${src} = xchg32_32(${inner}, w${src})`)],
      [
        b.kind(0).is === 'scalar' ? 2 : 0,
        () => (size === 8 ? `r0 = cmpxchg_64(${inner}, r0, r${src})` : `w0 = cmpxchg32_32(${inner}, w0, w${src})`),
      ],
    ]),
  );
  b.set(src, SCALAR);
}

/** Begins to look into the packet: pointers, a check, accesses. `fields` are the context's two members. */
export function packet(b: Builder, [data, end, wide]: readonly [number, number, ('u32' | 'u64')?]): void {
  const { random } = b;
  const ctx = b.having('ctx')[0];
  if (ctx === undefined || b.held > 0) return;
  const saved = b.pinned;
  const take = (): number => {
    const r = b.free();
    b.pin(r);
    return r;
  };
  b.pin(ctx);
  const [p, e, t] = [take(), take(), take()];
  if (new Set([p, e, t, ctx]).size < 4) {
    b.pinned = saved;
    return;
  }
  const t32 = wide ?? 'u32';
  b.emit(`r${p} = *(${t32} *)(r${ctx} + ${data})`, `r${e} = *(${t32} *)(r${ctx} + ${end})`);
  b.set(p, { is: 'packet', range: 0 });
  b.set(e, { is: 'packet_end' });
  b.set(t, NONE);
  const range = random.pick([1, 4, 8, 14, 20, 34, 54]);
  if (random.bool(0.25)) {
    const index = bounded(b, random.pick([7, 15, 63, 255]));
    b.emit(`r${p} += r${index}`);
  }
  if (!b.slip()) {
    b.emit(`r${t} = r${p}`, `r${t} += ${range}`);
    b.emit(
      random.pick([
        `if r${t} > r${e} goto out`,
        `if r${e} < r${t} goto out`,
        `if r${t} >= r${e} goto out`,
        `if r${e} <= r${t} goto out`,
      ]),
    );
  }
  b.pinned = saved;
  b.set(p, { is: 'packet', range });
  for (let i = random.below(3); i >= 0; i--) packetAccess(b);
}

export function packetAccess(b: Builder): void {
  const { random } = b;
  const have = b.having('packet').filter((r) => (b.kind(r) as Extract<Kind, { is: 'packet' }>).range > 0);
  if (have.length === 0) return;
  const p = random.pick(have);
  const { range } = b.kind(p) as Extract<Kind, { is: 'packet' }>;
  const size = random.pick(SIZES.filter((s) => s <= range));
  emitAccess(b, p, random.below(range - size + 1) + (b.slip() ? range : 0), size);
}
