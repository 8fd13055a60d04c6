/**
 * A struct bpf_dynptr on the program's stack, 16 bytes as the kernel lays them out: the address of the data (8), size (4, the upper
 * bits tell the type and whether it is read-only), offset (4). The address of an skb or xdp dynptr is that of the context.
 * @kernel bpf_dynptr_kern
 */
import type { Arena } from '../mem/arena.ts';
import { PERM_RW } from '../mem/arena.ts';
import { kindNumber } from '../mem/kinds.ts';
import { E2BIG } from './impl.ts';

/** @kernel bpf_dynptr_type */
export const DYNPTR = { invalid: 0, local: 1, ringbuf: 2, skb: 3, xdp: 4 } as const;

export const DYNPTR_BYTES = 16;
/** DYNPTR_MAX_SIZE */
const MAX_SIZE = (1 << 24) - 1;
const SIZE_MASK = 0xff_ffff;
const TYPE_SHIFT = 28;
const TYPE_MASK = 7;
const RDONLY_BIT = 0x8000_0000;
const SIZE_AT = 8;
const OFFSET_AT = 12;
const CTX = kindNumber('ctx');

/** A dynptr decoded. */
export interface Dynptr {
  /** 0 for a null dynptr. */
  readonly data: number;
  /** A value of DYNPTR. */
  readonly type: number;
  readonly size: number;
  readonly offset: number;
  readonly rdonly: boolean;
}

export function dynptrAt(arena: Arena, at: number): Dynptr {
  const word = arena.getU32(at + SIZE_AT);
  return {
    data: arena.getU32(at),
    type: (word >>> TYPE_SHIFT) & TYPE_MASK,
    size: word & SIZE_MASK,
    offset: arena.getU32(at + OFFSET_AT),
    rdonly: word >= RDONLY_BIT,
  };
}

/** 0 or -E2BIG. @kernel bpf_dynptr_check_size */
export function dynptrCheckSize(size: number): number {
  return size > MAX_SIZE ? -E2BIG : 0;
}

/** @kernel bpf_dynptr_init */
export function dynptrInit(arena: Arena, at: number, type: number, data: number, size: number, rdonly = false): void {
  arena.setU64(at, data, 0);
  arena.setU32(at + SIZE_AT, (size | (type << TYPE_SHIFT) | (rdonly ? RDONLY_BIT : 0)) >>> 0);
  arena.setU32(at + OFFSET_AT, 0);
}

/** @kernel bpf_dynptr_set_null */
export function dynptrSetNull(arena: Arena, at: number): void {
  arena.fill(at, 0, DYNPTR_BYTES);
}

/** Moves the beginning by `start` and makes it `size` bytes long. */
export function dynptrNarrow(arena: Arena, at: number, start: number, size: number): void {
  arena.setU32(at + OFFSET_AT, arena.getU32(at + OFFSET_AT) + start);
  arena.setU32(at + SIZE_AT, ((arena.getU32(at + SIZE_AT) & ~SIZE_MASK) | size) >>> 0);
}

/** 0, or -E2BIG when the bytes are not all inside. @kernel bpf_dynptr_check_off_len */
export function dynptrCheckOffLen(ptr: Dynptr, offset: number, len: number): number {
  return len > ptr.size || offset > ptr.size - len ? -E2BIG : 0;
}

/** Does the dynptr lead to what its type says? One that a program wrote by itself may not. */
export function dynptrSound(arena: Arena, at: number): boolean {
  const { data, type, size, offset } = dynptrAt(arena, at);
  if (data === 0) return true;
  if (type === DYNPTR.skb || type === DYNPTR.xdp) return arena.kindAt(data) === CTX && arena.baseAt(data) === data;
  if (type !== DYNPTR.local && type !== DYNPTR.ringbuf) return false;
  return size === 0 || arena.check(data + offset, size, PERM_RW) >= 0;
}
