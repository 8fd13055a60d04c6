/** Stores whose bytes are written again before anybody reads them. */
import type { Insn } from '../../src/isa/insn.ts';
import type { Code } from './code.ts';
import { successors } from './flow.ts';
import type { Mutation } from './mutants.ts';
import type { Pointers } from './pointers.ts';

const FRAME_POINTER = 10;

/** Bytes from the base register on that the original and the mutant leave different. */
function differing(a: Insn, b: Insn | undefined): readonly number[] | undefined {
  const bytesOf = ({ row, off }: Insn): number[] =>
    row?.kind === 'store' ? Array.from({ length: row.size }, (_, i) => off + i) : [];
  if (a.row?.kind !== 'store') return undefined;
  const [old, now] = [bytesOf(a), b ? bytesOf(b) : []];
  if (!b) return old;
  if (b.row?.kind !== 'store' || b.dst !== a.dst || b.row.operand !== a.row.operand) return undefined;
  // Little-endian: what both write is the same as far as the shorter one goes.
  const sameValue = a.off === b.off && a.src === b.src && a.imm === b.imm;
  if (!sameValue) return [...new Set([...old, ...now])];
  const [short, long] = old.length < now.length ? [old, now] : [now, old];
  return long.filter((byte) => !short.includes(byte));
}

function writes({ row, dst, src }: Insn, register: number): boolean {
  if (row?.kind === 'alu' || row?.kind === 'load' || row?.kind === 'ld_imm64') return dst === register;
  return row?.kind === 'atomic' && row.fetch && (row.op === 'cmpxchg' ? 0 : src) === register;
}

/** Whether nobody can tell which of two stores was made, if both may be made. */
export function isDeadStore({ insns }: Code, slot: number, mutation: Mutation, pointers: Pointers): boolean {
  const insn = insns[slot]!;
  const other = mutation.kind === 'deleted' ? undefined : mutation.insns[0];
  const bytes = differing(insn, other);
  if (!bytes || bytes.length === 0) return false;
  const base = insn.dst;
  const kind = pointers.kind(slot, base);
  const seen = new Set<string>();
  const dead = (at: number, left: readonly number[]): boolean => {
    const key = `${at} ${left}`;
    if (left.length === 0 || seen.has(key)) return true;
    seen.add(key);
    const here = insns[at];
    const { row } = here ?? {};
    if (!here || !row) return false;
    // The frame is gone when its function ends.
    if (row.kind === 'exit') return base === FRAME_POINTER;
    if (base === FRAME_POINTER) {
      // The verifier has seen which bytes of this frame are read here, by whoever.
      const reads = pointers.reads(at);
      if (reads === undefined || left.some((byte) => reads.has(byte))) return false;
    } else if (row.kind === 'call' || row.kind === 'ld_packet' || row.kind === 'atomic') return false;
    else if (row.kind === 'load') {
      const apart =
        kind !== undefined && pointers.kind(at, here.src) !== undefined && pointers.kind(at, here.src) !== kind;
      const reads = (byte: number): boolean => byte >= here.off && byte < here.off + row.size;
      if (here.src === base ? left.some(reads) : !apart) return false;
    }
    if (writes(here, base)) return false;
    const stores = row.kind === 'store' && here.dst === base;
    const still = stores ? left.filter((byte) => byte < here.off || byte >= here.off + row.size) : left;
    return successors(here, at).every((to) => dead(to, still));
  };
  return successors(insn, slot).every((to) => dead(to, bytes));
}
