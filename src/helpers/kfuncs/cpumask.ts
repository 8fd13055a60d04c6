/** CPU masks: as many bits count as there are possible CPUs. */

import { CPUMASK, cpumaskRelease } from '../../maps/kptr.ts';
import type { Arena } from '../../mem/arena.ts';
import { PERM_READ } from '../../mem/arena.ts';
import type { HelperEnv } from '../env.ts';
import { kfunc } from './row.ts';

const has = (arena: Arena, mask: number, cpu: number): boolean =>
  ((arena.u8[mask + (cpu >>> 3)]! >> (cpu & 7)) & 1) !== 0;

function put(arena: Arena, mask: number, cpu: number, on: boolean): void {
  const at = mask + (cpu >>> 3);
  const bit = 1 << (cpu & 7);
  arena.setU8(at, on ? arena.u8[at]! | bit : arena.u8[at]! & ~bit);
}

/** Bytes of the words that hold the bits. */
const bytesOf = ({ maps }: HelperEnv): number => 8 * Math.ceil(maps.cpus / 64);

/** The first CPU that passes, or their number. */
function find({ maps }: HelperEnv, test: (cpu: number) => boolean): number {
  for (let cpu = 0; cpu < maps.cpus; cpu++) if (test(cpu)) return cpu;
  return maps.cpus;
}

const every = (env: HelperEnv, test: (cpu: number) => boolean): number =>
  Number(find(env, (cpu) => !test(cpu)) === env.maps.cpus);

type Combine = (a: number, b: number) => number;

/** Writes the combined words of two masks to a third; with a result, whether a counting bit is left. */
function combine(env: HelperEnv, to: number, a: number, b: number, op: Combine): number {
  const { arena } = env;
  for (let i = 0; i < bytesOf(env); i++) arena.setU8(to + i, op(arena.u8[a + i]!, arena.u8[b + i]!));
  return Number(find(env, (cpu) => has(arena, to, cpu)) < env.maps.cpus);
}

/** Tests a bit and changes it. */
const testAnd = (on: boolean) =>
  kfunc(['u32', 'cpumask'], 'u32', ({ arena, maps }, cpu, mask) => {
    if (cpu >= maps.cpus) return 0;
    const before = has(arena, mask, cpu);
    put(arena, mask, cpu, on);
    return Number(before);
  });

const setTo = (on: boolean) =>
  kfunc(['u32', 'cpumask'], 'void', ({ arena, maps }, cpu, mask) => {
    if (cpu < maps.cpus) put(arena, mask, cpu, on);
  });

export const cpumaskKfuncs = {
  bpf_cpumask_create: kfunc([], 'pointer', ({ arena }) => {
    const region = arena.alloc({ kind: 'kernel', size: CPUMASK.size, perm: PERM_READ });
    if (!region.ok) return 0;
    arena.setU32(region.value + CPUMASK.usage, 1);
    return region.value;
  }),
  bpf_cpumask_acquire: kfunc(['cpumask'], 'pointer', ({ arena }, mask) => {
    arena.setU32(mask + CPUMASK.usage, arena.getU32(mask + CPUMASK.usage) + 1);
    return mask;
  }),
  bpf_cpumask_release: kfunc(['cpumask'], 'void', ({ arena }, mask) => cpumaskRelease(arena, mask)),
  bpf_cpumask_first: kfunc(['cpumask'], 'u32', (env, mask) => find(env, (cpu) => has(env.arena, mask, cpu))),
  bpf_cpumask_first_zero: kfunc(['cpumask'], 'u32', (env, mask) => find(env, (cpu) => !has(env.arena, mask, cpu))),
  bpf_cpumask_first_and: kfunc(['cpumask', 'cpumask'], 'u32', (env, a, b) =>
    find(env, (cpu) => has(env.arena, a, cpu) && has(env.arena, b, cpu)),
  ),
  bpf_cpumask_set_cpu: setTo(true),
  bpf_cpumask_clear_cpu: setTo(false),
  bpf_cpumask_test_cpu: kfunc(['u32', 'cpumask'], 'u32', ({ arena, maps }, cpu, mask) =>
    Number(cpu < maps.cpus && has(arena, mask, cpu)),
  ),
  bpf_cpumask_test_and_set_cpu: testAnd(true),
  bpf_cpumask_test_and_clear_cpu: testAnd(false),
  bpf_cpumask_setall: kfunc(['cpumask'], 'void', (env, mask) => env.arena.fill(mask, 0xff, bytesOf(env))),
  bpf_cpumask_clear: kfunc(['cpumask'], 'void', (env, mask) => env.arena.fill(mask, 0, bytesOf(env))),
  bpf_cpumask_and: kfunc(['cpumask', 'cpumask', 'cpumask'], 'u32', (env, to, a, b) => {
    const left = combine(env, to, a, b, (x, y) => x & y);
    // Bits that do not count are cleared here, and nowhere else.
    for (let bit = env.maps.cpus; bit < 8 * bytesOf(env); bit++) put(env.arena, to, bit, false);
    return left;
  }),
  bpf_cpumask_or: kfunc(['cpumask', 'cpumask', 'cpumask'], 'void', (env, to, a, b) => {
    combine(env, to, a, b, (x, y) => x | y);
  }),
  bpf_cpumask_xor: kfunc(['cpumask', 'cpumask', 'cpumask'], 'void', (env, to, a, b) => {
    combine(env, to, a, b, (x, y) => x ^ y);
  }),
  bpf_cpumask_equal: kfunc(['cpumask', 'cpumask'], 'u32', (env, a, b) =>
    every(env, (cpu) => has(env.arena, a, cpu) === has(env.arena, b, cpu)),
  ),
  bpf_cpumask_intersects: kfunc(['cpumask', 'cpumask'], 'u32', (env, a, b) =>
    Number(find(env, (cpu) => has(env.arena, a, cpu) && has(env.arena, b, cpu)) < env.maps.cpus),
  ),
  bpf_cpumask_subset: kfunc(['cpumask', 'cpumask'], 'u32', (env, a, b) =>
    every(env, (cpu) => !has(env.arena, a, cpu) || has(env.arena, b, cpu)),
  ),
  bpf_cpumask_empty: kfunc(['cpumask'], 'u32', (env, mask) => every(env, (cpu) => !has(env.arena, mask, cpu))),
  bpf_cpumask_full: kfunc(['cpumask'], 'u32', (env, mask) => every(env, (cpu) => has(env.arena, mask, cpu))),
  bpf_cpumask_copy: kfunc(['cpumask', 'cpumask'], 'void', (env, to, from) => env.arena.copy(to, from, bytesOf(env))),
  bpf_cpumask_weight: kfunc(['cpumask'], 'u32', (env, mask) => {
    let count = 0;
    for (let cpu = 0; cpu < env.maps.cpus; cpu++) count += Number(has(env.arena, mask, cpu));
    return count;
  }),
};
