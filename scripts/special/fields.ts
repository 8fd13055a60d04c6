/** Random programs over map values with locks, references and timers: updates, deletions and look-ups keep and free what they should. */
import { parseBtf } from '../../src/btf/parse.ts';
import type { LoadRequest, MapUpdate } from '../../src/spec/request.ts';
import { Body, constant, type ProgramText, requestOf } from './program.ts';
import { type Random, random } from './random.ts';

const KEY = -8;
const VALUE = -80;
const EXTERNS = [
  'bpf_obj_new_impl',
  'bpf_obj_drop_impl',
  'bpf_percpu_obj_new_impl',
  'bpf_percpu_obj_drop_impl',
  'bpf_rcu_read_lock',
  'bpf_rcu_read_unlock',
];

interface Shape {
  readonly fields: string;
  readonly lock?: true;
  readonly kptrs: readonly string[];
  readonly percpu?: true;
  readonly timer?: true;
}

const SHAPES: readonly Shape[] = [
  { fields: 'u32 a; struct bpf_spin_lock lock; u64 b', lock: true, kptrs: [] },
  { fields: 'u64 a; struct obj __kptr *p; u64 b', kptrs: ['p'] },
  { fields: 'struct obj __kptr *p; u64 a; struct obj __kptr *q; u64 b', kptrs: ['p', 'q'] },
  {
    fields: 'struct bpf_spin_lock lock; u32 c; u64 a; struct bpf_timer timer; u64 b; struct obj __kptr *p',
    lock: true,
    kptrs: ['p'],
    timer: true,
  },
  { fields: 'u64 a; struct obj __percpu_kptr *p; u64 b', kptrs: ['p'], percpu: true },
];

const TYPES = [
  'sk_storage',
  'array',
  'hash',
  'hash',
  'hash',
  'lru_hash',
  'percpu_array',
  'percpu_hash',
  'lru_percpu_hash',
] as const;

interface State {
  readonly rng: Random;
  readonly body: Body;
  readonly shape: Shape;
  readonly entries: number;
  readonly type: string;
}

/** What stands for the id of `struct obj` until it is known. */
const OBJ_TYPE = 4_242_424;

function key({ rng, body, entries }: State): void {
  body.add(`*(u32 *)(r10 ${KEY}) = ${rng.below(entries + 1)}`);
}

/** R7 = the packet's socket, or to a label. */
function socket({ body }: State, none: string): void {
  body.add('r1 = *(u64 *)(r6 + __sk_buff.sk)', `if r1 == 0 goto ${none}`, 'call bpf_sk_fullsock');
  body.add(`if r0 == 0 goto ${none}`, 'r7 = r0');
}

/** R7 = the socket's value, made when it is missing (from random bytes or zeros), or to a label. */
function storage(s: State): string {
  const { rng, body } = s;
  const none = body.label();
  socket(s, none);
  for (let i = 0; i < 64; i += 8) body.add(`*(u64 *)(r10 ${VALUE + i}) = ${1 + rng.below(1000)}`);
  body.add('r1 = m ll', 'r2 = r7', ...(rng.chance(50) ? ['r3 = 0'] : ['r3 = r10', `r3 += ${VALUE}`]));
  body.add(`r4 = ${rng.pick([0, 1, 1, 1, 2])}`, 'call bpf_sk_storage_get', `if r0 == 0 goto ${none}`, 'r7 = r0');
  return none;
}

function lookup(s: State): string {
  if (s.type === 'sk_storage') return storage(s);
  const none = s.body.label();
  key(s);
  s.body.add('r1 = m ll', 'r2 = r10', `r2 += ${KEY}`, 'call bpf_map_lookup_elem', `if r0 == 0 goto ${none}`, 'r7 = r0');
  return none;
}

function update(s: State): void {
  const { rng, body } = s;
  if (s.type === 'sk_storage') {
    write(s);
    return;
  }
  key(s);
  for (let i = 0; i < 64; i += 8) body.add(`*(u64 *)(r10 ${VALUE + i}) = ${1 + rng.below(1000)}`);
  const flags = rng.pick([0, 0, 0, 1, 2, 2, 4, 4, 5, 6, 7, 8, 1n << 32n]);
  body.add('r1 = m ll', 'r2 = r10', `r2 += ${KEY}`, 'r3 = r10', `r3 += ${VALUE}`, constant('r4', flags));
  body.add('call bpf_map_update_elem');
  body.keep('r0');
}

function remove(s: State): void {
  if (s.type === 'sk_storage') {
    const none = s.body.label();
    socket(s, none);
    s.body.add('r1 = m ll', 'r2 = r7', 'call bpf_sk_storage_delete');
    s.body.keep('r0');
    s.body.add(`${none}:`);
    return;
  }
  key(s);
  s.body.add('r1 = m ll', 'r2 = r10', `r2 += ${KEY}`, 'call bpf_map_delete_elem');
  s.body.keep('r0');
}

function write(s: State): void {
  const { rng, body, shape } = s;
  const none = lookup(s);
  const locked = shape.lock && rng.chance(60);
  if (locked) body.add('r1 = r7', 'r1 += val.lock', 'call bpf_spin_lock');
  body.add(`r1 = *(u64 *)(r7 + val.b)`, 'r1 += 1', `*(u64 *)(r7 + val.b) = r1`);
  if (rng.chance(50)) body.add(`*(u32 *)(r7 + val.a) = ${rng.below(1000)}`);
  if (locked) body.add('r1 = r7', 'r1 += val.lock', 'call bpf_spin_unlock');
  body.add('r1 = *(u64 *)(r7 + val.b)');
  body.keep('r1');
  body.add(`${none}:`);
}

/** Drops what R0 holds when it holds something, keeping what it says. */
function drop({ body, shape }: State): void {
  const none = body.label();
  body.add('r8 = 7', `if r0 == 0 goto ${none}`);
  if (shape.percpu) body.add('r8 = 8', 'r1 = r0', 'r2 = 0', 'call bpf_percpu_obj_drop_impl');
  else body.add('r8 = *(u64 *)(r0 + obj.x)', 'r1 = r0', 'r2 = 0', 'call bpf_obj_drop_impl');
  body.add(`${none}:`);
  body.keep('r8');
}

/** Puts a new object into a field. */
function store(s: State): void {
  const { rng, body, shape } = s;
  const none = lookup(s);
  body.add(
    `r1 = ${OBJ_TYPE}`,
    'r2 = 0',
    `call bpf_${shape.percpu ? 'percpu_' : ''}obj_new_impl`,
    `if r0 == 0 goto ${none}`,
  );
  // Fresh objects hold whatever was there.
  const field = rng.pick(shape.kptrs);
  if (!shape.percpu) body.add(`*(u64 *)(r0 + obj.x) = ${rng.below(100_000)}`);
  body.add('r2 = r0', 'r1 = r7', `r1 += val.${field}`, 'call bpf_kptr_xchg');
  drop(s);
  if (shape.percpu) {
    const gone = body.label();
    body.add('call bpf_rcu_read_lock', `r1 = *(u64 *)(r7 + val.${field})`, `if r1 == 0 goto ${gone}`);
    body.add('call bpf_this_cpu_ptr', `*(u64 *)(r0 + obj.y) = ${rng.below(100_000)}`);
    body.add(`${gone}:`, 'call bpf_rcu_read_unlock');
  }
  body.add(`${none}:`);
}

/** Takes an object out. */
function take(s: State): void {
  const { rng, body, shape } = s;
  const none = lookup(s);
  body.add('r2 = 0', 'r1 = r7', `r1 += val.${rng.pick(shape.kptrs)}`, 'call bpf_kptr_xchg');
  drop(s);
  body.add(`${none}:`);
}

/** Looks at an object in place. */
function peek(s: State): void {
  const { rng, body, shape } = s;
  const none = lookup(s);
  const empty = body.label();
  const end = body.label();
  body.add(
    'r8 = 5',
    'call bpf_rcu_read_lock',
    `r1 = *(u64 *)(r7 + val.${rng.pick(shape.kptrs)})`,
    `if r1 == 0 goto ${empty}`,
  );
  if (shape.percpu) {
    if (rng.chance(50)) body.add('call bpf_this_cpu_ptr');
    else body.add(`r2 = ${rng.pick([0, 0, 1, 9])}`, 'call bpf_per_cpu_ptr');
    body.add(`if r0 == 0 goto ${empty}`, 'r8 = *(u64 *)(r0 + obj.y)', 'r8 += 1', '*(u64 *)(r0 + obj.y) = r8');
  } else body.add('r8 = *(u64 *)(r1 + obj.x)');
  body.add(`${empty}:`, 'call bpf_rcu_read_unlock');
  body.keep('r8');
  body.add(`${none}:`, `${end}:`);
}

function timer(s: State): void {
  const { rng, body } = s;
  const none = lookup(s);
  for (let i = 1 + rng.below(3); i > 0; i--) {
    body.add('r1 = r7', 'r1 += val.timer');
    if (rng.chance(60)) body.add('r2 = m ll', 'r3 = 1', 'call bpf_timer_init');
    else body.add('call bpf_timer_cancel');
    body.keep('r0');
  }
  body.add(`${none}:`);
}

/** Replaces the stand-in by the type's id, which only the assembled BTF tells. */
function withObjType(program: Omit<ProgramText, 'body'>, body: Body): LoadRequest {
  const first = requestOf({ ...program, body });
  const btf = parseBtf(Buffer.from(String(first.btf), 'hex'));
  const id = btf.ok ? btf.value.types.findIndex((t) => t?.kind === 'struct' && t.name === 'obj') : -1;
  const patched = new Body();
  patched.add(...body.lines.map((line) => line.replace(String(OBJ_TYPE), String(Math.max(1, id)))));
  return requestOf({ ...program, body: patched });
}

export function fieldRequest(seed: number): LoadRequest {
  const rng = random(seed);
  const shape = rng.pick(SHAPES);
  const fits = TYPES.filter(
    (t) =>
      (!shape.lock || t === 'array' || t === 'hash' || t === 'sk_storage') &&
      (!shape.timer || t === 'array' || t === 'hash' || t === 'lru_hash'),
  );
  const type = rng.pick(fits);
  const body = new Body();
  const entries = rng.pick([1, 2, 3]);
  const s: State = { rng, body, shape, entries, type };
  const ops = [update, update, update, write];
  if (type !== 'array' && type !== 'percpu_array') ops.push(remove, remove);
  if (shape.kptrs.length > 0) ops.push(store, store, store, take, peek, peek);
  if (shape.timer) ops.push(timer, timer);
  const steps = 8 + rng.below(20);
  for (let i = 0; i < steps && body.room > 300; i++) rng.pick(ops)(s);
  const noPrealloc = (type === 'hash' || type === 'percpu_hash') && rng.chance(50) ? ', map_flags=1' : '';
  const program = {
    name: `fields${seed}`,
    section: 'tc',
    structs: ['.struct obj { u64 x; u64 y }', `.struct val { ${shape.fields} }`],
    maps: [
      `.map m, type=${type}, ${type === 'sk_storage' ? '' : `key=u32, max_entries=${entries + rng.below(2)}, `}value=struct val${noPrealloc}`,
    ],
    externs: EXTERNS,
    func: '.func prog(struct __sk_buff *ctx) -> int',
    with: { test_run: Array.from({ length: 3 }, () => ({ data: '00'.repeat(64) })) },
  };
  const request = withObjType(program, body);
  const value = request.maps!.find((m) => m.name === 'm')!;
  const size = type.includes('percpu') ? 8 * Math.ceil(value.value_size / 8) : value.value_size;
  const updates: MapUpdate[] = Array.from({ length: type === 'sk_storage' ? 0 : rng.below(3) }, () => ({
    key: Buffer.from([rng.below(type === 'lru_hash' ? 3 : 1), 0, 0, 0]).toString('hex'),
    value: Buffer.from(Array.from({ length: size }, () => rng.below(256))).toString('hex'),
    flags: shape.lock && rng.chance(50) ? 4 : 0,
  }));
  return { ...request, maps: request.maps!.map((m) => (m.name === 'm' ? { ...m, updates } : m)) };
}
