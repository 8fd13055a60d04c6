/** Whether what a machine holds is what the verifier says it may hold. */
import type { Kernel } from '../../../src/kernel/kernel.ts';
import { isSpilledReg, LIVE } from '../../../src/verifier/state.ts';
import { coerceRegToSize } from '../../../src/verifier/value/bounds.ts';
import type { Reg } from '../../../src/verifier/value/reg.ts';
import { draft, mayBeNull } from '../../../src/verifier/value/reg.ts';
import { FRAME_BYTES, stackTop } from '../../../src/vm/frames.ts';
import type { Node } from './tree.ts';

const U64 = (v: bigint): bigint => BigInt.asUintN(64, v);
const CALLEE_SAVED = 6;

/** A running program: its memory and where contexts and packets lie. */
export interface Concrete {
  readonly kernel: Kernel;
  /** Frames in use, less one. */
  readonly depth: number;
  readonly ctx: number;
  /** Addresses of the packet's first byte and of the one behind its last, learned when pointers to them are first met. */
  readonly packet: { first: bigint | undefined; end: bigint | undefined };
}

/** Whether a number is one of the abstract value, in all five views. */
function holds(r: Reg, v: bigint): boolean {
  const s = BigInt.asIntN(64, v);
  const u32 = Number(BigInt.asUintN(32, v));
  const s32 = u32 | 0;
  return (
    (v & ~r.var_off.mask) === r.var_off.value &&
    v >= r.umin_value &&
    v <= r.umax_value &&
    s >= r.smin_value &&
    s <= r.smax_value &&
    u32 >= r.u32_min_value &&
    u32 <= r.u32_max_value &&
    s32 >= r.s32_min_value &&
    s32 <= r.s32_max_value
  );
}

/** Whether a register's 64 bits are a value of that kind. */
function inside(c: Concrete, r: Reg, v: bigint): boolean {
  const from = (base: bigint): boolean => holds(r, U64(v - base - BigInt(r.off)));
  if (mayBeNull(r) && v === 0n) return true;
  switch (r.type) {
    case 'NOT_INIT':
      return true;
    case 'SCALAR_VALUE':
      return holds(r, v);
    case 'PTR_TO_CTX':
      return from(BigInt(c.ctx));
    case 'PTR_TO_STACK':
      return from(BigInt(stackTop(c.kernel.frames, r.frameno)));
    case 'PTR_TO_PACKET': {
      if (c.packet.first === undefined && r.var_off.mask === 0n) {
        c.packet.first = v - BigInt(r.off) - BigInt.asIntN(64, r.var_off.value);
      }
      if (c.packet.first !== undefined && !from(c.packet.first)) return false;
      return r.range <= 0 || c.packet.end === undefined || v - BigInt(r.off) + BigInt(r.range) <= c.packet.end;
    }
    case 'PTR_TO_PACKET_END':
      c.packet.end ??= v;
      return v === c.packet.end;
    default:
      return v !== 0n;
  }
}

function bytesOf(c: Concrete, frame: number, spi: number): Uint8Array {
  return c.kernel.arena.bytes(stackTop(c.kernel.frames, frame) - 8 * (spi + 1), 8);
}

/** Whether 8 bytes of stack are what the slot says; the highest address is the first letter. */
function slotInside(c: Concrete, types: string, v: Reg, bytes: Uint8Array): boolean {
  for (let i = 0; i < 8; i++) if (types[7 - i] === '0' && bytes[i] !== 0) return false;
  if (types[7] !== 'r') return true;
  const size = 8 - types.indexOf('r');
  let value = 0n;
  for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  if (size === 8) return inside(c, v, value);
  if (v.type !== 'SCALAR_VALUE') return true;
  const cut = draft(v);
  coerceRegToSize(cut, size);
  return holds(cut, value);
}

function register(c: Concrete, frame: number, r: number): bigint {
  const at = c.kernel.frames.registers + frame * FRAME_BYTES + 8 * r;
  const { arena } = c.kernel;
  return (BigInt(arena.getU32(at + 4)) << 32n) | BigInt(arena.getU32(at));
}

/** The first place whose value is none of the node's, in words; undefined when all are. */
export function outside(c: Concrete, node: Node): string | undefined {
  if (node.frames.length !== c.depth + 1) return `${c.depth + 1} frames where there are ${node.frames.length}`;
  for (const [i, f] of node.frames.entries()) {
    for (let r = i < c.depth ? CALLEE_SAVED : 0; r < 10; r++) {
      const v = register(c, i, r);
      if (!inside(c, f.regs[r]!, v)) return `frame ${i} R${r} = 0x${v.toString(16)}`;
    }
    for (const [spi, slot] of f.slots.entries()) {
      if (!slotInside(c, slot.types, slot.v, bytesOf(c, i, spi))) return `frame ${i} fp${-8 * (spi + 1)}`;
    }
  }
  return undefined;
}

/** The same for a state that stands for others: only what later insns read counts, and of numbers only the precise ones. */
export function outsideKept(c: Concrete, node: Node): string | undefined {
  const { kept } = node;
  if (!kept) return undefined;
  if (kept.frame.length !== c.depth + 1) return `${c.depth + 1} frames where there are ${kept.frame.length}`;
  const counts = (v: Reg, live: number): boolean =>
    (live & LIVE.READ) !== 0 && (v.type !== 'SCALAR_VALUE' || v.precise);
  for (const [i, f] of kept.frame.entries()) {
    for (let r = i < c.depth ? CALLEE_SAVED : 0; r < 10; r++) {
      const { v, live } = f.regs[r]!;
      const value = register(c, i, r);
      if (counts(v, live) && !inside(c, v, value)) return `frame ${i} R${r} = 0x${value.toString(16)}`;
    }
    for (const [spi, slot] of f.stack.entries()) {
      const { v, live } = slot.cell;
      if ((live & LIVE.READ) === 0) continue;
      if (isSpilledReg(slot) && !counts(v, live)) continue;
      if (!slotInside(c, slot.types, v, bytesOf(c, i, spi))) return `frame ${i} fp${-8 * (spi + 1)}`;
    }
  }
  return undefined;
}
