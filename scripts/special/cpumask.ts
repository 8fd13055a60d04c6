/** Random programs over CPU masks, some of them kept in a map. */
import type { LoadRequest } from '../../src/spec/request.ts';
import { Body, requestOf } from './program.ts';
import { type Random, random } from './random.ts';

const NAMES = [
  'create',
  'acquire',
  'release',
  'first',
  'first_zero',
  'first_and',
  'set_cpu',
  'clear_cpu',
  'test_cpu',
  'test_and_set_cpu',
  'test_and_clear_cpu',
  'setall',
  'clear',
  'and',
  'or',
  'xor',
  'equal',
  'intersects',
  'subset',
  'empty',
  'full',
  'copy',
  'weight',
] as const;
/** Two masks in R7 and R8. */
const MASKS = ['r7', 'r8'] as const;
/** Kfuncs by what they take: of those that answer a bool only the low byte counts. */
const ONE = ['first', 'first_zero', 'empty', 'full', 'weight'];
const TWO = ['first_and', 'equal', 'intersects', 'subset'];
const CHANGE = ['setall', 'clear'];
const BY_CPU = ['set_cpu', 'clear_cpu', 'test_cpu', 'test_and_set_cpu', 'test_and_clear_cpu'];
const BOOLS = new Set([
  'empty',
  'full',
  'equal',
  'intersects',
  'subset',
  'and',
  'test_cpu',
  'test_and_set_cpu',
  'test_and_clear_cpu',
]);

function op(rng: Random, body: Body): void {
  const mask = (): string => rng.pick(MASKS);
  const cpu = (): string => `r1 = ${rng.pick([0, 0, 0, 1, 2, 63, 64, 8191, -1])}`;
  const call = (name: string, ...args: readonly string[]): void => {
    body.add(...args, `call bpf_cpumask_${name}`);
    if (BOOLS.has(name)) body.add('r0 &= 0xff');
    if (BOOLS.has(name) || ONE.includes(name) || TWO.includes(name)) body.keep('r0');
  };
  switch (rng.below(8)) {
    case 0:
      call(rng.pick(ONE), `r1 = ${mask()}`);
      break;
    case 1:
      call(rng.pick(TWO), `r1 = ${mask()}`, `r2 = ${mask()}`);
      break;
    case 2:
      call(rng.pick(CHANGE), `r1 = ${mask()}`);
      break;
    case 3:
    case 4:
      call(rng.pick(BY_CPU), cpu(), `r2 = ${mask()}`);
      break;
    case 5:
      call(rng.pick(['and', 'or', 'xor']), `r1 = ${mask()}`, `r2 = ${mask()}`, `r3 = ${mask()}`);
      break;
    case 6:
      call('copy', `r1 = ${mask()}`, `r2 = ${mask()}`);
      break;
    default:
      // Another holder for a moment, and the bits as they lie there.
      call('acquire', `r1 = ${mask()}`);
      call('release', 'r1 = r0');
      body.add(`r1 = ${mask()}`, 'r0 = *(u64 *)(r1 + 0)');
      body.keep('r0');
  }
}

export function cpumaskRequest(seed: number): LoadRequest {
  const rng = random(seed);
  const body = new Body();
  const [gone, half, none, empty] = [body.label(), body.label(), body.label(), body.label()];
  body.add('call bpf_cpumask_create', `if r0 == 0 goto ${gone}`, 'r7 = r0');
  body.add('call bpf_cpumask_create', `if r0 == 0 goto ${half}`, 'r8 = r0', 'r1 = r7', 'call bpf_cpumask_clear');
  body.add('r1 = r8', 'call bpf_cpumask_clear');
  for (let i = 6 + rng.below(20); i > 0; i--) op(rng, body);
  // One mask goes into the map; the one that was there says what it holds.
  body.add('*(u32 *)(r10 - 4) = 0', 'r1 = m ll', 'r2 = r10', 'r2 += -4', 'call bpf_map_lookup_elem');
  body.add(
    `if r0 == 0 goto ${none}`,
    'r1 = r0',
    'r1 += val.mask',
    'r2 = r8',
    'call bpf_kptr_xchg',
    `if r0 == 0 goto ${empty}`,
  );
  body.add('r8 = r0', 'r1 = r8', 'call bpf_cpumask_weight');
  body.keep('r0');
  body.add('r1 = r8', 'call bpf_cpumask_release', `goto ${empty}`);
  body.add(`${none}:`, 'r1 = r8', 'call bpf_cpumask_release', `${empty}:`);
  body.add(`${half}:`, 'r1 = r7', 'call bpf_cpumask_release', `${gone}:`);
  return requestOf({
    name: `cpumask${seed}`,
    section: 'syscall',
    structs: ['.struct bpf_cpumask { u64 x }', '.struct val { u64 a; struct bpf_cpumask __kptr *mask }'],
    maps: [`.map m, type=${rng.pick(['array', 'hash', 'lru_hash'])}, key=u32, value=struct val, max_entries=2`],
    externs: NAMES.map((name) => `bpf_cpumask_${name}`),
    body,
    with: { test_run: [{}, {}, {}] },
  });
}
