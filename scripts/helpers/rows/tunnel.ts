/** Tunnel metadata. */
import type { Random } from '../../../test/random.ts';
import { KEY_IPV4, KEY_IPV6 } from '../input.ts';
import type { Step } from '../steps.ts';
import { flags, input, output } from '../values.ts';
import type { Gen, RowTable } from './row.ts';

const tunnelSize = (r: Random): bigint => BigInt(r.pick([44, 44, 44, 28, 24, 22, 8, 12, 1]));
const optSize = (r: Random): bigint => BigInt(r.pick([4, 8, 16, 64, 252, 5, 3, 256, 100]));

const set = ({ r, call }: Gen): Step => {
  const ipv6 = r.bool(0.5);
  const key = r.bool(0.9) ? { in: ipv6 ? KEY_IPV6 : KEY_IPV4 } : input(r, 64);
  return call('bpf_skb_set_tunnel_key', ['ctx', key, tunnelSize(r), flags(r, 0x1e) | (ipv6 ? 1n : 0n)]);
};
const get = ({ r, call }: Gen): Step =>
  call('bpf_skb_get_tunnel_key', ['ctx', output(r), tunnelSize(r), flags(r, 0x11)]);
const setOpt = ({ r, call }: Gen): Step => call('bpf_skb_set_tunnel_opt', ['ctx', input(r), optSize(r)]);
const getOpt = ({ r, call }: Gen): Step =>
  call('bpf_skb_get_tunnel_opt', ['ctx', output(r), BigInt(r.pick([4, 8, 16, 64, 100, 5, 256]))]);

const sometimes = (g: Gen, step: (g: Gen) => Step): Step[] => (g.r.bool(0.6) ? [step(g)] : []);

export const tunnelRows: RowTable = {
  bpf_skb_set_tunnel_key: (g) => [set(g), ...sometimes(g, get)],
  bpf_skb_get_tunnel_key: (g) => [...sometimes(g, set), ...sometimes(g, setOpt), get(g)],
  bpf_skb_set_tunnel_opt: (g) => [...sometimes(g, set), setOpt(g), ...sometimes(g, getOpt), ...sometimes(g, get)],
  bpf_skb_get_tunnel_opt: (g) => [...sometimes(g, set), ...sometimes(g, setOpt), getOpt(g)],
};
