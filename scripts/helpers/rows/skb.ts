/** Bytes, size, headers and metadata of socket buffers. */
import { flags, input, number, offset, output, s64, size, u32, u64 } from '../values.ts';
import type { Gen, RowTable } from './row.ts';

const ADJ = { FIXED_GSO: 1n, NO_CSUM_RESET: 0x20n, ENCAP_L2_ETH: 0x40n } as const;

const room = ({ r }: Gen): bigint => {
  const some = r.pick([0, 1, 4, 8, 14, 20, 28, 36, 40, 48, 50, 4095, 4096, 2000, 65536]);
  return s64(r.bool(0.6) ? some : -some);
};

/** Encapsulation: outer and inner headers in all combinations, the length of the inner link header in the top byte. */
function encap(g: Gen): bigint {
  const { r } = g;
  const l3 = r.pick([2n, 4n, 2n, 4n, 6n]);
  const l4 = r.pick([0n, 8n, 16n, 24n]);
  const l2 = r.pick([
    0n,
    0n,
    ADJ.ENCAP_L2_ETH | (14n << 56n),
    14n << 56n,
    ADJ.ENCAP_L2_ETH | (13n << 56n),
    200n << 56n,
  ]);
  return l3 | l4 | l2 | flags(r, 0x21);
}

const ROOM_MODES = {
  plain: (g: Gen) => [room(g), BigInt(g.r.below(3)), flags(g.r, 0x21)] as const,
  grow: (g: Gen) => [s64(g.r.pick([8, 20, 28, 36, 40, 42, 48, 50, 54])), g.r.pick([0n, 1n, 1n, 1n]), encap(g)] as const,
  any: (g: Gen) => [room(g), BigInt(g.r.below(3)), encap(g) | flags(g.r, 0x1ff)] as const,
  shrink: ({ r }: Gen) =>
    [
      s64(-r.pick([0, 4, 8, 14, 20, 28, 40, 48])),
      BigInt(r.below(2)),
      r.pick([0x80n, 0x100n, 0x180n, 0x20n, 0n, 1n, 0x81n, 0x101n]),
    ] as const,
} as const;

export const skbRows: RowTable = {
  bpf_skb_store_bytes: ({ r, call }) => [
    call('bpf_skb_store_bytes', ['ctx', offset(r), input(r, 100), BigInt(size(r)), flags(r, 3)]),
  ],
  bpf_skb_load_bytes: ({ r, call }) => [call('bpf_skb_load_bytes', ['ctx', offset(r), output(r), BigInt(size(r))])],
  bpf_skb_load_bytes_relative: ({ r, call }) => [
    call('bpf_skb_load_bytes_relative', [
      'ctx',
      offset(r),
      output(r),
      BigInt(size(r)),
      r.pick([0n, 1n, 1n, 0n, 2n, number(r)]),
    ]),
  ],
  bpf_skb_pull_data: ({ r, call }) => [call('bpf_skb_pull_data', ['ctx', r.pick([0n, offset(r)])])],
  bpf_skb_change_tail: ({ r, call }) => [
    call('bpf_skb_change_tail', [
      'ctx',
      r.pick([offset(r), BigInt(r.below(400)), BigInt(r.below(2000)), 16064n, 16065n]),
      flags(r, 0),
    ]),
  ],
  bpf_skb_change_head: ({ r, call }) => [
    call('bpf_skb_change_head', [
      'ctx',
      // No more than INT_MAX less a page: longer ones crash the kernel when the packet is a large segment.
      r.pick([BigInt(r.below(64)), BigInt(r.below(300)), 14n, 16000n, 16064n, u32(r) >> 2n]),
      flags(r, 0),
    ]),
  ],
  bpf_skb_change_proto: ({ r, call }) => [
    call('bpf_skb_change_proto', ['ctx', r.pick([0x8n, 0xdd86n, 0xdd86n, 0x8n, 0x608n, 0x10008n]), flags(r, 0)]),
  ],
  bpf_skb_change_type: ({ r, call }) => [call('bpf_skb_change_type', ['ctx', r.pick([BigInt(r.below(8)), number(r)])])],
  bpf_skb_adjust_room: (g) => {
    const mode = g.r.pick(['plain', 'grow', 'grow', 'any', 'shrink', 'shrink'] as const);
    return [g.call('bpf_skb_adjust_room', ['ctx', ...ROOM_MODES[mode](g)])];
  },
  bpf_skb_vlan_push: ({ r, call }) => [
    call('bpf_skb_vlan_push', [
      'ctx',
      r.pick([0x81n, 0xa888n, 0x81n, 0n, 0x8100n, 0x10081n]),
      r.pick([0n, u32(r), u64(r)]),
    ]),
  ],
  bpf_set_hash: ({ r, call }) => [
    call('bpf_set_hash', ['ctx', r.pick([0n, u64(r)])]),
    ...(r.bool(0.5) ? [call('bpf_get_hash_recalc', ['ctx'])] : []),
  ],
  // The kernel's hash is keyed by a number that is drawn at boot.
  bpf_get_hash_recalc: ({ call }) => [call('bpf_get_hash_recalc', ['ctx'], 'nonzero')],
  bpf_skb_set_tstamp: ({ r, call }) => [
    call('bpf_skb_set_tstamp', ['ctx', r.pick([0n, u64(r), u64(r) >> 1n]), r.pick([BigInt(r.below(5)), number(r)])]),
  ],
  bpf_skb_get_xfrm_state: ({ r, call }) => [
    call('bpf_skb_get_xfrm_state', ['ctx', number(r), output(r), BigInt(r.pick([28, 28, 8, 32])), flags(r, 0)]),
  ],
};
