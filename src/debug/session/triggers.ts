/** What each kind of breakpoint looks at: one row a kind. A trigger answers in words what it met, '' where its place says all. */

import type { Insn } from '../../isa/insn.ts';
import type { PacketResult } from '../../kernel/replay/result.ts';
import { ok, type Result } from '../../util/problem.ts';
import { findMap } from '../inspect/maps.ts';
import type { View } from '../view.ts';
import { calleeName } from './insnEffects.ts';
import { MAP_CALLS } from './mapCalls.ts';
import type { Probe } from './search.ts';
import type { BreakPlace } from './types.ts';
import { watchProbe } from './watch.ts';

/** What a trigger gets to look at. */
export interface TriggerEnv {
  /** Now; the innermost frame. */
  view(): View;
}

type PlaceOf<K extends BreakPlace['kind']> = Extract<BreakPlace, { kind: K }>;
type Rows = { readonly [K in BreakPlace['kind']]: (place: PlaceOf<K>, env: TriggerEnv) => Result<Probe<string>> };

const NEVER = (): boolean => false;
const isCall = (insn: Insn): boolean => insn.row?.kind === 'call';

/** A string that says nothing more than the breakpoint's own text. */
const HERE = '';

const ROWS: Rows = {
  insn: ({ at }) => {
    const slots = new Map<number, Set<number>>();
    for (const { prog, slot } of at) slots.set(prog, (slots.get(prog) ?? new Set()).add(slot));
    return ok({ wants: (prog, slot) => slots.get(prog.id)?.has(slot) === true, before: () => HERE });
  },
  call: ({ name }) =>
    ok({ wants: (prog, slot, insn) => isCall(insn) && calleeName(prog, slot, insn) === name, before: () => HERE }),
  'tail-call': ({ to }, env) =>
    ok({
      wants: (prog, slot, insn) => isCall(insn) && calleeName(prog, slot, insn) === 'bpf_tail_call',
      around: () => {
        const from = env.view().machine?.tailCalls;
        return () => {
          const { machine, symbols } = env.view();
          if (!machine || machine.tailCalls === from) return undefined;
          const name = symbols.prog(machine.prog.id)?.name ?? machine.prog.name;
          return to === undefined || to === name ? `to ${name}` : undefined;
        };
      },
    }),
  map: (place, env) => {
    const map = findMap(env.view(), place.map);
    if (!map.ok) return map;
    return ok({
      wants: (prog, slot, insn) => Object.hasOwn(MAP_CALLS, calleeName(prog, slot, insn) ?? ''),
      before: () => mapCall(env.view(), place, map.value.address),
    });
  },
  watch: ({ expr }, env) => watchProbe(expr, env),
  fault: () => ok({ wants: NEVER, result: ({ fault }) => (fault ? HERE : undefined) }),
  verdict: ({ name }) =>
    ok({
      wants: NEVER,
      result: (result) => (isVerdict(result, name) ? `${result.prog.name}: ${result.verdict}` : undefined),
    }),
  packet: ({ number }, env) =>
    ok({
      wants: NEVER,
      begin: () => {
        const { running } = env.view();
        const wanted = running && (number === undefined || running.number === number);
        return wanted ? `packet ${running.number}` : undefined;
      },
    }),
};

function isVerdict(result: PacketResult, name: string | undefined): boolean {
  return name === undefined || result.verdict === name || `${result.retval}` === name;
}

/** The call that the insn at hand makes, where it changes the map (and the key) in question. */
function mapCall({ machine, kernel }: View, place: PlaceOf<'map'>, address: number): string | undefined {
  if (!machine) return undefined;
  const insn = machine.prog.insns[machine.pc];
  const name = insn && calleeName(machine.prog, machine.pc, insn);
  const row = name === undefined ? undefined : MAP_CALLS[name];
  if (!row || (place.op !== 'any' && place.op !== row.op)) return undefined;
  if (machine.register(row.map) !== BigInt(address)) return undefined;
  if (row.when && (machine.register(row.when.reg) & row.when.bit) === 0n) return undefined;
  if (place.key) {
    if (row.key === undefined) return undefined;
    const at = Number(machine.register(row.key));
    const { arena } = kernel;
    if (at + place.key.length > arena.size) return undefined;
    if (place.key.some((byte, i) => arena.u8[at + i] !== byte)) return undefined;
  }
  return name;
}

/** The probe of a breakpoint's place. */
export function triggerOf(place: BreakPlace, env: TriggerEnv): Result<Probe<string>> {
  const row = ROWS[place.kind] as (place: BreakPlace, env: TriggerEnv) => Result<Probe<string>>;
  return row(place, env);
}

/** Any of several probes: what all of them answer at the same moment. */
export function anyOf<T>(probes: readonly Probe<T>[]): Probe<readonly T[]> {
  const some = (answers: readonly (T | undefined)[]): readonly T[] | undefined => {
    const met = answers.filter((a) => a !== undefined);
    return met.length > 0 ? met : undefined;
  };
  // Each is asked only where it wants to be.
  let here: readonly Probe<T>[] = [];
  const arounds = probes.some((p) => p.around);
  return {
    wants: (prog, slot, insn) => probes.some((p) => p.wants(prog, slot, insn)),
    at: (prog, slot, insn) => {
      here = probes.filter((p) => p.wants(prog, slot, insn));
      for (const p of here) p.at?.(prog, slot, insn);
    },
    before: () => some(here.map((p) => p.before?.())),
    ...(arounds && {
      around: () => {
        const afters = here.flatMap((p) => p.around?.() ?? []);
        return afters.length > 0 ? () => some(afters.map((after) => after())) : undefined;
      },
    }),
    ...(probes.some((p) => p.begin) && { begin: () => some(probes.map((p) => p.begin?.())) }),
    ...(probes.some((p) => p.result) && { result: (result) => some(probes.map((p) => p.result?.(result))) }),
    ...(probes.some((p) => p.end) && { end: () => some(probes.map((p) => p.end?.())) }),
  };
}
