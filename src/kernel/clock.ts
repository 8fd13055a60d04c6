/** The virtual clock: seconds and nanoseconds since boot, advanced only by whoever runs the simulation. */
import { add64, mul64 } from '../isa/wide.ts';

/** Time since boot; `nsec` is below 10^9. */
export interface Clock {
  readonly sec: number;
  /** 0 … 999,999,999 */
  readonly nsec: number;
}

const GIGA = 1_000_000_000;

/** A clock that stands at a number of nanoseconds. */
export function clockAt(ns: bigint): Clock {
  return { sec: Number(ns / BigInt(GIGA)), nsec: Number(ns % BigInt(GIGA)) };
}

/** The clock some nanoseconds later. */
export function clockAfter({ sec, nsec }: Clock, ns: bigint): Clock {
  const later = nsec + Number(ns);
  if (later < GIGA) return { sec, nsec: later };
  return clockAt(BigInt(sec) * BigInt(GIGA) + BigInt(nsec) + ns);
}

/** Nanoseconds since boot as two 32-bit halves. */
export function clockNs(clock: Clock): readonly [number, number] {
  const r = new Int32Array([clock.sec | 0, Math.floor(clock.sec / 2 ** 32) | 0]);
  mul64(r, 0, GIGA, 0);
  add64(r, 0, clock.nsec, 0);
  return [r[0]!, r[1]!];
}

/** Ticks since boot at 250 Hz, from the kernel's start value five minutes before the counter's 32-bit wrap. */
export function clockJiffies(clock: Clock): readonly [number, number] {
  const INITIAL = 0xfffe_db08;
  const ticks = clock.sec * 250 + Math.floor(clock.nsec / 4_000_000) + INITIAL;
  return [ticks | 0, Math.floor(ticks / 2 ** 32) | 0];
}
