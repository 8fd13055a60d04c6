/** Pointers to objects in map values, and what lies on each CPU. */
import type { HelperEnv } from './env.ts';
import type { ImplTable } from './impl.ts';

/** Address of one CPU's part of memory that a program allocated for all CPUs. */
function percpuPart({ arena, maps }: HelperEnv, memory: number, cpu: number): number {
  const { lo, hi } = arena.region(memory)!;
  return memory + (cpu * (hi - lo)) / maps.cpus;
}

export const kptrImpls = {
  bpf_kptr_xchg({ arena }, field, object) {
    const old = arena.getU32(field);
    arena.setU64(field, object, 0);
    return old;
  },
  bpf_per_cpu_ptr: (env, memory, cpu) => (cpu >= env.maps.cpus ? 0 : percpuPart(env, memory, cpu)),
  bpf_this_cpu_ptr: (env, memory) => percpuPart(env, memory, env.cpu),
} satisfies ImplTable;
