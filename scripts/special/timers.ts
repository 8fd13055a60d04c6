/** Random programs over timers and work queues in map values: what each call answers, and what callbacks that are due at once leave. */
import type { LoadRequest } from '../../src/spec/request.ts';
import { Body, constant, requestOf } from './program.ts';
import { type Random, random } from './random.ts';

const KEY = -8;
const VALUE = -64;
const STRUCT = '.struct val { u64 hits; struct bpf_timer timer; u64 last; struct bpf_wq wq }';
const HOUR = 3_600_000_000_000;
const EXTERNS = ['bpf_wq_init', 'bpf_wq_set_callback_impl', 'bpf_wq_start'];

interface State {
  readonly rng: Random;
  readonly body: Body;
  /** Entries of the map. */
  readonly entries: number;
  /** Set once a timer may be due at once: cancelling it then races with the interrupt. */
  soon: boolean;
}

function key(s: State): void {
  s.body.add(`*(u32 *)(r10 ${KEY}) = ${s.rng.below(s.entries)}`);
}

function flags({ rng }: State, good: readonly number[]): number | bigint {
  return rng.chance(75) ? rng.pick(good) : rng.pick([2, 3, 4, 8, 16, 1n << 32n, 0xffff_ffffn]);
}

/** R7 = the value, or to the label after. */
function lookup(s: State): string {
  const none = s.body.label();
  key(s);
  s.body.add('r1 = m ll', 'r2 = r10', `r2 += ${KEY}`, 'call bpf_map_lookup_elem', `if r0 == 0 goto ${none}`, 'r7 = r0');
  return none;
}

function timerOp(s: State): void {
  const { rng, body } = s;
  const none = lookup(s);
  for (let i = 1 + rng.below(4); i > 0; i--) {
    body.add('r1 = r7', 'r1 += val.timer');
    switch (rng.below(5)) {
      case 0:
      case 1:
        body.add('r2 = m ll', constant('r3', flags(s, [0, 1, 1, 1, 7])), 'call bpf_timer_init');
        break;
      case 2:
        body.add('r2 = on_timer ll', 'call bpf_timer_set_callback');
        break;
      case 3: {
        // A past absolute time is due at once.
        const soon = rng.chance(30);
        const flag = flags(s, soon ? [0, 1, 2] : [0, 0, 2]);
        body.add(constant('r2', soon ? 0 : HOUR), constant('r3', flag), 'call bpf_timer_start');
        break;
      }
      default:
        body.add('call bpf_timer_cancel');
    }
    body.keep('r0');
  }
  body.add(`${none}:`);
}

function wqOp(s: State): void {
  const { rng, body } = s;
  const none = lookup(s);
  for (let i = 1 + rng.below(3); i > 0; i--) {
    body.add('r1 = r7', 'r1 += val.wq');
    switch (rng.below(3)) {
      case 0:
        body.add('r2 = m ll', `r3 = ${rng.pick([0, 0, 0, 1])}`, 'call bpf_wq_init');
        break;
      case 1:
        body.add('r2 = on_work ll', `r3 = ${rng.pick([0, 0, 0, 1])}`, 'r4 = 0', 'call bpf_wq_set_callback_impl');
        break;
      default:
        body.add(`r2 = ${rng.pick([1, 2])}`, 'call bpf_wq_start');
    }
    body.keep('r0');
  }
  body.add(`${none}:`);
}

function update(s: State): void {
  const { rng, body } = s;
  key(s);
  for (let i = 0; i < 48; i += 8) body.add(`*(u64 *)(r10 ${VALUE + i}) = ${rng.below(1000)}`);
  body.add('r1 = m ll', 'r2 = r10', `r2 += ${KEY}`, 'r3 = r10', `r3 += ${VALUE}`, `r4 = ${rng.pick([0, 0, 1, 2, 4])}`);
  body.add('call bpf_map_update_elem');
  body.keep('r0');
}

function remove(s: State): void {
  key(s);
  s.body.add('r1 = m ll', 'r2 = r10', `r2 += ${KEY}`, 'call bpf_map_delete_elem');
  s.body.keep('r0');
}

/** Callbacks: they count, remember their key, and try what may not be done from inside. */
function callbacks(rng: Random): string[] {
  const inside = rng.pick([
    ['call bpf_timer_cancel', '*(u64 *)(r7 + val.last) = r0'],
    ['r2 = m ll', 'r3 = 1', 'call bpf_timer_init', '*(u64 *)(r7 + val.last) = r0'],
    [constant('r2', HOUR), 'r3 = 0', 'call bpf_timer_start', '*(u64 *)(r7 + val.last) = r0'],
    ['r2 = on_timer ll', 'call bpf_timer_set_callback', '*(u64 *)(r7 + val.last) = r0'],
    ['r1 = *(u32 *)(r6 + 0)', '*(u64 *)(r7 + val.last) = r1'],
  ]);
  return [
    '.section ".text"',
    '.func on_timer(void *map, u32 *key, struct val *val) -> int static',
    ...['r6 = r2', 'r7 = r3', 'r1 = *(u64 *)(r7 + val.hits)', 'r1 += 1', '*(u64 *)(r7 + val.hits) = r1'],
    ...['r1 = r7', 'r1 += val.timer', ...inside, 'r0 = 0', 'exit'],
    '.func on_work(void *map, u32 *key, struct val *val) -> int static',
    ...['r0 = 0', 'exit'],
  ];
}

export function timerRequest(seed: number): LoadRequest {
  const rng = random(seed);
  const body = new Body();
  const entries = rng.pick([1, 2, 4]);
  const s: State = { rng, body, entries, soon: false };
  const type = rng.pick(['array', 'hash', 'hash', 'lru_hash']);
  const noPrealloc = type === 'hash' && rng.chance(50) ? ', map_flags=1' : '';
  const steps = 4 + rng.below(10);
  for (let i = 0; i < steps; i++) {
    const what = rng.below(10);
    if (what < 5) timerOp(s);
    else if (what < 7) wqOp(s);
    else if (what < 9 || type === 'array') update(s);
    else remove(s);
  }
  return requestOf({
    name: `timers${seed}`,
    section: 'tc',
    structs: [STRUCT],
    maps: [`.map m, type=${type}, key=u32, value=struct val, max_entries=${entries + 2}${noPrealloc}`],
    externs: EXTERNS,
    func: '.func prog(struct __sk_buff *ctx) -> int',
    body,
    tail: callbacks(rng),
    with: { test_run: Array.from({ length: 3 }, () => ({ data: '00'.repeat(64) })) },
  });
}
