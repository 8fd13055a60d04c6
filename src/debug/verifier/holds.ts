/** Whether the bits of a register or of 8 bytes of stack are among those that an abstract value stands for. */
import type { Arena } from '../../mem/arena.ts';
import { coerceRegToSize } from '../../verifier/value/bounds.ts';
import { holdsNumber } from '../../verifier/value/holds.ts';
import type { Reg } from '../../verifier/value/reg.ts';
import { draft, mayBeNull } from '../../verifier/value/reg.ts';
import type { Machine } from '../../vm/machine.ts';

/** A running program as the comparison needs it. Frames and addresses are the machine's. */
export interface Concrete {
  /** Index of the innermost frame. */
  readonly depth: number;
  /** Unsigned. */
  register(reg: number, depth: number): bigint;
  /** Bytes of memory. */
  bytes(address: number, length: number): Uint8Array;
  /** Where R1 pointed at the start; undefined where that is not known. */
  readonly ctx: bigint | undefined;
  /** Addresses of the packet's first byte and of the one behind its last, learnt from the first pointers that are met. */
  readonly packet: { first: bigint | undefined; end: bigint | undefined };
}

const U64 = (v: bigint): bigint => BigInt.asUintN(64, v);

/** Whether a register's 64 bits are a value of that kind; `base` is the frame that the verifier calls frame 0. */
export function holdsValue(c: Concrete, base: number, r: Reg, v: bigint): boolean {
  const from = (origin: bigint): boolean => holdsNumber(r, U64(v - origin - BigInt(r.off)));
  if (mayBeNull(r) && v === 0n) return true;
  switch (r.type) {
    case 'NOT_INIT':
      return true;
    case 'SCALAR_VALUE':
      return holdsNumber(r, v);
    case 'PTR_TO_CTX':
      return c.ctx === undefined || from(c.ctx);
    case 'PTR_TO_STACK':
      return from(c.register(10, base + r.frameno));
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

/** The 8 bytes of a slot, the lowest address first. */
export function slotBytes(c: Concrete, frame: number, spi: number): Uint8Array {
  return c.bytes(Number(c.register(10, frame)) - 8 * (spi + 1), 8);
}

/** Their number, of the lowest `size` of them. */
export function slotNumber(bytes: Uint8Array, size = 8): bigint {
  let value = 0n;
  for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return value;
}

/** Whether 8 bytes of stack are what the slot says; the highest address is the first letter. */
export function holdsSlot(c: Concrete, base: number, types: string, v: Reg, bytes: Uint8Array): boolean {
  for (let i = 0; i < 8; i++) if (types[7 - i] === '0' && bytes[i] !== 0) return false;
  if (types[7] !== 'r') return true;
  const size = 8 - types.indexOf('r');
  const value = slotNumber(bytes, size);
  if (size === 8) return holdsValue(c, base, v, value);
  if (v.type !== 'SCALAR_VALUE') return true;
  const cut = draft(v);
  coerceRegToSize(cut, size);
  return holdsNumber(cut, value);
}

/** A machine as the comparison needs it. `ctx`: what R1 held at the start. */
export function concreteOf(machine: Machine, arena: Arena, ctx: bigint | undefined): Concrete {
  return {
    depth: machine.depth,
    register: (reg, depth) => machine.register(reg, depth),
    bytes: (address, length) => arena.bytes(address, length),
    ctx,
    packet: { first: undefined, end: undefined },
  };
}
