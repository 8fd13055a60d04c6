/** What the small programs do: read and write context fields, packets and what helpers give. */
import { CONTEXTS } from '../../src/spec/ctx/index.ts';
import type { CtxAccess } from '../../src/spec/ctx/row.ts';
import type { HelperName } from '../../src/spec/helpers/params.ts';
import type { Random } from '../../test/random.ts';
import {
  add,
  and,
  call,
  eventMap,
  ifAbove,
  ifZero,
  load,
  loadPacket,
  move,
  type Piece,
  type Size,
  set,
  store,
  subtract,
  wide,
} from './code.ts';

/** Who reads: a prog type with its attach type, as the access rules of the contexts name it. */
export interface Reader {
  readonly struct: string;
  readonly progType: string;
  readonly attachType?: string | undefined;
}

function allowed(access: CtxAccess | undefined, { progType, attachType }: Reader): boolean {
  if (access === undefined) return false;
  return access === 'all' || access.includes(progType) || access.includes(`${progType}/${attachType}`);
}

const POINTER = /^(data|data_end|data_meta|sk|flow_keys|cookie|state|skb)$/;

interface Access {
  readonly off: number;
  readonly size: Size;
}

/** Every access to a field that holds a value, in every width and at every offset that is allowed. */
function accesses(reader: Reader, way: 'read' | 'write'): Access[] {
  const found: Access[] = [];
  for (const [name, field] of Object.entries(CONTEXTS[reader.struct]!.fields)) {
    if (POINTER.test(name) || !allowed(field[way], reader)) continue;
    for (let element = 0; element < (field.count ?? 1); element++) {
      const off = field.offset + element * field.size;
      found.push({ off, size: field.size as Size });
      if (field.padded && way === 'read') found.push({ off, size: 4 });
      if (field.wide && off % 8 === 0 && element + 1 < (field.count ?? 1)) found.push({ off, size: 8 });
      if (way === 'write' || !field.narrow) continue;
      for (const size of [1, 2, 4] as const) {
        if (size >= field.size || (field.narrow === 'halves' && size !== 2)) continue;
        for (let at = 0; at < field.size; at += size) {
          if (at === 0 || field.narrow !== 'start') found.push({ off: off + at, size });
        }
      }
    }
  }
  return found;
}

/** Reads of all fields of a context, a piece each. */
export function fieldReads(reader: Reader): Piece[] {
  return accesses(reader, 'read').map(({ off, size }) => [load(size, 8, 6, off)]);
}

export function readField(r: Random, reader: Reader): Piece {
  const all = fieldReads(reader);
  return all.length === 0 ? [set(8, 0)] : r.pick(all);
}

/** Writes a field; what is read back then comes from another one or the same. */
export function writeField(r: Random, reader: Reader): Piece {
  const all = accesses(reader, 'write');
  if (all.length === 0) return [set(8, 1)];
  const { off, size } = r.pick(all);
  const value = r.pick([0, 1, 2, 7, 65535, 65536, 0x12345678, r.below(2 ** 31)]);
  return [set(8, value), store(size, 6, off, 8)];
}

const field = (struct: string, name: string): number => CONTEXTS[struct]!.fields[name]!.offset;

/** The packet's length as far as the program may touch it. */
export function packetLength(struct: string): Piece {
  return [load(4, 2, 6, field(struct, 'data')), load(4, 8, 6, field(struct, 'data_end')), subtract(8, 2)];
}

/** Bytes of metadata. */
export function metaLength(struct: string): Piece {
  return [load(4, 2, 6, field(struct, 'data_meta')), load(4, 8, 6, field(struct, 'data')), subtract(8, 2)];
}

/** Reads a byte at an offset of the packet and, if wanted, adds to it; -1 where the packet is too short. */
export function packetByte(struct: string, offset: number, addend: number): Piece {
  const change = addend === 0 ? [] : [move(4, 8), add(4, addend), store(1, 2, offset, 4)];
  return [
    set(8, -1),
    load(4, 2, 6, field(struct, 'data')),
    load(4, 3, 6, field(struct, 'data_end')),
    move(4, 2),
    add(4, offset + 1),
    ifAbove(4, 3, 1 + change.length),
    load(1, 8, 2, offset),
    ...change,
  ];
}

/** Writes four bytes of metadata. */
export function metaWord(value: number): Piece {
  return [
    set(8, -1),
    load(4, 2, 6, field('xdp_md', 'data_meta')),
    load(4, 3, 6, field('xdp_md', 'data')),
    move(4, 2),
    add(4, 4),
    ifAbove(4, 3, 3),
    load(4, 8, 2, 0),
    set(4, value),
    store(4, 2, 0, 4),
  ];
}

const SK = field('__sk_buff', 'sk');
const SOCK_COMMON: readonly Access[] = [
  { off: 4, size: 4 },
  { off: 8, size: 4 },
  { off: 12, size: 4 },
  { off: 24, size: 4 },
  { off: 28, size: 4 },
  { off: 32, size: 4 },
  { off: 36, size: 4 },
  { off: 40, size: 4 },
  { off: 44, size: 4 },
  { off: 48, size: 2 },
  { off: 48, size: 4 },
  { off: 52, size: 4 },
  { off: 56, size: 4 },
  { off: 60, size: 4 },
  { off: 64, size: 4 },
  { off: 68, size: 4 },
  { off: 72, size: 4 },
  { off: 72, size: 1 },
  { off: 76, size: 4 },
];

/** Reads a field of the packet's socket; -1 where there is none. `full` goes through bpf_sk_fullsock. */
export function socketField(r: Random, full: boolean): Piece {
  const { off, size } = r.pick(SOCK_COMMON);
  if (full) {
    return [set(8, -1), load(8, 1, 6, SK), ifZero(1, 3), call('bpf_sk_fullsock'), ifZero(0, 1), load(size, 8, 0, off)];
  }
  const common = r.pick([4, 4]);
  return [set(8, -1), load(8, 1, 6, SK), ifZero(1, 1), load(4, 8, 1, common)];
}

/** A helper that copies bytes of the packet to the stack: its result, and the bytes in the piece behind it. */
export function loadBytes(name: 'bpf_skb_load_bytes' | 'bpf_xdp_load_bytes', offset: number, len: number): Piece[] {
  const at = -8 * Math.ceil(len / 8);
  const clear = [set(0, 0), ...Array.from({ length: -at / 8 }, (_, i) => store(8, 10, at + 8 * i, 0))];
  const args = [move(1, 6), set(2, offset), move(3, 10), add(3, at), set(4, len)];
  const words = Array.from({ length: -at / 8 }, (_, i) => [load(8, 8, 10, at + 8 * i)]);
  return [[...clear, ...args, call(name), move(8, 0)], ...words.slice(0, 1), ...words.slice(1).slice(-1)];
}

/** Bytes from the stack into the packet. */
export function storeBytes(name: 'bpf_skb_store_bytes' | 'bpf_xdp_store_bytes', r: Random, offset: number): Piece {
  const len = r.pick([1, 2, 4, 7, 8]);
  const value = r.below(2 ** 31);
  const args = [move(1, 6), set(2, offset), move(3, 10), add(3, -8), set(4, len)];
  const flags = name === 'bpf_skb_store_bytes' ? [set(5, r.pick([0, 0, 1, 2, 4]))] : [];
  return [set(0, value), store(8, 10, -8, 0), ...args, ...flags, call(name), move(8, 0)];
}

/** A helper that takes the context and small numbers: its result. */
export function plainCall(name: HelperName, ...args: readonly number[]): Piece {
  return [move(1, 6), ...args.map((value, i) => set(i + 2, value)), call(name), move(8, 0)];
}

type Adjust = 'bpf_xdp_adjust_head' | 'bpf_xdp_adjust_tail' | 'bpf_xdp_adjust_meta';

export function adjust(name: Adjust, delta: number): Piece {
  return [move(1, 6), set(2, delta), call(name), move(8, 0)];
}

export function buffLen(): Piece {
  return [move(1, 6), call('bpf_xdp_get_buff_len'), move(8, 0)];
}

/** A record with `bytes` of the packet behind it: a longer packet than there is, is EFAULT before the missing event is ENOENT. */
export function perfOutput(bytes: number): Piece {
  const data = [set(0, 7), store(8, 10, -8, 0), move(4, 10), add(4, -8), set(5, 8)];
  return [...data, move(1, 6), eventMap(2), wide(3, -1, bytes), call('bpf_perf_event_output'), move(8, 0)];
}

/** LD_ABS: a program that reads past the end returns 0, and the pieces behind it are not reached. */
export function absolute(size: 1 | 2 | 4, offset: number): Piece {
  return [loadPacket(size, offset), move(8, 0)];
}

/** A pointer in the context and what lies behind it. */
export function behind(ctxOff: number, size: Size, off: number): Piece {
  return [load(8, 1, 6, ctxOff), load(size, 8, 1, off)];
}

/** Two pointers on the way; behind NULL lies 0. */
export function behindTwo(ctxOff: number, off: number, size: Size, last: number): Piece {
  return [load(8, 1, 6, ctxOff), load(8, 1, 1, off), load(size, 8, 1, last)];
}

/** Sets a field behind a pointer in the context. */
export function setBehind(ctxOff: number, size: Size, off: number, value: number): Piece {
  return [load(8, 1, 6, ctxOff), set(8, value), store(size, 1, off, 8)];
}

/** R0 from the last result, cut to what the prog type may return. */
export function result(mask: number): Piece {
  return mask === -1 ? [move(0, 8)] : [move(0, 8), and(0, mask)];
}
