/** Maps, ring buffers, perf rings. */

import type { MapName } from '../maps.ts';
import type { Arg, Step } from '../steps.ts';
import { flags, input, number } from '../values.ts';
import type { Gen, RowTable } from './row.ts';

const TABLES = ['hash', 'array', 'lru_hash', 'percpu_hash', 'percpu_array', 'lru_percpu_hash', 'lpm_trie'] as const;
const queues = ({ hook }: Gen) => (hook.progType === 'syscall' ? QUEUES.slice(0, 2) : QUEUES);
const QUEUES = ['queue', 'stack', 'bloom_filter'] as const;

const key = ({ r }: Gen): Arg => ({ in: 4 * r.below(3) });
const value = ({ r }: Gen): Arg => ({ in: 64 + 8 * r.below(8) });
const mapFlags = ({ r }: Gen): bigint => r.pick([0n, 0n, 1n, 2n, 3n, 4n, 8n, 1n << 32n]);

const update = (g: Gen, type: MapName): Step =>
  g.call('bpf_map_update_elem', [{ map: g.maps.get(type) }, key(g), value(g), mapFlags(g)]);
const push = (g: Gen, type: MapName): Step =>
  g.call('bpf_map_push_elem', [{ map: g.maps.get(type) }, value(g), g.r.pick([0n, 0n, 2n, 1n, 3n])]);
const some = (g: Gen, step: () => Step): Step[] => Array.from({ length: g.r.below(3) }, step);

/** A record's flags: which CPU's ring, how many bytes of the packet. */
const perfFlags = ({ r }: Gen): bigint => {
  const index = r.pick([0n, 1n, 2n, 5n, 0xffffffffn, 0xffffffffn, number(r) & 0xffffffffn]);
  return index | r.pick([0n, 0n, 14n << 32n, 100n << 32n, 20n << 32n, 0xfffffn << 32n, 1n << 52n, 1n << 63n]);
};

export const mapRows: RowTable = {
  bpf_map_lookup_elem: (g) => {
    const type = g.r.pick(TABLES);
    return [
      ...some(g, () => update(g, type)),
      g.call('bpf_map_lookup_elem', [{ map: g.maps.get(type) }, key(g)], 'bump'),
    ];
  },
  bpf_map_update_elem: (g) => [update(g, g.r.pick(TABLES))],
  bpf_map_delete_elem: (g) => {
    const type = g.r.pick(TABLES);
    return [...some(g, () => update(g, type)), g.call('bpf_map_delete_elem', [{ map: g.maps.get(type) }, key(g)])];
  },
  bpf_map_lookup_percpu_elem: (g) => {
    const type = g.r.pick(['percpu_hash', 'percpu_array', 'lru_percpu_hash'] as const);
    const cpu = g.r.pick([0n, 0n, 1n, 99n, number(g.r)]);
    return [
      ...some(g, () => update(g, type)),
      g.call('bpf_map_lookup_percpu_elem', [{ map: g.maps.get(type) }, key(g), cpu], 'bump'),
    ];
  },
  bpf_map_push_elem: (g) => [push(g, g.r.pick(queues(g)))],
  bpf_map_pop_elem: (g) => {
    const type = g.r.pick(['queue', 'stack'] as const);
    return [
      ...some(g, () => push(g, type)),
      g.call('bpf_map_pop_elem', [{ map: g.maps.get(type) }, { out: 8 * g.r.below(9) }]),
    ];
  },
  bpf_map_peek_elem: (g) => {
    const type = g.r.pick(queues(g));
    const at: Arg = type === 'bloom_filter' ? value(g) : { out: 8 * g.r.below(9) };
    return [...some(g, () => push(g, type)), g.call('bpf_map_peek_elem', [{ map: g.maps.get(type) }, at])];
  },
  bpf_for_each_map_elem: (g) => {
    const type = g.r.pick(['hash', 'array', 'lru_hash', 'percpu_hash', 'percpu_array'] as const);
    // The order of a hash table is drawn when it is made.
    const stopAt = type.endsWith('array') ? g.r.pick([0, 1, 2, 100]) : 100;
    const walk = g.call('bpf_for_each_map_elem', [
      { map: g.maps.get(type) },
      { callback: 'element', stopAt },
      0n,
      g.r.pick([0n, 0n, 0n, 1n, 1n << 40n]),
    ]);
    return [...some(g, () => update(g, type)), walk];
  },
  bpf_loop: (g) => {
    const count = g.r.pick([0n, 1n, 2n, 7n, 50n, 0x80_0001n, 1n << 32n, BigInt(g.r.below(100)), 'last' as const]);
    const loop: Arg = { callback: 'loop', stopAt: g.r.pick([0, 1, 6, 40, 1000]) };
    const call = g.call('bpf_loop', [count, loop, 0n, g.r.pick([0n, 0n, 0n, 1n, 1n << 40n])]);
    return [call];
  },
  bpf_ringbuf_output: (g) => [
    g.call('bpf_ringbuf_output', [
      { map: g.maps.get('ringbuf') },
      input(g.r),
      BigInt(g.r.pick([0, 1, 8, 100, 256])),
      g.r.pick([0n, 1n, 2n, 3n, 4n, 1n << 32n]),
    ]),
    ...query(g),
  ],
  bpf_ringbuf_reserve: (g) => reserve(g),
  bpf_ringbuf_submit: (g) => reserve(g, 'bpf_ringbuf_submit'),
  bpf_ringbuf_discard: (g) => reserve(g, 'bpf_ringbuf_discard'),
  bpf_ringbuf_query: (g) => query(g),
  bpf_perf_event_output: (g) => [
    g.call('bpf_perf_event_output', [
      'ctx',
      { map: g.maps.get('perf_event_array') },
      perfFlags(g),
      input(g.r),
      BigInt(g.r.pick([0, 8, 64, 200])),
    ]),
  ],
  bpf_tail_call: (g) => [
    g.call(
      'bpf_tail_call',
      ['ctx', { map: g.maps.get('prog_array') }, g.r.pick([0n, 0n, 1n, 4n, 0xffffffffn, number(g.r)])],
      'ignore',
    ),
  ],
};

function query({ r, maps, call }: Gen): Step[] {
  return [call('bpf_ringbuf_query', [{ map: maps.get('ringbuf') }, r.pick([0n, 1n, 2n, 3n, 4n, number(r)])])];
}

function reserve(g: Gen, end?: 'bpf_ringbuf_submit' | 'bpf_ringbuf_discard'): Step[] {
  const { r, maps, call } = g;
  const size = BigInt(r.pick([8, 16, 100, 1000, 3000, 4080, 4088, 4089]));
  const hold = call('bpf_ringbuf_reserve', [{ map: maps.get('ringbuf') }, size, flags(r, 0)]);
  const finish = end ?? r.pick(['bpf_ringbuf_submit', 'bpf_ringbuf_discard'] as const);
  const release = call(finish, ['held', r.pick([0n, 1n, 2n, number(r)])], 'ignore');
  return [{ hold, body: [{ held: 0, write: BigInt(r.next()) }, ...query(g), release] }, ...query(g)];
}
