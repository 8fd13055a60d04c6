/** Sockets: look-ups, casts, storage. */
import type { HelperName } from '../../../src/spec/helpers/params.ts';
import type { Arg, Step } from '../steps.ts';
import { number } from '../values.ts';
import type { Gen, RowTable } from './row.ts';

/** Nobody listens, so that only the arguments decide. */
const lookup =
  (name: 'bpf_sk_lookup_tcp' | 'bpf_sk_lookup_udp' | 'bpf_skc_lookup_tcp') =>
  ({ r, call }: Gen): Step[] => {
    const netns = r.pick([0xffffffffffffffffn, 0n, 1n, 1n << 33n, 0xffffffffn, number(r)]);
    const size = BigInt(r.pick([12, 36, 0, 11, 40]));
    const hold = call(name, ['ctx', { in: 64 }, size, netns, r.pick([0n, 0n, 1n, 1n << 32n])]);
    return [{ hold, body: [call('bpf_sk_release', ['held'])] }];
  };

/** Steps on the context's socket; nothing where there is none. */
export function withSocket({ hook }: Gen, full: boolean, body: readonly Step[]): Step[] {
  return hook.sock ? [{ hold: { ...hook.sock, full: full && hook.sock.full }, body }] : [];
}

/** A helper on the context's socket. */
const onSocket =
  (name: HelperName, args: (g: Gen) => readonly Arg[], full: boolean, result?: 'pointer') =>
  (g: Gen): Step[] =>
    withSocket(g, full, [g.call(name, args(g), result)]);

const storage = (g: Gen): Step =>
  g.r.bool(0.7)
    ? g.call(
        'bpf_sk_storage_get',
        [
          { map: g.maps.get('sk_storage') },
          'held',
          g.r.bool(0.5) ? { in: 8 * g.r.below(8) } : 0n,
          g.r.pick([0n, 1n, 1n, 2n, 1n << 32n]),
        ],
        'bump',
      )
    : g.call('bpf_sk_storage_delete', [{ map: g.maps.get('sk_storage') }, 'held']);
const storages = (g: Gen): Step[] =>
  withSocket(
    g,
    true,
    Array.from({ length: 1 + g.r.below(4) }, () => storage(g)),
  );

/** sk_lookup programs may take an assignment back. */
const assign = (g: Gen): Step[] => {
  const flags = g.r.pick([0n, 0n, 1n, 2n, 3n, 4n, 1n << 32n]);
  if (g.hook.progType === 'sk_lookup' && g.r.bool(0.5)) return [g.call('bpf_sk_assign', ['ctx', 0n, flags])];
  return withSocket(g, true, [g.call('bpf_sk_assign', ['ctx', 'held', flags])]);
};

export const sockRows: RowTable = {
  bpf_sk_lookup_tcp: lookup('bpf_sk_lookup_tcp'),
  bpf_sk_lookup_udp: lookup('bpf_sk_lookup_udp'),
  bpf_skc_lookup_tcp: lookup('bpf_skc_lookup_tcp'),
  bpf_sk_release: (g) =>
    g.hook.progType === 'sk_lookup'
      ? withSocket(g, false, [g.call('bpf_sk_release', ['held'])])
      : lookup('bpf_sk_lookup_tcp')(g),
  bpf_sk_fullsock: onSocket('bpf_sk_fullsock', () => ['held'], false, 'pointer'),
  bpf_tcp_sock: onSocket('bpf_tcp_sock', () => ['held'], true, 'pointer'),
  bpf_get_listener_sock: onSocket('bpf_get_listener_sock', () => ['held'], true, 'pointer'),
  bpf_sk_assign: assign,
  // Cookies count up from boot on.
  bpf_get_socket_cookie: ({ call }) => [call('bpf_get_socket_cookie', ['ctx'], 'nonzero')],
  bpf_sk_storage_get: storages,
  bpf_sk_storage_delete: storages,
};
