/** Operations of random programs on maps: each leaves its result in a slot of the result map. */
import { insn } from '../program.ts';
import {
  addImm,
  address,
  CTX,
  call,
  type Item,
  KEY_AT,
  ldMap,
  ldValue,
  long,
  mov,
  movReg,
  RES,
  RUN,
  SLOT,
  storeBytes,
  storeData,
  storeR0,
  TEMP,
  unlessZero,
  VALUE_AT,
} from './code.ts';
import { keyHex, pick, type Rng, type Target, updateFlags, valueHex } from './maps.ts';

export const HELPER = {
  lookup: 1,
  update: 2,
  delete: 3,
  tailCall: 12,
  push: 87,
  pop: 88,
  peek: 89,
  forEach: 164,
  lookupPercpu: 195,
} as const;

/** Loads the map of a target, or an inner map that R8 points to. */
const loadMap = (t: Target, dst: number, inner: boolean): Item => (inner ? movReg(dst, TEMP) : ldMap(dst, t.index));

/** A key on the stack; now and then another one in each run. */
export function putKey(rng: Rng, t: Target): Item[] {
  const items = storeBytes(keyHex(rng, t), KEY_AT);
  if (rng(3) > 0) return items;
  const at = KEY_AT + (t.kind === 'lpm' ? 4 : 0);
  return [...items, insn(0x71, 1, 10, at, 0), insn(0xaf, 1, RUN, 0, 0), insn(0x73, 10, 1, at, 0)];
}

/** A place in a value and the size of an access to it. */
function place(rng: Rng, t: Target, sizes: readonly number[]): { size: number; off: number } | undefined {
  const fit = sizes.filter((size) => size <= t.value);
  if (fit.length === 0) return undefined;
  const size = pick(rng, fit);
  return { size, off: size * rng(Math.floor(t.value / size)) };
}

const LOAD = { 1: 0x71, 2: 0x69, 4: 0x61, 8: 0x79 } as const;
const STORE = { 1: 0x72, 2: 0x6a, 4: 0x62, 8: 0x7a } as const;
const ATOMIC = { 4: 0xc3, 8: 0xdb } as const;
/** add, or, and, xor; with 1 they fetch; then exchange and compare-and-exchange. */
const ATOMIC_OPS = [0x00, 0x40, 0x50, 0xa0, 0x01, 0x41, 0x51, 0xa1, 0xe1, 0xf1] as const;

/** What is done with a value that `reg` points to. */
function useValue(rng: Rng, t: Target, slot: number, reg: number): Item[] {
  const what = pick(rng, ['read', 'read', 'write', 'atomic'] as const);
  if (what === 'read' && t.read) {
    const { size, off } = place(rng, t, [1, 2, 4, 8])!;
    return [insn(LOAD[size as 4], 1, reg, off, 0), storeData(slot, 1)];
  }
  if (what === 'write' && t.write) {
    const { size, off } = place(rng, t, [1, 2, 4, 8])!;
    return [insn(STORE[size as 4], reg, 0, off, rng(1000))];
  }
  const at = place(rng, t, [4, 8]);
  if (!at || !t.read || !t.write) return [];
  const op = pick(rng, ATOMIC_OPS);
  const expected = reg === 0 ? [movReg(2, 0)] : [];
  const base = reg === 0 ? 2 : reg;
  return [
    ...expected,
    ...(op === 0xf1 ? [mov(0, rng(4) === 0 ? 0 : rng(300))] : []),
    mov(1, rng(300) - 100),
    insn(ATOMIC[at.size as 4], base, 1, at.off, op),
    storeData(slot, op === 0xf1 ? 0 : 1),
  ];
}

export function lookupOp(rng: Rng, t: Target, slot: number, inner = false): Item[] {
  const found = [mov(1, 1), insn(0x7b, RES, 1, SLOT * slot, 0), ...useValue(rng, t, slot, 0)];
  return [
    insn(0x7a, RES, 0, SLOT * slot, 0),
    ...putKey(rng, t),
    loadMap(t, 1, inner),
    ...address(2, KEY_AT),
    call(HELPER.lookup),
    ...unlessZero(0, found),
  ];
}

export function updateOp(rng: Rng, t: Target, slot: number, inner = false): Item[] {
  return [
    ...storeBytes(valueHex(rng, t.value), VALUE_AT),
    ...putKey(rng, t),
    loadMap(t, 1, inner),
    ...address(2, KEY_AT),
    ...address(3, VALUE_AT),
    ...long(4, updateFlags(rng)),
    call(HELPER.update),
    storeR0(slot),
  ];
}

export function deleteOp(rng: Rng, t: Target, slot: number, inner = false): Item[] {
  return [...putKey(rng, t), loadMap(t, 1, inner), ...address(2, KEY_AT), call(HELPER.delete), storeR0(slot)];
}

/** Looks a value up, changes the map, then uses the pointer, whatever it leads to now. */
function staleOp(rng: Rng, t: Target, slot: number): Item[] {
  // What a freed element becomes is the allocator's affair: then the map is not changed by an update in between.
  const allocates = t.kind === 'lpm' || (t.flags & 1) !== 0;
  const key = putKey(rng, t);
  const change = allocates || rng(2) === 0 ? 'delete' : 'update';
  const other = rng(2) === 0 ? key : putKey(rng, t);
  const changed: Item[] =
    change === 'delete'
      ? [...other, ldMap(1, t.index), ...address(2, KEY_AT), call(HELPER.delete), storeR0(slot)]
      : updateOp(rng, t, slot);
  const use: Item[] = [];
  if (t.read) use.push(insn(LOAD[t.value >= 4 ? 4 : 1], 1, TEMP, 0, 0), storeData(slot, 1));
  if (t.write && !allocates && rng(2) === 0) use.push(insn(STORE[t.value >= 4 ? 4 : 1], TEMP, 0, 0, rng(100)));
  return [
    insn(0x7a, RES, 0, SLOT * slot, 77),
    ...key,
    ldMap(1, t.index),
    ...address(2, KEY_AT),
    call(HELPER.lookup),
    ...unlessZero(0, [movReg(TEMP, 0), ...changed, ...use]),
  ];
}

/** Many keys in a row: fills the map, or overflows it. The results add up. */
export function fillOp(rng: Rng, t: Target, slot: number): Item[] {
  const what = pick(rng, ['update', 'update', 'lookup', 'delete'] as const);
  const count = Math.min(1 + rng(t.entries + 8), t.lru ? 320 : 48);
  const wide = t.key >= 4;
  const from = rng(3) === 0 ? rng(50) : 0;
  const at = KEY_AT + (t.kind === 'lpm' ? 4 : 0);
  const store = insn(wide && t.kind !== 'lpm' ? 0x63 : 0x73, 10, TEMP, at, 0);
  const doIt: Item[] =
    what === 'update'
      ? [...address(3, VALUE_AT), mov(4, pick(rng, [0, 0, 0, 1, 2])), call(HELPER.update)]
      : [call(HELPER[what])];
  // Of a pointer only whether it is one.
  const flag: Item[] = what === 'lookup' ? [insn(0x15, 0, 0, 1, 0), mov(0, 1)] : [];
  const body: Item[] = [
    store,
    insn(0x7b, 10, TEMP, VALUE_AT, 0),
    ldMap(1, t.index),
    ...address(2, KEY_AT),
    ...doIt,
    ...flag,
    insn(0x79, 1, RES, SLOT * slot, 0),
    insn(0x0f, 1, 0, 0, 0),
    insn(0x7b, RES, 1, SLOT * slot, 0),
    addImm(TEMP, 1),
  ];
  const length = body.reduce((n, item) => n + (typeof item === 'string' ? 1 : 2), 0);
  return [
    ...storeBytes(keyHex(rng, t), KEY_AT),
    ...storeBytes(valueHex(rng, t.value), VALUE_AT),
    insn(0x7a, RES, 0, SLOT * slot, 0),
    mov(TEMP, from),
    ...body,
    insn(0xa5, TEMP, 0, -length - 1, from + count),
  ];
}

function percpuOp(rng: Rng, t: Target, slot: number): Item[] {
  const found = [mov(1, 1), insn(0x7b, RES, 1, SLOT * slot, 0), ...useValue(rng, t, slot, 0)];
  return [
    insn(0x7a, RES, 0, SLOT * slot, 0),
    ...putKey(rng, t),
    ldMap(1, t.index),
    ...address(2, KEY_AT),
    ...long(3, pick(rng, [0n, 0n, 0n, 1n, 2n, 64n, 0xffffffffn, -1n, 1n << 32n])),
    call(HELPER.lookupPercpu),
    ...unlessZero(0, found),
  ];
}

/** The value of an array with one element, by its address. */
function directOp(rng: Rng, t: Target, slot: number): Item[] {
  return [ldValue(TEMP, t.index), ...useValue(rng, t, slot, TEMP)];
}

function queueOp(rng: Rng, t: Target, slot: number): Item[] {
  const kinds =
    t.kind === 'bloom' ? (['push', 'peek'] as const) : (['push', 'push', 'push', 'pop', 'pop', 'peek'] as const);
  const what = t.write ? pick(rng, kinds) : 'peek';
  const args = [
    ...storeBytes(valueHex(rng, 64, t.kind === 'bloom' ? 40 : 256), VALUE_AT),
    ldMap(1, t.index),
    ...address(2, VALUE_AT),
  ];
  if (what === 'push') return [...args, ...long(3, updateFlags(rng)), call(HELPER.push), storeR0(slot)];
  return [...args, call(HELPER[what]), storeR0(slot), insn(0x79, 1, 10, VALUE_AT, 0), storeData(slot, 1)];
}

/** Finds an inner map and does something with it. */
function outerOp(rng: Rng, t: Target, slot: number): Item[] {
  const inner = t.inner!;
  const writes = inner.write ? [updateOp, ...(inner.kind === 'hash' ? [deleteOp] : [])] : [];
  const op = pick(rng, [lookupOp, lookupOp, ...writes]);
  return [
    insn(0x7a, RES, 0, SLOT * slot, 99),
    ...putKey(rng, t),
    ldMap(1, t.index),
    ...address(2, KEY_AT),
    call(HELPER.lookup),
    ...unlessZero(0, [movReg(TEMP, 0), ...op(rng, inner, slot, true)]),
  ];
}

/** One operation on a map, or undefined where none of the chosen kind is possible. */
export function anyOp(rng: Rng, t: Target, slot: number): Item[] {
  if (t.kind === 'outer') return outerOp(rng, t, slot);
  if (t.kind === 'queue' || t.kind === 'bloom') return queueOp(rng, t, slot);
  if (t.type === 'array' && t.entries === 1 && rng(4) === 0) return directOp(rng, t, slot);
  if (t.percpu && rng(6) === 0) return percpuOp(rng, t, slot);
  if (!t.write) return lookupOp(rng, t, slot);
  switch (
    pick(rng, [
      'u',
      'u',
      'u',
      'u',
      'l',
      'l',
      'l',
      'd',
      'd',
      's',
      ...(t.kind === 'array' ? [] : ['f', ...(t.lru ? ['f', 'f'] : [])]),
    ])
  ) {
    case 'l':
      return lookupOp(rng, t, slot);
    case 'd':
      return deleteOp(rng, t, slot);
    case 's':
      return staleOp(rng, t, slot);
    case 'f':
      return fillOp(rng, t, slot);
    default:
      return updateOp(rng, t, slot);
  }
}

/** A jump into another program; what comes after it runs only if there is none. */
export function tailOp(rng: Rng, jumps: number, size: number, slot: number): Item[] {
  const index = pick(rng, [...Array(size).keys(), size - 1, size, size + 5]);
  return [
    insn(0x7a, RES, 0, SLOT * slot, 1),
    movReg(1, CTX),
    ldMap(2, jumps),
    ...long(3, rng(10) === 0 ? (1n << 32n) | BigInt(index) : BigInt(index)),
    call(HELPER.tailCall),
    insn(0x7a, RES, 0, SLOT * slot, 2),
  ];
}
