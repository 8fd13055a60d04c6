/** Random programs over dynptrs: made, read, written, sliced, narrowed and cloned with good and bad sizes, offsets and flags. */
import type { LoadRequest } from '../../src/spec/request.ts';
import { Body, constant, requestOf } from './program.ts';
import { type Random, random } from './random.ts';

const SLOTS = [-16, -32, -48] as const;
const BUFFER = -160;
const EXTERNS = [
  'bpf_dynptr_from_skb',
  'bpf_dynptr_from_xdp',
  'bpf_dynptr_slice',
  'bpf_dynptr_slice_rdwr',
  'bpf_dynptr_adjust',
  'bpf_dynptr_is_null',
  'bpf_dynptr_is_rdonly',
  'bpf_dynptr_size',
  'bpf_dynptr_clone',
] as const;
/** Where packets come from, by section. */
const TYPES: Readonly<Record<string, 'xdp' | 'skb' | undefined>> = {
  xdp: 'xdp',
  'xdp.frags': 'xdp',
  tc: 'skb',
  action: 'skb',
  socket: 'skb',
  'cgroup_skb/ingress': 'skb',
  lwt_xmit: 'skb',
  lwt_in: 'skb',
  raw_tp: undefined,
  syscall: undefined,
};

/** Sections whose programs may write to packets. */
const WRITERS = ['xdp', 'xdp.frags', 'tc', 'action', 'lwt_xmit'];

interface State {
  readonly section: string;
  readonly rng: Random;
  readonly body: Body;
  readonly packet: 'xdp' | 'skb' | undefined;
  /** What each slot was made from; undefined before. */
  readonly slots: ('mem' | 'packet' | 'sample' | undefined)[];
}

const NUMBERS = [0, 1, 2, 3, 4, 7, 8, 13, 14, 15, 20, 31, 32, 63, 64, 65, 100, 127, 128, 1000];
const LARGE = [0xffff, 0x10000, 0xff_ffff, 0x100_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff_fff0];

function number({ rng }: State): number {
  return rng.chance(85) ? rng.pick(NUMBERS) : rng.pick(LARGE);
}

function flags({ rng }: State): number | bigint {
  return rng.chance(75) ? 0 : rng.pick([1, 2, 3, 4, 8, 16, 1n << 32n, 1n << 63n]);
}

const slotAddr = (reg: string, slot: number): string[] => [`${reg} = r10`, `${reg} += ${SLOTS[slot]}`];

function init(s: State, slot: number): void {
  const { rng, body } = s;
  const from = rng.pick(['mem', 'packet', 'packet', 'sample'] as const);
  if (s.slots[slot] === 'sample') release(s, slot);
  if (from === 'packet' && s.packet) {
    body.add('r1 = r6', constant('r2', flags(s)), ...slotAddr('r3', slot), `call bpf_dynptr_from_${s.packet}`);
    s.slots[slot] = 'packet';
  } else if (from === 'sample') {
    body.add('r1 = rb ll', constant('r2', number(s)), constant('r3', flags(s)), ...slotAddr('r4', slot));
    body.add('call bpf_ringbuf_reserve_dynptr');
    s.slots[slot] = 'sample';
  } else {
    const at = rng.pick([0, 8, 13]);
    body.add(`r1 = mem + ${at} ll`, `r2 = ${rng.pick([0, 1, 8, 13, 50, 64, 100])}`, constant('r3', flags(s)));
    body.add(...slotAddr('r4', slot), 'call bpf_dynptr_from_mem');
    s.slots[slot] = 'mem';
  }
  body.keep('r0');
}

function release({ rng, body, slots }: State, slot: number): void {
  body.add(...slotAddr('r1', slot), `r2 = ${rng.pick([0, 0, 1, 2])}`);
  body.add(`call bpf_ringbuf_${rng.pick(['submit', 'discard'])}_dynptr`);
  slots[slot] = undefined;
}

/** Uses the pointer in R0 when it is one. */
function touch({ rng, body }: State, len: number, write: boolean): void {
  const none = body.label();
  body.add('r7 = 77', `if r0 == 0 goto ${none}`, 'r7 = 78');
  if (len > 0) {
    const at = rng.below(len);
    body.add(`r7 = *(u8 *)(r0 + ${at})`);
    if (write) body.add(`*(u8 *)(r0 + ${at}) = ${rng.below(256)}`);
  }
  body.add(`${none}:`);
  body.keep('r7');
}

function read(s: State, slot: number): void {
  const { rng, body } = s;
  const len = rng.pick([0, 1, 2, 7, 8, 16, 40, 64]);
  body.add('r1 = r10', `r1 += ${BUFFER}`, `r2 = ${len}`, ...slotAddr('r3', slot), constant('r4', number(s)));
  body.add(constant('r5', flags(s)), 'call bpf_dynptr_read');
  body.keep('r0');
  body.keepStack(BUFFER, 64);
}

function write(s: State, slot: number): void {
  const { rng, body } = s;
  const len = rng.pick([0, 1, 2, 7, 8, 16, 40, 64]);
  body.add(...slotAddr('r1', slot), constant('r2', number(s)), 'r3 = r10', `r3 += ${BUFFER}`, `r4 = ${len}`);
  body.add(constant('r5', flags(s)), 'call bpf_dynptr_write');
  body.keep('r0');
}

function data(s: State, slot: number): void {
  const len = s.rng.pick([0, 1, 2, 8, 13, 64]);
  s.body.add(...slotAddr('r1', slot), constant('r2', number(s)), `r3 = ${len}`, 'call bpf_dynptr_data');
  touch(s, len, s.rng.chance(50));
}

function slice(s: State, slot: number): void {
  const { rng, body } = s;
  const len = rng.pick([0, 1, 2, 8, 13, 20, 64]);
  const write = WRITERS.includes(s.section) && rng.chance(40);
  body.add(...slotAddr('r1', slot), constant('r2', number(s)));
  if (rng.chance(60)) body.add('r3 = r10', `r3 += ${BUFFER}`);
  else body.add('r3 = 0');
  body.add(`r4 = ${len}`, `call bpf_dynptr_slice${write ? '_rdwr' : ''}`);
  touch(s, len, write);
}

function adjust(s: State, slot: number): void {
  const { rng } = s;
  const start = rng.chance(70) ? rng.below(6) : number(s);
  const end = rng.chance(70) ? start + rng.pick([0, 1, 8, 30, 60]) : number(s);
  s.body.add(...slotAddr('r1', slot), constant('r2', start), constant('r3', end), 'call bpf_dynptr_adjust');
  s.body.keep('r0');
}

function ask(s: State, slot: number): void {
  for (const name of ['is_null', 'is_rdonly', 'size']) {
    s.body.add(...slotAddr('r1', slot), `call bpf_dynptr_${name}`);
    // Of a bool only the low byte is defined.
    if (name !== 'size') s.body.add('r0 &= 0xff');
    s.body.keep('r0');
  }
}

function clone(s: State, slot: number): void {
  const free = [0, 1, 2].filter((i) => i !== slot && s.slots[i] !== 'sample');
  if (s.slots[slot] === 'sample' || free.length === 0) return;
  const to = s.rng.pick(free);
  s.body.add(...slotAddr('r1', slot), ...slotAddr('r2', to), 'call bpf_dynptr_clone');
  s.body.keep('r0');
  s.slots[to] = s.slots[slot];
}

function resize(s: State): void {
  const { rng, body } = s;
  if (s.packet === 'xdp') {
    const grow = rng.pick([-20, -8, -1, 0, 4, 30]);
    body.add('r1 = r6', `r2 = ${grow}`, `call bpf_xdp_adjust_${rng.pick(['tail', 'head'])}`);
    body.keep('r0');
  } else if (s.packet === 'skb' && (s.section === 'tc' || s.section === 'action')) {
    body.add('r1 = r6', `r2 = ${rng.pick([14, 20, 40, 64, 100, 300])}`, 'r3 = 0', 'call bpf_skb_change_tail');
    body.keep('r0');
  }
}

const OPS = [read, read, write, write, data, slice, slice, slice, adjust, ask, clone, resize];

export function dynptrRequest(seed: number): LoadRequest {
  const rng = random(seed);
  const section = rng.pick(Object.keys(TYPES));
  const body = new Body();
  const s: State = { section, rng, body, packet: TYPES[section], slots: [undefined, undefined, undefined] };
  for (let i = 0; i < 8; i++) body.add(`r1 = ${rng.below(0x7fff_ffff)}`, `*(u64 *)(r10 ${BUFFER + 8 * i}) = r1`);
  init(s, 0);
  const steps = 6 + rng.below(14);
  for (let i = 0; i < steps && body.room > 400; i++) {
    const made = [0, 1, 2].filter((slot) => s.slots[slot] !== undefined);
    if (made.length === 0 || rng.chance(20)) init(s, rng.below(3));
    else rng.pick(OPS)(s, rng.pick(made));
  }
  s.slots.forEach((from, slot) => {
    if (from === 'sample') release(s, slot);
  });
  body.add('r1 = rb ll', 'r2 = 0', 'call bpf_ringbuf_query');
  body.keep('r0');
  const bytes = Array.from({ length: rng.pick([14, 20, 34, 60, 64, 65, 128, 200]) }, () => rng.below(256));
  const packets = [{ data: Buffer.from(bytes).toString('hex') }, { data: '00'.repeat(64) }];
  if (section === 'xdp.frags') packets.push({ data: '5a'.repeat(5000) });
  return requestOf({
    name: `dynptr${seed}`,
    section,
    maps: ['.map mem, type=array, key=u32, value=128, max_entries=1', '.map rb ringbuf 0 0 4096'],
    externs: EXTERNS,
    body,
    ret: s.packet === 'xdp' ? 2 : 0,
    with: { test_run: s.packet ? packets : [{}, {}] },
  });
}
