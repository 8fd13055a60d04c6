/** How a kfunc is called: its arguments taken from the registers and checked, so that an unverified program is as safe to run. */
import { dynptrSound } from '../helpers/dynptrObject.ts';
import type { HelperEnv } from '../helpers/env.ts';
import { KFUNC_IMPLS, type Kfunc, type KfuncArg } from '../helpers/kfuncs/index.ts';
import { PERM_READ, PERM_RW } from '../mem/arena.ts';
import { kindNumber, type RegionKind } from '../mem/kinds.ts';
import { joinHalves } from '../util/bits.ts';
import type { Cpu } from './cpu.ts';
import type { RunStatus } from './host.ts';
import { vmProblem } from './messages.ts';

const R0 = 0;
const CTX = kindNumber('ctx');
const TEXT = kindNumber('text');

/** The names of the simulated kfuncs; a lowered call holds an index into them. */
const NAMES = Object.keys(KFUNC_IMPLS);
const ROWS: readonly Kfunc[] = NAMES.map((name) => KFUNC_IMPLS[name]!);

/** The number by which the interpreter knows a kfunc, or -1. */
export function kfuncIndex(name: string): number {
  return NAMES.indexOf(name);
}

/** The name of the kfunc that a lowered call's number means. */
export function kfuncAt(index: number): string | undefined {
  return NAMES[index];
}

/** What must hold of the pointer `at`; `size` is what the register after it holds. Answers what it should point to, or ''. */
type Check = (env: HelperEnv, at: number, size: number) => string;

const memory =
  (bytes: number, perm: number): Check =>
  ({ arena }, at) => {
    const kind = arena.check(at, bytes, perm);
    return kind < 0 || kind === CTX ? `${bytes} ${perm === PERM_READ ? 'readable' : 'writable'} bytes` : '';
  };

const region =
  (kind: RegionKind, what: string): Check =>
  ({ arena }, at) =>
    arena.kindAt(at) === kindNumber(kind) && arena.baseAt(at) === at ? '' : what;

const CHECKS: Readonly<Partial<Record<KfuncArg, Check>>> = {
  ctx: region('ctx', 'the context'),
  map: region('map', 'a map'),
  callback: ({ arena }, at) => (arena.kindAt(at) === TEXT && (at & 7) === 0 ? '' : 'a function of the program'),
  dynptr: (env, at, size) => memory(16, PERM_RW)(env, at, size) || (dynptrSound(env.arena, at) ? '' : 'a dynptr'),
  dynptr_uninit: memory(16, PERM_RW),
  iter8: memory(8, PERM_RW),
  iter16: memory(16, PERM_RW),
  field16: memory(16, PERM_RW),
  mem_opt: (env, at, size) => (at === 0 || size === 0 ? '' : memory(size, PERM_RW)(env, at, size)),
  cpumask: region('kernel', 'a cpumask'),
  task: region('kernel', 'a task'),
  object: region('memory', 'memory that the program allocated'),
};

function badArg(name: string, n: number, what: string, lo: number, hi: number): ReturnType<typeof vmProblem> {
  const value = `0x${joinHalves(lo, hi).toString(16)}`;
  return vmProblem('helper-arg', {}, { name, reg: `R${n}`, what, value });
}

/** Calls a kfunc by its number and puts its result into R0. */
export function callKfunc(cpu: Cpu, fp: number, index: number): RunStatus | undefined {
  const row = ROWS[index]!;
  const { env } = cpu.host;
  const words = cpu.arena.i32;
  const args: number[] = [];
  for (const [i, arg] of row.args.entries()) {
    const at = fp + 2 * (i + 1);
    const lo = words[at]!;
    const hi = words[at + 1]!;
    if (arg === 'ignored') continue;
    if (arg === 'u64' || arg === 'pointer') args.push(lo, hi);
    else if (arg === 'local_type') {
      const size = cpu.prog.localTypes.get(lo);
      if (size === undefined) return cpu.fault(badArg(NAMES[index]!, i + 1, "a struct of the program's BTF", lo, hi));
      args.push(size);
    } else args.push(arg === 's32' ? lo : lo >>> 0);
    const what = CHECKS[arg]?.(env, hi === 0 ? lo >>> 0 : -1, words[at + 2]! >>> 0);
    if (what) return cpu.fault(badArg(NAMES[index]!, i + 1, what, lo, hi));
  }
  const value = row.run(env, ...args);
  const now = cpu.arena.i32;
  const { result } = cpu.host;
  const wide = row.ret === 'u64';
  if (row.ret !== 'void') {
    now[fp + R0] = wide ? result.lo : (value ?? 0);
    now[fp + R0 + 1] = wide ? result.hi : 0;
  }
  cpu.pc++;
  return undefined;
}
