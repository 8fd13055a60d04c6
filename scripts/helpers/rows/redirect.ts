/** Where packets go. */
import { flags, input, number, u64 } from '../values.ts';
import type { RowTable } from './row.ts';

export const redirectRows: RowTable = {
  bpf_redirect: ({ r, call }) => [call('bpf_redirect', [r.pick([0n, 1n, 2n, number(r)]), flags(r, 1)])],
  bpf_redirect_peer: ({ r, call }) => [call('bpf_redirect_peer', [r.pick([1n, number(r)]), flags(r, 0)])],
  bpf_redirect_neigh: ({ r, call }) => [
    call('bpf_redirect_neigh', [
      r.pick([1n, number(r)]),
      ...(r.bool(0.3) ? ([0n, 0n] as const) : ([input(r), BigInt(r.pick([20, 24, 8, 19, 0]))] as const)),
      flags(r, 0),
    ]),
  ],
  bpf_clone_redirect: ({ r, call }) => [
    call('bpf_clone_redirect', ['ctx', r.pick([1n, 1n, 1n, 0n, 77n, u64(r)]), flags(r, 1)]),
  ],
  bpf_redirect_map: ({ r, maps, call }) => {
    const type = r.pick(['devmap', 'devmap_hash', 'cpumap', 'xskmap'] as const);
    const flagBits = r.pick([0n, 1n, 2n, 3n, 4n, 8n, 0x18n, 8n | 2n, 1n << 40n]);
    return [call('bpf_redirect_map', [{ map: maps.get(type) }, r.pick([0n, 1n, 7n, 4n, number(r)]), flagBits])];
  },
  bpf_fib_lookup: ({ r, call }) => [
    call('bpf_fib_lookup', ['ctx', { out: 128 * r.below(3) }, BigInt(r.pick([64, 64, 63, 70])), flags(r, 0x3f)]),
  ],
};
