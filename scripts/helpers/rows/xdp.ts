/** XDP packets. */
import { input, offset, output, s64, size } from '../values.ts';
import type { RowTable } from './row.ts';

const HEAD = [-300, -256, -216, -217, -100, -20, -4, 0, 4, 14, 40, 60, 1000] as const;
const META = [-300, -256, -252, -216, -100, -32, -8, -4, -3, 0, 4, 8] as const;
const TAIL = [-2000, -100, -46, -20, -4, 0, 4, 14, 400, 3000, 3400, 3460, 3600] as const;

export const xdpRows: RowTable = {
  bpf_xdp_adjust_head: ({ r, call }) => [call('bpf_xdp_adjust_head', ['ctx', s64(r.pick(HEAD))])],
  bpf_xdp_adjust_meta: ({ r, call }) => [call('bpf_xdp_adjust_meta', ['ctx', s64(r.pick(META))])],
  bpf_xdp_adjust_tail: ({ r, call }) => [call('bpf_xdp_adjust_tail', ['ctx', s64(r.pick(TAIL))])],
  bpf_xdp_load_bytes: ({ r, call }) => [call('bpf_xdp_load_bytes', ['ctx', offset(r), output(r), BigInt(size(r))])],
  bpf_xdp_store_bytes: ({ r, call }) => [
    call('bpf_xdp_store_bytes', ['ctx', offset(r), input(r, 100), BigInt(size(r))]),
  ],
};
