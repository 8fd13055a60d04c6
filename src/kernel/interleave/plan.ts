/** What an interleaving is to do: which CPU is suspended where, and who runs meanwhile. */
import { LOCK_POINTS, type LockPointName } from '../../maps/lockPoints.ts';
import { fail, ok, type Problem, type Result } from '../../util/problem.ts';
import { suggest } from '../../util/suggest.ts';
import type { KernelCore } from '../core.ts';
import { kernelProblem } from '../messages.ts';

/** What a CPU does while another one is suspended. */
export interface CpuAction {
  /** The CPU, from 0: the suspended one, too, as a program in an interrupt would. */
  readonly cpu: number;
  /** Does it, from beginning to end; what it returns is a line of the list of events. */
  readonly run: () => string | undefined;
}

/** One suspension. It happens once. */
export interface InterleaveStep {
  /** The CPU that is suspended. */
  readonly cpu: number;
  readonly at: LockPointName;
  /** Only in operations on the map of this name. */
  readonly map?: string;
  /** Which time the CPU comes there, from 1; default 1. */
  readonly nth?: number;
  /** What happens there, one after the other. */
  readonly meanwhile: readonly CpuAction[];
}

/** The lock point of a name that somebody wrote. */
export function lockPointNamed(name: string): Result<LockPointName> {
  if (Object.hasOwn(LOCK_POINTS, name)) return ok(name as LockPointName);
  const names = Object.keys(LOCK_POINTS);
  const near = suggest(name, names);
  const hint = near === undefined ? `the names are ${names.join(', ')}` : `did you mean ${near}?`;
  return fail(kernelProblem('interleave-point', {}, { name, hint }));
}

/** What of a plan cannot be on this kernel. */
export function planProblems(kernel: KernelCore, plan: readonly InterleaveStep[]): Problem[] {
  const { cpus } = kernel.maps;
  const bad = (cpu: number): boolean => !Number.isInteger(cpu) || cpu < 0 || cpu >= cpus;
  return plan.flatMap((step, i) => {
    const problems: Problem[] = [];
    for (const cpu of [step.cpu, ...step.meanwhile.map((action) => action.cpu)])
      if (bad(cpu)) problems.push(kernelProblem('interleave-cpu', {}, { step: i + 1, cpu, last: cpus - 1 }));
    const point = lockPointNamed(step.at);
    if (!point.ok) problems.push(...point.problems);
    const { map, nth = 1 } = step;
    if (!Number.isInteger(nth) || nth < 1) problems.push(kernelProblem('interleave-nth', {}, { step: i + 1, nth }));
    if (map !== undefined && !kernel.world.maps.some((m) => m.name === map)) {
      const known = kernel.world.maps.map((m) => m.name).join(', ') || 'none';
      problems.push(kernelProblem('interleave-map', {}, { step: i + 1, map, known }));
    }
    return problems;
  });
}
