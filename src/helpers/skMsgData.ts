/** Helpers that change a message's data: bytes put in, taken out, or made one piece that the program can touch. */
import type { Arena } from '../mem/arena.ts';
import {
  allocPage,
  closeMsg,
  getPage,
  growMsg,
  MAX_MSG_FRAGS,
  moveMsgEnd,
  msgEnd,
  msgSize,
  msgStart,
  openMsg,
  piece,
  pieceBytes,
  pieceData,
  putPage,
  setMsgData,
  setPiece,
  skMsgComputeDataPointers,
  skMsgElemUsed,
  slot,
} from '../net/skMsg.ts';
import type { HelperEnv } from './env.ts';
import { EINVAL, ENOMEM, type ImplTable } from './impl.ts';

/** Where byte `start` lies: the slot of its piece (the end where there is none), and where the last one seen begins. */
function find(arena: Arena, msg: number, start: number): { i: number; offset: number; length: number } {
  const end = msgEnd(arena, msg);
  let i = msgStart(arena, msg);
  let offset = 0;
  let length = 0;
  do {
    offset += length;
    length = piece(arena, msg, i).length;
    if (start < offset + length) break;
    i = slot(i, 1);
  } while (i !== end);
  return { i, offset, length };
}

/** A page that begins with these bytes, which leave `gap` bytes free at `at`; 0 where memory is full. */
function pageOf(arena: Arena, bytes: Uint8Array, at = 0, gap = 0): number {
  const page = allocPage(arena, bytes.length + gap);
  if (page === 0) return 0;
  const data = pieceData({ page, offset: 0, length: 0 });
  arena.put(data, bytes.subarray(0, at));
  arena.put(data + at + gap, bytes.subarray(at));
  return page;
}

/** Makes the slot `i` free; the pieces from there on go one further. @kernel sk_msg_shift_right */
function shiftRight(arena: Arena, msg: number, i: number): void {
  moveMsgEnd(arena, msg, 1);
  for (let to = slot(msgEnd(arena, msg), -1); to !== i; to = slot(to, -1)) {
    setPiece(arena, msg, to, piece(arena, msg, slot(to, -1)));
  }
}

/** Drops the piece `i`. @kernel sk_msg_shift_left */
function shiftLeft(arena: Arena, msg: number, i: number): void {
  putPage(arena, piece(arena, msg, i).page);
  for (let to = i; to !== msgEnd(arena, msg); to = slot(to, 1)) {
    setPiece(arena, msg, to, piece(arena, msg, slot(to, 1)));
  }
  moveMsgEnd(arena, msg, -1);
}

/** @kernel bpf_msg_pull_data */
function pull({ arena }: HelperEnv, msg: number, start: number, end: number): number {
  if (end <= start) return -EINVAL;
  const { i: first, offset, length } = find(arena, msg, start);
  if (start >= offset + length) return -EINVAL;
  const wanted = start - offset + (end - start);
  if (wanted > length) {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    let next = first;
    do {
      const part = pieceBytes(arena, piece(arena, msg, next));
      parts.push(part);
      bytes += part.length;
      next = slot(next, 1);
    } while (wanted > bytes && next !== msgEnd(arena, msg));
    if (wanted > bytes) return -EINVAL;
    const page = pageOf(arena, concat(parts, bytes));
    if (page === 0) return -ENOMEM;
    for (let n = 1; n < parts.length; n++) shiftLeft(arena, msg, slot(first, 1));
    putPage(arena, piece(arena, msg, first).page);
    setPiece(arena, msg, first, { page, offset: 0, length: bytes });
  }
  setMsgData(arena, msg, pieceData(piece(arena, msg, first)) + start - offset, end - start);
  return 0;
}

function concat(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Bytes go between two pieces, or into the middle of one, which becomes two. Without slots for that, they are copied. @kernel bpf_msg_push_data */
function push(env: HelperEnv, msg: number, start: number, len: number): number {
  const { arena } = env;
  if (len === 0) return 0;
  const { i, offset, length } = find(arena, msg, start);
  if (start > offset + length) return -EINVAL;
  const space = MAX_MSG_FRAGS - skMsgElemUsed(arena, msg);
  const front = start - offset;
  /** The piece that the bytes go into or behind. */
  const behind = i === msgEnd(arena, msg);
  const split = behind && front !== 0 ? slot(i, -1) : i;
  const old = piece(arena, msg, split);
  if (behind && space === 0) {
    env.notSimulated('bpf_msg_push_data behind the last piece of a full message, where Linux 6.12 overruns its list');
    return 0;
  }
  if (!behind && (space === 0 || (space === 1 && front !== 0))) {
    const page = pageOf(arena, pieceBytes(arena, old), front, len);
    if (page === 0) return -ENOMEM;
    putPage(arena, old.page);
    setPiece(arena, msg, split, { page, offset: 0, length: old.length + len });
  } else {
    const page = allocPage(arena, len);
    if (page === 0) return -ENOMEM;
    let at = split;
    if (front !== 0) {
      at = slot(split, 1);
      setPiece(arena, msg, split, { ...old, length: front });
      const rest = { page: old.page, offset: old.offset + front, length: old.length - front };
      if (rest.length !== 0) {
        shiftRight(arena, msg, at);
        setPiece(arena, msg, at, rest);
        getPage(arena, old.page);
      }
    }
    shiftRight(arena, msg, at);
    setPiece(arena, msg, at, { page, offset: 0, length: len });
  }
  growMsg(arena, msg, len);
  skMsgComputeDataPointers(arena, msg);
  return 0;
}

/** @kernel bpf_msg_pop_data */
function pop({ arena }: HelperEnv, msg: number, start: number, len: number): number {
  if (len === 0) return 0;
  const found = find(arena, msg, start);
  const { offset, length } = found;
  if (start >= offset + length || start + len > msgSize(arena, msg)) return -EINVAL;
  let { i } = found;
  let left = len;
  if (start !== offset) {
    const old = piece(arena, msg, i);
    const front = start - offset;
    const back = length - front - len;
    if (back > 0 && skMsgElemUsed(arena, msg) === MAX_MSG_FRAGS) {
      const bytes = pieceBytes(arena, old);
      const page = pageOf(arena, concat([bytes.subarray(0, front), bytes.subarray(front + len)], front + back));
      if (page === 0) return -ENOMEM;
      setPiece(arena, msg, i, { page, offset: 0, length: front + back });
      putPage(arena, old.page);
    } else {
      setPiece(arena, msg, i, { ...old, length: front });
      if (back > 0) {
        shiftRight(arena, msg, slot(i, 1));
        setPiece(arena, msg, slot(i, 1), { page: old.page, offset: old.offset + front + len, length: back });
        getPage(arena, old.page);
      }
    }
    left = back > 0 ? 0 : len - (length - front);
    i = slot(i, 1);
  }
  while (left > 0) {
    const old = piece(arena, msg, i);
    const taken = Math.min(left, old.length);
    left -= taken;
    if (taken < old.length) setPiece(arena, msg, i, { ...old, offset: old.offset + taken, length: old.length - taken });
    else shiftLeft(arena, msg, i);
  }
  growMsg(arena, msg, -len);
  skMsgComputeDataPointers(arena, msg);
  return 0;
}

type Change = (env: HelperEnv, msg: number, start: number, second: number) => number;

function change(env: HelperEnv, ctx: number, how: Change, start: number, second: number, flags: number): number {
  if (flags !== 0) return -EINVAL;
  const { arena } = env;
  const msg = env.object(ctx);
  closeMsg(arena, msg);
  const errno = how(env, msg, start, second);
  openMsg(arena, msg);
  return errno;
}

export const skMsgDataImpls = {
  bpf_msg_pull_data: (env, ctx, start, end, flags, hi) => change(env, ctx, pull, start, end, flags | hi),
  bpf_msg_push_data: (env, ctx, start, len, flags, hi) => change(env, ctx, push, start, len, flags | hi),
  bpf_msg_pop_data: (env, ctx, start, len, flags, hi) => change(env, ctx, pop, start, len, flags | hi),
} satisfies ImplTable;
