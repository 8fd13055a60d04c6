/** Checksums. */
import type { Random } from '../../../test/random.ts';
import { flags, input, number, offset, s64, u32, u64 } from '../values.ts';
import type { RowTable } from './row.ts';

const csumFlags = (r: Random, valid: number): bigint =>
  r.bool(0.85) ? BigInt(r.pick([0, 2, 4, 2, 4]) | (r.next() & valid)) : flags(r, valid | 15);
/** The fields' old value: of the right size, or none for a difference. */
const before = (r: Random): bigint => r.pick([0n, 0n, u32(r) & 0xffffn, u32(r), u64(r)]);

export const csumRows: RowTable = {
  bpf_l3_csum_replace: ({ r, call }) => [
    call('bpf_l3_csum_replace', ['ctx', offset(r), before(r), u64(r), csumFlags(r, 0)]),
  ],
  bpf_l4_csum_replace: ({ r, call }) => [
    call(
      'bpf_l4_csum_replace',
      r.bool(0.7)
        ? ['ctx', offset(r), before(r), u64(r), csumFlags(r, 0x70)]
        : ['ctx', offset(r), 0n, u64(r), 0x80n | csumFlags(r, 0x70)],
    ),
  ],
  bpf_csum_diff: ({ r, call }) => [
    call('bpf_csum_diff', [
      ...(r.bool(0.2) ? [0n, 0n] : [input(r), BigInt(r.pick([0, 2, 4, 8, 16, 40, 256, 512 - 256]))]),
      ...(r.bool(0.2) ? [0n, 0n] : [input(r), BigInt(r.pick([0, 3, 4, 12, 20, 252, 256]))]),
      r.pick([0n, u32(r), u64(r), s64(-1), 'last']),
    ]),
  ],
  bpf_csum_update: ({ r, call }) => [call('bpf_csum_update', ['ctx', r.pick([u64(r), number(r), 'last'])])],
  bpf_csum_level: ({ r, call }) => [call('bpf_csum_level', ['ctx', r.pick([0n, 1n, 2n, 3n, 4n, 1n, 0n, 1n << 32n])])],
};
