/**
 * Random programs over the maps that have helpers of their own: queues, stacks, bloom filters, ring buffers and redirect
 * maps. What each call gives is stored in the map `res`, which a dump holds: 8 bytes for the result, then 16 for what a
 * call wrote or what a pointer leads to.
 */
import type { LoadRequest } from '../../src/spec/request.ts';
import { random } from './generate.ts';
import { insn, ldMap } from './program.ts';

type Rng = (below: number) => number;

const CALL = { lookup: 1, redirectMap: 51, push: 87, pop: 88, peek: 89 } as const;
const RINGBUF = { output: 130, reserve: 131, submit: 132, discard: 133, query: 134 } as const;
const SLOT = 24;
/** Where on the stack keys and values are. */
const KEY_AT = -8;
const BUFFER_AT = -72;
const BUFFER_SIZE = 64;

const pick = <T>(rng: Rng, list: readonly T[]): T => list[rng(list.length)]!;
const mov = (dst: number, imm: number): string => insn(0xb7, dst, 0, 0, imm);
const movReg = (dst: number, src: number): string => insn(0xbf, dst, src, 0, 0);
const address = (dst: number, at: number): string[] => [movReg(dst, 10), insn(0x07, dst, 0, 0, at)];
const call = (id: number): string => insn(0x85, 0, 0, 0, id);
const long = (dst: number, value: bigint): string[] => [
  insn(0x18, dst, 0, 0, Number(BigInt.asIntN(32, value))),
  insn(0, 0, 0, 0, Number(BigInt.asIntN(32, value >> 32n))),
];
/** Puts R0 into the call's slot of `res`, which R6 points to. */
const store = (slot: number): string => insn(0x7b, 6, 0, SLOT * slot, 0);
const word = (n: number): string => Buffer.from(Uint32Array.of(n).buffer).toString('hex');

/** Fills the buffer with bytes of a few kinds, so that values come back. */
function fill(rng: Rng, kinds: number): string[] {
  const kind = rng(kinds);
  return Array.from({ length: BUFFER_SIZE / 8 }, (_, i) =>
    insn(0x7a, 10, 0, BUFFER_AT + 8 * i, (kind * 0x01030507 + i) | 0),
  );
}

/** The first 16 bytes of the buffer into the slot. */
function keepBuffer(slot: number): string[] {
  return [0, 8].flatMap((at) => [insn(0x79, 1, 10, BUFFER_AT + at, 0), insn(0x7b, 6, 1, SLOT * slot + 8 + at, 0)]);
}

const FLAGS: readonly bigint[] = [0n, 0n, 0n, 0n, 2n, 2n, 1n, 3n, 4n, -1n, 1n << 32n, (1n << 32n) | 2n];

type MapRow = NonNullable<LoadRequest['maps']>[number];

interface Family {
  readonly name: string;
  readonly map: (rng: Rng) => MapRow;
  /** One call; its result goes to `slot`. */
  readonly op: (rng: Rng, slot: number) => string[];
}

function queueOp(rng: Rng, slot: number): string[] {
  const what = pick(rng, ['push', 'push', 'push', 'pop', 'pop', 'peek'] as const);
  const args = [...fill(rng, 200), ...ldMap(1, 0), ...address(2, BUFFER_AT)];
  if (what === 'push') return [...args, ...long(3, pick(rng, FLAGS)), call(CALL.push), store(slot)];
  return [...args, call(CALL[what]), store(slot), ...keepBuffer(slot)];
}

const queue = (name: 'queue' | 'stack'): Family => ({
  name,
  map: (rng) => ({
    name: 'm',
    type: name,
    key_size: 0,
    value_size: pick(rng, [1, 3, 4, 8, 12, 16, 64]),
    max_entries: pick(rng, [1, 2, 3, 4, 7, 16]),
  }),
  op: queueOp,
});

const bloom: Family = {
  name: 'bloom_filter',
  map: (rng) => ({
    name: 'm',
    type: 'bloom_filter',
    key_size: 0,
    value_size: pick(rng, [1, 2, 3, 4, 5, 7, 8, 12, 13, 16, 24, 31, 64]),
    max_entries: pick(rng, [1, 4, 7, 9, 30, 100]),
    map_flags: 64,
    map_extra: rng(16),
  }),
  op(rng, slot) {
    const args = [...fill(rng, 60), ...ldMap(1, 0), ...address(2, BUFFER_AT)];
    if (rng(2) === 0) return [...args, call(CALL.peek), store(slot), ...keepBuffer(slot)];
    return [...args, ...long(3, rng(6) === 0 ? pick(rng, FLAGS) : 0n), call(CALL.push), store(slot)];
  },
};

const WAKEUP: readonly bigint[] = [0n, 0n, 0n, 0n, 1n, 2n, 3n, 4n, 1n << 32n, -1n];

/** Reserves, reads 16 bytes of what lies there, writes, ends the sample; now and then another sample begins before. */
function reserve(rng: Rng, slot: number, depth: number): string[] {
  const size = pick(rng, [8, 16, 17, 40, 100, 500, 1000, 2040, 4080, 4088, 4089, 8184, 0x3fffffff, 0x40000000]);
  const flags = rng(12) === 0 ? pick(rng, WAKEUP) : 0n;
  const reg = 7 + depth;
  const used: string[] = [];
  if (size >= 16) {
    for (const at of [0, 8]) used.push(insn(0x79, 1, reg, at, 0), insn(0x7b, 6, 1, SLOT * slot + 8 + at, 0));
    used.push(insn(0x7a, reg, 0, 0, rng(1000)), insn(0x72, reg, 0, size - 1 > 0x7fff ? 100 : size - 1, 7));
  }
  if (depth < 2 && rng(4) === 0) used.push(...reserve(rng, slot + 1, depth + 1));
  else if (rng(3) === 0) used.push(...query(BigInt(rng(4)), slot + 1));
  used.push(movReg(1, reg), ...long(2, pick(rng, WAKEUP)), call(rng(3) === 0 ? RINGBUF.discard : RINGBUF.submit));
  const begin = [...ldMap(1, 0), ...long(2, BigInt(size)), ...long(3, flags), call(RINGBUF.reserve), movReg(reg, 0)];
  // 1 in the slot: there was room.
  return [...begin, insn(0x15, 0, 0, used.length + 1, 0), insn(0x7a, 6, 0, SLOT * slot, 1), ...used];
}

const query = (what: bigint, slot: number): string[] => [
  ...ldMap(1, 0),
  ...long(2, what),
  call(RINGBUF.query),
  store(slot),
];

const ringbuf: Family = {
  name: 'ringbuf',
  map: (rng) => ({
    name: 'm',
    type: 'ringbuf',
    key_size: 0,
    value_size: 0,
    max_entries: pick(rng, [4096, 4096, 8192, 16384]),
  }),
  op(rng, slot) {
    switch (rng(6)) {
      case 0:
        return query(pick(rng, [0n, 1n, 2n, 3n, 4n, 1n << 32n, -1n]), slot);
      case 1:
      case 2: {
        const data = rng(3) === 0 ? [...ldMap(2, 2, 2)] : address(2, BUFFER_AT);
        const size = data.length === 2 && data[0]!.startsWith('18') ? rng(2001) : rng(BUFFER_SIZE + 1);
        return [
          ...fill(rng, 9),
          ...ldMap(1, 0),
          ...data,
          mov(3, size),
          ...long(4, pick(rng, WAKEUP)),
          call(RINGBUF.output),
          store(slot),
        ];
      }
      default:
        return reserve(rng, slot, 0);
    }
  },
};

function redirectOp(rng: Rng, slot: number, lookup: boolean): string[] {
  const index = pick(rng, [
    0n,
    0n,
    1n,
    1n,
    2n,
    3n,
    4n,
    5n,
    6n,
    9n,
    1000n,
    0x10001n,
    0x20002n,
    0xfffffff0n,
    0xffffffffn,
    1n << 32n,
    (1n << 32n) | 1n,
    -1n,
  ]);
  if (lookup && rng(3) === 0) {
    const found = [
      insn(0x61, 1, 0, 0, 0),
      insn(0x7b, 6, 1, SLOT * slot + 8, 0),
      mov(1, 1),
      insn(0x7b, 6, 1, SLOT * slot, 0),
    ];
    const key = [...long(1, index), insn(0x63, 10, 1, KEY_AT, 0)];
    return [
      ...key,
      ...ldMap(1, 0),
      ...address(2, KEY_AT),
      call(CALL.lookup),
      insn(0x15, 0, 0, found.length, 0),
      ...found,
    ];
  }
  const flags =
    rng(4) === 0 ? pick(rng, [4n, 7n, 8n, 9n, 11n, 16n, 18n, 24n, 27n, 32n, 1n << 32n, -1n]) : BigInt(rng(4));
  return [...ldMap(1, 0), ...long(2, index), ...long(3, flags), call(CALL.redirectMap), store(slot)];
}

const redirect = (name: 'devmap' | 'devmap_hash' | 'cpumap'): Family => ({
  name,
  map: (rng) => {
    const value_size = pick(rng, [4, 8]);
    const max_entries = pick(rng, [1, 2, 3, 4, 6]);
    // Updates that succeed: a refused one ends a load here. 0 as an interface or queue size empties the slot.
    const hashed = pick(rng, [1, 3, 0x10001, 0xfffffff0]);
    const key = (): number => {
      if (name === 'cpumap') return 0;
      return rng(max_entries) * (name === 'devmap' ? 1 : hashed);
    };
    const updates = Array.from({ length: rng(8) }, () => ({
      key: word(key() >>> 0),
      value:
        word(name === 'devmap_hash' || rng(4) > 0 ? 1 : 0) + (value_size === 8 ? word(pick(rng, [0, 0xffffffff])) : ''),
      flags: pick(rng, [0, 0, 2]),
    }));
    return { name: 'm', type: name, key_size: 4, value_size, max_entries, updates };
  },
  op: (rng, slot) => redirectOp(rng, slot, name !== 'cpumap'),
});

export const FAMILIES: readonly Family[] = [
  queue('queue'),
  queue('stack'),
  bloom,
  ringbuf,
  redirect('devmap'),
  redirect('devmap_hash'),
  redirect('cpumap'),
];

/** Slots of one call: a reserved sample may begin two more. */
const SLOTS = 4;

/** The request of a seed; the seed's remainder chooses the family. */
export function exchangeRequest(seed: number, ops: number): LoadRequest {
  const rng = random(seed);
  const family = FAMILIES[seed % FAMILIES.length]!;
  const map = family.map(rng);
  const code = [...ldMap(6, 1, 2), ...fill(rng, 9)];
  for (let i = 0; i < ops; i++) code.push(...family.op(rng, SLOTS * i));
  code.push(mov(0, 2), insn(0x95, 0, 0, 0, 0));
  const array = { type: 'array', key_size: 4, max_entries: 1 };
  return {
    name: `${family.name} ${seed}`,
    prog_type: 'xdp',
    license: 'GPL',
    log_level: 0,
    insns: code.join(''),
    dump_maps: true,
    maps: [map, { ...array, name: 'res', value_size: SLOT * SLOTS * ops }, { ...array, name: 'in', value_size: 2000 }],
    map_relocs: code.flatMap((text, i) => {
      const src = Number.parseInt(text.slice(2, 3), 16);
      return text.startsWith('18') && src > 0 ? [[i, Number.parseInt(text.slice(8, 10), 16)] as [number, number]] : [];
    }),
    test_run: [{ data: '00'.repeat(64) }, { data: '00'.repeat(64) }],
  };
}
