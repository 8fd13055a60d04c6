/** Lightweight tunnels. */
import type { Arg, Step } from '../steps.ts';
import { input, number } from '../values.ts';
import type { Gen, RowTable } from './row.ts';

const HEADER_AT = 96;

/** The first words of a header on the stack, random bytes behind them. */
function header({ r }: Gen, bytes: readonly number[]): Step[] {
  const words = [...bytes, ...r.bytes(HEADER_AT - bytes.length)];
  const word = (at: number): bigint =>
    words.slice(at, at + 8).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return Array.from({ length: HEADER_AT / 8 }, (_, i) => ({ stack: 8 * i - HEADER_AT, value: word(8 * i) }));
}

function ipHeader(g: Gen): Step[] {
  const { r } = g;
  if (r.bool(0.3)) return header(g, [0x60, 0, 0, 0, ...r.bytes(2), 47, 64]);
  const check = r.bool(0.7) ? [0, 0] : r.bytes(2);
  return header(g, [
    r.pick([0x45, 0x45, 0x46, 0x4f, 0x42, 0x40, r.below(256)]),
    ...r.bytes(9),
    ...check,
    ...r.bytes(8),
  ]);
}

/** A segment routing header that says something is wrong with it: a sound one crashes the kernel in a test run. */
function srHeader(g: Gen): Step[] {
  const { r } = g;
  const bad = r.pick([
    [0, 2, 3, 0, 0],
    [0, 2, 4, 1, 0],
    [0, 3, 4, 0, 0],
    [0, 2, 4, 0, 1],
    [6, 2, 4, 255, 255],
  ]);
  return header(g, [...bad, 0, 0, 0]);
}

const stack: Arg = { stack: -HEADER_AT };

export const lwtRows: RowTable = {
  bpf_lwt_push_encap: (g) => {
    const { r, call } = g;
    const push = (type: bigint, arg: Arg, size: number): Step =>
      call('bpf_lwt_push_encap', ['ctx', type, arg, BigInt(size)]);
    if (r.bool(0.15)) return [...srHeader(g), push(BigInt(r.below(2)), stack, r.pick([24, 24, 8, 40]))];
    if (r.bool(0.1)) return [push(2n + (number(r) & ~3n), input(r), r.pick([20, 40, 256, 1]))];
    return [...ipHeader(g), push(2n, stack, r.pick([20, 20, 24, 28, 36, 40, 44, 60, 96, 19, 21, 8]))];
  },
};
