/** The seq_file of an iterator's descriptor: what the program printed and nobody has read yet. */
import { type Arena, PERM_NONE } from '../../mem/arena.ts';
import { LAYOUTS } from '../../spec/layouts.ts';
import type { Parts } from '../testRun/parts.ts';

const { buf, size, count } = LAYOUTS.seq_file.members;
/** Eight pages: nothing longer can be printed for one element. */
const BUFFER_SIZE = 8 * 4096;

/** Makes one; its address, or 0. */
export function newSeqFile(arena: Arena, parts: Parts): number {
  const seq = parts.object(LAYOUTS.seq_file.size);
  const buffer = parts.alloc({ kind: 'kernel', size: BUFFER_SIZE, perm: PERM_NONE });
  if (parts.failed()) return 0;
  arena.setU64(seq + buf[0], buffer, 0);
  arena.setU64(seq + size[0], BUFFER_SIZE, 0);
  return seq;
}

/** Bytes printed. */
export function seqCount(arena: Arena, seq: number): number {
  return arena.getU32(seq + count[0]);
}

/** Takes back what was printed behind the first `to` bytes. */
export function seqCut(arena: Arena, seq: number, to: number): void {
  arena.setU32(seq + count[0], to);
}

/** Was more printed than fits? @kernel seq_has_overflowed */
export function seqHasOverflowed(arena: Arena, seq: number): boolean {
  return seqCount(arena, seq) === BUFFER_SIZE;
}

/** Reads and empties it. */
export function seqTake(arena: Arena, seq: number): Uint8Array {
  const bytes = arena.bytes(arena.getU32(seq + buf[0]), seqCount(arena, seq));
  seqCut(arena, seq, 0);
  return bytes;
}
