/** SipHash-2-4 over bytes, on pairs of 32-bit halves. */
import { add64 } from '../isa/wide.ts';

/** 128 bits: low and high half of the first key word, then of the second. */
export type SiphashKey = readonly [number, number, number, number];

const INIT = [0x70736575, 0x736f6d65, 0x6e646f6d, 0x646f7261, 0x6e657261, 0x6c796765, 0x79746573, 0x74656462] as const;

/** Rotates the pair at `at` left by fewer than 32 bits. */
function rotate(v: Int32Array, at: number, by: number): void {
  const lo = v[at]!;
  const hi = v[at + 1]!;
  v[at] = (lo << by) | (hi >>> (32 - by));
  v[at + 1] = (hi << by) | (lo >>> (32 - by));
}

function rotate32(v: Int32Array, at: number): void {
  const lo = v[at]!;
  v[at] = v[at + 1]!;
  v[at + 1] = lo;
}

function addTo(v: Int32Array, to: number, from: number): void {
  add64(v, to, v[from]!, v[from + 1]!);
}

function xorTo(v: Int32Array, to: number, from: number): void {
  v[to] = v[to]! ^ v[from]!;
  v[to + 1] = v[to + 1]! ^ v[from + 1]!;
}

/** Words 0, 2, 4, 6 are where v0 to v3 begin. */
function round(v: Int32Array): void {
  addTo(v, 0, 2);
  rotate(v, 2, 13);
  xorTo(v, 2, 0);
  rotate32(v, 0);
  addTo(v, 4, 6);
  rotate(v, 6, 16);
  xorTo(v, 6, 4);
  addTo(v, 0, 6);
  rotate(v, 6, 21);
  xorTo(v, 6, 0);
  addTo(v, 4, 2);
  rotate(v, 2, 17);
  xorTo(v, 2, 4);
  rotate32(v, 4);
}

/** The hash of all `bytes` as low and high half. */
export function siphash(bytes: Uint8Array, key: SiphashKey): readonly [number, number] {
  const v = Int32Array.from(INIT, (word, i) => word ^ key[i & 3]!);
  const padded = new Uint8Array((bytes.length & ~7) + 8);
  padded.set(bytes);
  padded[padded.length - 1] = bytes.length;
  const dv = new DataView(padded.buffer);
  for (let at = 0; at < padded.length; at += 8) {
    const lo = dv.getInt32(at, true);
    const hi = dv.getInt32(at + 4, true);
    v[6] = v[6]! ^ lo;
    v[7] = v[7]! ^ hi;
    round(v);
    round(v);
    v[0] = v[0]! ^ lo;
    v[1] = v[1]! ^ hi;
  }
  v[4] = v[4]! ^ 0xff;
  for (let i = 0; i < 4; i++) round(v);
  return [v[0]! ^ v[2]! ^ v[4]! ^ v[6]!, v[1]! ^ v[3]! ^ v[5]! ^ v[7]!];
}
