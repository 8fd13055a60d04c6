/** Objects that programs keep on the stack or in map values: dynptrs, locks, timers; storage of the current task. */
import type { Arg, Step } from '../steps.ts';
import { input, number, output } from '../values.ts';
import type { Gen, RowTable } from './row.ts';

const LOCAL = { stack: -128 } as const;
const RESERVED = { stack: -144 } as const;

const offset = ({ r }: Gen): bigint => r.pick([0n, 0n, 1n, 8n, BigInt(r.below(140)), number(r)]);
const flags = ({ r }: Gen): bigint => r.pick([0n, 0n, 0n, 0n, 1n, 1n << 40n]);
const length = ({ r }: Gen): bigint => BigInt(r.pick([0, 1, 4, 8, 64, 100, 128]));

const make = (g: Gen): Step => g.call('bpf_dynptr_from_mem', [{ out: 512 }, length(g), flags(g), LOCAL]);
const read = (g: Gen, from: Arg = LOCAL): Step =>
  g.call('bpf_dynptr_read', [output(g.r), length(g), from, offset(g), flags(g)]);
const write = (g: Gen, to: Arg = LOCAL): Step =>
  g.call('bpf_dynptr_write', [to, offset(g), input(g.r, 128), length(g), flags(g)]);
const data = (g: Gen, of: Arg = LOCAL): Step => {
  const hold = g.call('bpf_dynptr_data', [of, offset(g), BigInt(g.r.pick([8, 16, 64, 128]))]);
  return { hold, body: [{ held: 0, ...(g.r.bool(0.5) && { write: BigInt(g.r.next()) }) }] };
};

function reserve(g: Gen): Step[] {
  const { r, maps, call } = g;
  const size = r.pick([8n, 16n, 100n, 3000n, 4088n, 4089n, number(r)]);
  const end = r.pick(['bpf_ringbuf_submit_dynptr', 'bpf_ringbuf_discard_dynptr'] as const);
  return [
    call('bpf_ringbuf_reserve_dynptr', [{ map: maps.get('ringbuf') }, size, flags(g), RESERVED]),
    write(g, RESERVED),
    ...(r.bool(0.5) ? [read(g, RESERVED), data(g, RESERVED)] : []),
    call(end, [RESERVED, r.pick([0n, 1n, 2n, number(r)])], 'ignore'),
    call('bpf_ringbuf_query', [{ map: maps.get('ringbuf') }, BigInt(r.below(4))]),
  ];
}

const element = (g: Gen, map: 'locked' | 'timed', body: readonly Step[]): Step[] => [
  { hold: g.call('bpf_map_lookup_elem', [{ map: g.maps.get(map) }, { in: 4 * g.r.below(3) }]), body },
];

const lock = (g: Gen): Step[] =>
  element(g, 'locked', [
    g.call('bpf_spin_lock', ['held'], 'ignore'),
    { held: 16, write: BigInt(g.r.next()) },
    g.call('bpf_spin_unlock', ['held'], 'ignore'),
    { held: 16 },
  ]);

/** Timers that never fire while the program runs. */
const HOURS = 1n << 50n;

function timer(g: Gen): Step[] {
  const { r, maps, call } = g;
  const steps: Record<string, () => Step> = {
    init: () =>
      call('bpf_timer_init', ['held', { map: maps.get('timed') }, r.pick([0n, 1n, 7n, 1n, 2n, 8n, number(r)])]),
    callback: () => call('bpf_timer_set_callback', ['held', { callback: 'nothing', stopAt: 0 }]),
    start: () => call('bpf_timer_start', ['held', HOURS, r.pick([0n, 0n, 1n, 2n, 3n, 4n, number(r)])]),
    cancel: () => call('bpf_timer_cancel', ['held']),
  };
  const body = Object.entries(steps).flatMap(([name, step]) => (name === 'cancel' || r.bool(0.75) ? [step()] : []));
  return element(g, 'timed', r.bool(0.2) ? [...body, ...body.slice(0, 1)] : body);
}

const taskStorage = (g: Gen): Step[] => {
  const { r, maps, call } = g;
  const map: Arg = { map: maps.get('task_storage') };
  const step = (): Step =>
    r.bool(0.7)
      ? call(
          'bpf_task_storage_get',
          [map, 'held', r.bool(0.5) ? { in: 8 * r.below(8) } : 0n, r.pick([0n, 1n, 1n, 2n])],
          'bump',
        )
      : call('bpf_task_storage_delete', [map, 'held']);
  return [{ hold: call('bpf_get_current_task_btf', []), body: [step(), step()] }];
};

export const objectRows: RowTable = {
  bpf_dynptr_from_mem: (g) => [make(g), read(g)],
  bpf_dynptr_read: (g) => [make(g), write(g), read(g)],
  bpf_dynptr_write: (g) => [make(g), write(g), read(g)],
  bpf_dynptr_data: (g) => [make(g), data(g)],
  bpf_ringbuf_reserve_dynptr: reserve,
  bpf_ringbuf_submit_dynptr: reserve,
  bpf_ringbuf_discard_dynptr: reserve,
  bpf_spin_lock: lock,
  bpf_spin_unlock: lock,
  bpf_timer_init: timer,
  bpf_timer_set_callback: timer,
  bpf_timer_start: timer,
  bpf_timer_cancel: timer,
  bpf_task_storage_get: taskStorage,
  bpf_task_storage_delete: taskStorage,
};
