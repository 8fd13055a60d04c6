/** Walks over maps with bpf_for_each_map_elem: the callbacks add up what they meet, and change the map meanwhile. */
import { insn } from '../program.ts';
import {
  addImm,
  address,
  call,
  exit,
  type Item,
  KEY_AT,
  ldMap,
  ldValue,
  mov,
  movReg,
  SLOT,
  storeBytes,
  storeR0,
  VALUE_AT,
} from './code.ts';
import { pick, type Rng, type Target, valueHex } from './maps.ts';
import { HELPER } from './ops.ts';

type Walk = 'order' | 'sum' | 'stop' | 'write' | 'delete' | 'deleteOther' | 'update' | 'insert';

function kinds({ kind, ordered, read, write }: Target): Walk[] {
  const walks: Walk[] = ['sum'];
  if (ordered) walks.push('order', 'stop');
  if (write) walks.push('write');
  if (write && ordered) walks.push('update');
  if (write && ordered && kind === 'hash') walks.push('delete', 'delete', 'deleteOther', 'update', 'insert', 'insert');
  return read ? walks : walks.filter((walk) => walk !== 'sum').concat('order');
}

/** Can bpf_for_each_map_elem walk this map? */
export function walkable({ kind }: Target): boolean {
  return kind === 'hash' || kind === 'array';
}

/** Steps of all walks of a request that change their map. */
const STEPS = 3000;

/** In a callback: R1 map, R2 key, R3 value; R6 is the result map's value, R7 to R9 keep map, key and value. */
function callback(rng: Rng, t: Target, slot: number, res: number): Item[] {
  const walk = pick(rng, t.ordered ? kinds(t) : kinds(t).filter((k) => k !== 'order'));
  const wide = t.key >= 4;
  const loadKey = insn(wide ? 0x61 : 0x71, 1, 8, 0, 0);
  const sumAt = SLOT * slot + 8;
  const head: Item[] = [movReg(7, 1), movReg(8, 2), movReg(9, 3), ldValue(6, res)];
  /** sum = sum * factor + R1 */
  const add = (factor: number): Item[] => [
    insn(0x79, 2, 6, sumAt, 0),
    ...(factor === 1 ? [] : [insn(0x27, 2, 0, 0, factor)]),
    insn(0x0f, 2, 1, 0, 0),
    insn(0x7b, 6, 2, sumAt, 0),
  ];
  const go: Item[] = [mov(0, 0), exit];
  // A walk that moves what it walks over may never end: it stops where a counter in the result map says so.
  const limit: Item[] = [
    insn(0x79, 1, 6, 8, 0),
    addImm(1, 1),
    insn(0x7b, 6, 1, 8, 0),
    insn(0xa5, 1, 0, 2, STEPS),
    mov(0, 1),
    exit,
  ];
  const value: Item[] = t.read ? [insn(t.value >= 4 ? 0x61 : 0x71, 1, 9, 0, 0), ...add(1)] : [];
  /** A key that differs from the element's in one bit or two. */
  const otherKey: Item[] = [
    ...storeBytes('00'.repeat(t.key), KEY_AT),
    ...Array.from({ length: t.key }, (_, i) => [insn(0x71, 1, 8, i, 0), insn(0x73, 10, 1, KEY_AT + i, 0)]).flat(),
    insn(0x71, 1, 10, KEY_AT, 0),
    insn(0xa7, 1, 0, 0, pick(rng, [1, 2, 3, 16, 128])),
    insn(0x73, 10, 1, KEY_AT, 0),
  ];
  const result: Item[] = [movReg(1, 0), ...add(7)];
  const put = (key: Item[]): Item[] => [
    ...storeBytes(valueHex(rng, t.value), VALUE_AT),
    ...key,
    ...address(3, VALUE_AT),
    mov(4, pick(rng, [0, 0, 1, 2])),
    call(HELPER.update),
    ...result,
  ];
  const map = rng(2) === 0 ? movReg(1, 7) : ldMap(1, t.index);
  switch (walk) {
    case 'order':
      return [...head, loadKey, ...add(31), ...go];
    case 'stop': {
      const count: Item[] = [mov(1, 1), ...add(1), insn(0x79, 1, 6, sumAt, 0), mov(0, 1)];
      return [...head, ...count, insn(0x75, 1, 0, 1, rng(t.entries + 1)), mov(0, 0), exit];
    }
    case 'write':
      return [...head, loadKey, ...add(1), insn(t.value >= 4 ? 0x62 : 0x72, 9, 0, 0, rng(100)), ...go];
    case 'delete': {
      const gone: Item[] = [...[map, movReg(2, 8)], call(HELPER.delete), ...result];
      // Those whose key has a certain bit.
      const mask = pick(rng, [0xff, 1, 2, 4]);
      return [
        ...head,
        ...limit,
        loadKey,
        ...add(31),
        loadKey,
        insn(0x57, 1, 0, 0, mask),
        insn(0x15, 1, 0, count(gone), 0),
        ...gone,
        ...go,
      ];
    }
    case 'deleteOther':
      return [
        ...head,
        ...limit,
        loadKey,
        ...add(31),
        ...otherKey,
        map,
        ...address(2, KEY_AT),
        call(HELPER.delete),
        ...result,
        ...go,
      ];
    case 'update':
      return [...head, ...limit, loadKey, ...add(31), ...put([map, movReg(2, 8)]), ...go];
    case 'insert':
      return [...head, ...limit, loadKey, ...add(31), ...otherKey, ...put([map, ...address(2, KEY_AT)]), ...go];
    default:
      return [...head, loadKey, ...add(1), ...value, ...go];
  }
}

const count = (items: readonly Item[]): number => items.reduce((n, item) => n + (typeof item === 'string' ? 1 : 2), 0);

/** A walk; `cb` is the number that its callback gets in the program. */
export function walkOp(rng: Rng, t: Target, slot: number, res: number, cb: number): { main: Item[]; callback: Item[] } {
  const flags = rng(10) === 0 ? pick(rng, [1, 4, -1]) : 0;
  return {
    main: [
      insn(0x7a, 6, 0, SLOT * slot + 8, 0),
      ldMap(1, t.index),
      { cb },
      mov(3, 0),
      mov(4, flags),
      call(HELPER.forEach),
      storeR0(slot),
    ],
    callback: callback(rng, t, slot, res),
  };
}
