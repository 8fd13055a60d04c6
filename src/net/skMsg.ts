/**
 * sk_msg: a message as a ring of pieces, each a range of a page. A page is one region with a count of the pieces that
 * hold it; the program's window is over the piece that `data` and `data_end` bound.
 */
import type { Arena } from '../mem/arena.ts';
import { PERM_NONE } from '../mem/arena.ts';
import { LAYOUTS, offsetOf } from '../spec/layouts.ts';
import type { Result } from '../util/problem.ts';

const SG = offsetOf('sk_msg', 'sg');
const START = SG + offsetOf('sk_msg_sg', 'start');
const END = SG + offsetOf('sk_msg_sg', 'end');
const SIZE = SG + offsetOf('sk_msg_sg', 'size');
const PIECES = SG + offsetOf('sk_msg_sg', 'data');
const DATA = offsetOf('sk_msg', 'data');
const DATA_END = offsetOf('sk_msg', 'data_end');

/** Pieces that a message can have (MAX_SKB_FRAGS), and slots of the ring. */
export const MAX_MSG_FRAGS = 17;
const NR_MSG_FRAG_IDS = MAX_MSG_FRAGS + 1;
/** The kernel's page fragments, from which a sent message's pieces are taken: bytes. */
const FRAG_BYTES = 32768;
const { size: PIECE, members: SCATTERLIST } = LAYOUTS.scatterlist;
const [PAGE_LINK] = SCATTERLIST.page_link;
const [OFFSET] = SCATTERLIST.offset;
const [LENGTH] = SCATTERLIST.length;
const PAGE_SIZE = 4096;
/** Bytes before a page's own: how many pieces hold it. */
const PAGE_HEAD = 16;

/** Slot after (`by` 1) or before (-1) one of the ring. */
export function slot(i: number, by: number): number {
  return (i + by + NR_MSG_FRAG_IDS) % NR_MSG_FRAG_IDS;
}

export const msgStart = (arena: Arena, msg: number): number => arena.getU32(msg + START);
export const msgEnd = (arena: Arena, msg: number): number => arena.getU32(msg + END);
export const msgSize = (arena: Arena, msg: number): number => arena.getU32(msg + SIZE);

export function moveMsgEnd(arena: Arena, msg: number, by: number): void {
  arena.setU32(msg + END, slot(msgEnd(arena, msg), by));
}

export function growMsg(arena: Arena, msg: number, by: number): void {
  arena.setU32(msg + SIZE, (msgSize(arena, msg) + by) >>> 0);
}

/** Pieces in use. @kernel sk_msg_elem_used */
export function skMsgElemUsed(arena: Arena, msg: number): number {
  return slot(msgEnd(arena, msg), -msgStart(arena, msg));
}

/** A piece's place in a page: the page's address (0: none), the first byte in it, and how many. */
export interface Piece {
  readonly page: number;
  readonly offset: number;
  readonly length: number;
}

export function piece(arena: Arena, msg: number, i: number): Piece {
  const at = msg + PIECES + PIECE * i;
  return {
    page: arena.getU32(at + PAGE_LINK),
    offset: arena.getU32(at + OFFSET),
    length: arena.getU32(at + LENGTH),
  };
}

export function setPiece(arena: Arena, msg: number, i: number, { page, offset, length }: Piece): void {
  const at = msg + PIECES + PIECE * i;
  arena.setU64(at + PAGE_LINK, page, 0);
  arena.setU32(at + OFFSET, offset);
  arena.setU32(at + LENGTH, length);
}

/** Address of a piece's first byte; 0 without a page. */
export function pieceData({ page, offset }: Piece): number {
  return page === 0 ? 0 : page + PAGE_HEAD + offset;
}

/** The bytes of a piece, as many of them as its page has. */
export function pieceBytes(arena: Arena, at: Piece): Uint8Array {
  const bytes = new Uint8Array(at.length);
  const start = pieceData(at);
  const region = start === 0 ? undefined : arena.region(at.page);
  if (region && start < region.end) bytes.set(arena.bytes(start, Math.min(at.length, region.end - start)));
  return bytes;
}

/** The largest compound page that the kernel gives has 2^10 pages. */
const MAX_PAGE_ORDER = 10;

function pageOrder(bytes: number): number {
  return Math.max(0, Math.ceil(Math.log2(bytes / PAGE_SIZE)));
}

function newPage(arena: Arena, bytes: number): Result<number> {
  const made = arena.alloc({ kind: 'packet', size: PAGE_HEAD + PAGE_SIZE * 2 ** pageOrder(bytes) });
  if (!made.ok) return made;
  arena.setWindow(made.value, made.value, made.value);
  arena.setU32(made.value, 1);
  return made;
}

/** A page, or compound page, for `bytes`, held once; 0 where there is none. */
export function allocPage(arena: Arena, bytes: number): number {
  if (pageOrder(bytes) > MAX_PAGE_ORDER) return 0;
  const made = newPage(arena, bytes);
  return made.ok ? made.value : 0;
}

export function getPage(arena: Arena, page: number): void {
  if (page !== 0) arena.setU32(page, arena.getU32(page) + 1);
}

export function putPage(arena: Arena, page: number): void {
  if (page === 0) return;
  const left = arena.getU32(page) - 1;
  arena.setU32(page, left);
  if (left === 0) arena.free(page);
}

/** Sets data and data_end, which may lie inside of the piece `i`. */
export function setMsgData(arena: Arena, msg: number, data: number, bytes: number): void {
  arena.setU64(msg + DATA, data, 0);
  arena.setU64(msg + DATA_END, data === 0 ? 0 : data + bytes, 0);
}

/** The first piece becomes data. @kernel sk_msg_compute_data_pointers */
export function skMsgComputeDataPointers(arena: Arena, msg: number): void {
  const first = piece(arena, msg, msgStart(arena, msg));
  setMsgData(arena, msg, pieceData(first), first.length);
}

/** Nothing of the message may be touched: before its pieces are. */
export function closeMsg(arena: Arena, msg: number): void {
  const data = arena.getU32(msg + DATA);
  const base = data === 0 ? 0 : arena.baseAt(data);
  if (base !== 0) arena.setWindow(base, base, base);
}

/** What data and data_end bound may be touched. */
export function openMsg(arena: Arena, msg: number): void {
  const data = arena.getU32(msg + DATA);
  const region = data === 0 ? undefined : arena.region(data);
  if (region) arena.setWindow(data, Math.min(data, region.end), Math.min(arena.getU32(msg + DATA_END), region.end));
}

/**
 * The message that sendmsg makes of bytes: a piece for each page fragment they fill, as many as the ring has slots for.
 * Fails only when memory is full. Freed by `freeSkMsg`.
 */
export function allocSkMsg(arena: Arena, data: Uint8Array): Result<number> {
  const made = arena.alloc({ kind: 'kernel', size: LAYOUTS.sk_msg.size, perm: PERM_NONE });
  if (!made.ok) return made;
  const msg = made.value;
  for (let i = 0; i < MAX_MSG_FRAGS && i * FRAG_BYTES < data.length; i++) {
    const part = data.subarray(i * FRAG_BYTES, (i + 1) * FRAG_BYTES);
    const page = newPage(arena, FRAG_BYTES);
    if (!page.ok) {
      freeSkMsg(arena, msg);
      return page;
    }
    setPiece(arena, msg, i, { page: page.value, offset: 0, length: part.length });
    arena.put(page.value + PAGE_HEAD, part);
    moveMsgEnd(arena, msg, 1);
    growMsg(arena, msg, part.length);
  }
  skMsgComputeDataPointers(arena, msg);
  openMsg(arena, msg);
  return made;
}

function* slots(arena: Arena, msg: number): Generator<number> {
  const end = msgEnd(arena, msg);
  for (let i = msgStart(arena, msg); i !== end; i = slot(i, 1)) yield i;
}

/** The message's bytes, piece by piece. */
export function skMsgBytes(arena: Arena, msg: number): Uint8Array {
  const parts = [...slots(arena, msg)].map((i) => pieceBytes(arena, piece(arena, msg, i)));
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Gives the pages back, and the object. @kernel sk_msg_free */
export function freeSkMsg(arena: Arena, msg: number): void {
  for (const i of slots(arena, msg)) putPage(arena, piece(arena, msg, i).page);
  arena.free(msg);
}
