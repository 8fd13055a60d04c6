/** Random arguments, good and bad, for what a helper's row says. */
import { argKind } from '../../src/spec/helpers/kinds.ts';
import type { HelperRow } from '../../src/spec/helpers/row.ts';
import type { Random } from '../../test/random.ts';
import { INPUT_SIZE } from './code.ts';
import type { MapSet } from './maps.ts';
import type { Arg } from './steps.ts';

export const u32 = (r: Random): bigint => BigInt(r.next());
export const u64 = (r: Random): bigint => (BigInt(r.next()) << 32n) | BigInt(r.next());
export const s64 = (value: number): bigint => BigInt.asUintN(64, BigInt(value));

/** Offsets into packets: in and around headers, past the end, out of range. */
export function offset(r: Random): bigint {
  return r.weighted<bigint>([
    [8, () => BigInt(r.below(80))],
    [3, () => BigInt(2 * r.below(60))],
    [1, () => r.pick([0xffffn, 0x10000n, 0x7fffffffn, 0x80000000n, 0xffffffffn, 0xfffen, s64(-1), 1n << 32n])],
    [1, () => BigInt(r.below(300))],
  ]);
}

/** Flags: mostly valid bits, sometimes others. */
export function flags(r: Random, valid: number): bigint {
  const good = BigInt((r.next() & valid) >>> 0);
  return r.weighted<bigint>([
    [8, () => good],
    [3, () => 0n],
    [1, () => good | (1n << BigInt(r.below(64)))],
  ]);
}

export const size = (r: Random): number => r.pick([1, 2, 4, 6, 8, 14, 20, 40, 64, 100]);

/** Bytes of the input map, `room` of them. */
export const input = (r: Random, room = 256): Arg => ({ in: 4 * r.below((INPUT_SIZE - room) / 4 + 1) });
/** A buffer for output: there is room for 128 bytes in each, for more in the first ones. */
export const output = (r: Random): Arg => ({ out: 128 * r.below(4) });

/** Numbers that any argument might be. */
export function number(r: Random): bigint {
  return r.weighted<bigint>([
    [6, () => BigInt(r.below(8))],
    [3, () => BigInt(r.below(200))],
    [2, () => u32(r)],
    [1, () => u64(r)],
    [1, () => r.pick([s64(-1), 1n << 31n, 1n << 32n, 0x7fffffffn, 1n << 63n])],
  ]);
}

function scalar(r: Random, param: string): Arg {
  if (r.bool(0.04)) return 'last';
  if (/flags/.test(param)) return flags(r, 7);
  if (/^off/.test(param)) return offset(r);
  if (/ifindex/.test(param)) return r.pick([0n, 1n, 1n, 1n, 2n, 77n, u32(r)]);
  if (/len|size/.test(param)) return r.pick([0n, BigInt(size(r)), BigInt(r.below(300)), number(r)]);
  return number(r);
}

/** Kinds that need an object of their own, which a row must make. */
const NEEDS_ROW = new Set([
  'ARG_PTR_TO_SPIN_LOCK',
  'ARG_PTR_TO_BTF_ID',
  'ARG_PTR_TO_RINGBUF_MEM',
  'ARG_PTR_TO_PERCPU_BTF_ID',
  'ARG_PTR_TO_FUNC',
  'ARG_PTR_TO_CONST_STR',
  'ARG_PTR_TO_TIMER',
  'ARG_KPTR_XCHG_DEST',
  'ARG_PTR_TO_DYNPTR',
]);
const SOCKETS = new Set(['ARG_PTR_TO_SOCK_COMMON', 'ARG_PTR_TO_SOCKET', 'ARG_PTR_TO_BTF_ID_SOCK_COMMON']);

/** Can arguments be made from the row alone? */
export function derivable(row: HelperRow): boolean {
  return !row.args.some((arg) => NEEDS_ROW.has(argKind(arg).base));
}

/** Does an argument stand for a socket, which a `hold` step must bring? */
export function wantsSocket(row: HelperRow): boolean {
  return row.args.some((arg) => SOCKETS.has(argKind(arg).base));
}

/** Random arguments as the row says; a socket is what is held. */
export function derived(r: Random, row: HelperRow, maps: MapSet): Arg[] {
  const args: Arg[] = [];
  row.args.forEach((arg, i) => {
    if (args.length > i) return;
    const { base, flags: kindFlags } = argKind(arg);
    const written = kindFlags.has('MEM_UNINIT') || kindFlags.has('MEM_WRITE') || !kindFlags.has('MEM_RDONLY');
    if (base === 'ARG_PTR_TO_CTX') args.push('ctx');
    else if (SOCKETS.has(base)) args.push('held');
    else if (base === 'ARG_CONST_MAP_PTR') args.push({ map: maps.any(r) });
    else if (base === 'ARG_PTR_TO_MAP_KEY') args.push({ in: 4 * r.below(4) });
    else if (base === 'ARG_PTR_TO_MAP_VALUE') {
      args.push(
        kindFlags.has('PTR_MAYBE_NULL') && r.bool(0.4)
          ? 0n
          : kindFlags.has('MEM_UNINIT')
            ? output(r)
            : { in: 8 * r.below(8) },
      );
    } else if (base === 'ARG_PTR_TO_STACK') args.push({ stack: -96 });
    else if (base === 'ARG_PTR_TO_MEM' && kindFlags.has('MEM_FIXED_SIZE')) {
      args.push(written ? { out: 8 * r.below(16) } : { in: 8 * r.below(16) });
    } else if (base === 'ARG_PTR_TO_MEM') {
      const next = row.args[i + 1] === undefined ? undefined : argKind(row.args[i + 1]!).base;
      const none = kindFlags.has('PTR_MAYBE_NULL') && r.bool(0.2);
      const zero = next === 'ARG_CONST_SIZE_OR_ZERO' && r.bool(0.1);
      const length = none || zero ? 0 : r.bool(0.9) ? size(r) : r.pick([128, 200, 256]);
      args.push(none ? 0n : written ? output(r) : input(r), BigInt(length));
    } else args.push(scalar(r, row.params[i]!));
  });
  return args;
}
