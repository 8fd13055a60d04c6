/** A naive debugger: a session's trace, insn by insn, and every motion as a walk over that list. */
import { calleeName } from '../../../src/debug/session/insnEffects.ts';
import type { Session } from '../../../src/debug/session/session.ts';
import type { BreakPlace, Motion, StopReason } from '../../../src/debug/session/types.ts';
import type { Insn } from '../../../src/isa/insn.ts';
import { stateOf } from './state.ts';

/** What there is to know of one tick. */
export interface Entry {
  readonly tick: number;
  readonly state: string;
  readonly began: number;
  readonly arrival: 'begin' | 'result' | undefined;
  /** Undefined between packets. */
  readonly at: At | undefined;
  /** What the insn at hand ends the run with. */
  result: { readonly verdict: string; readonly fault: boolean } | undefined;
}

interface At {
  readonly prog: number;
  readonly progName: string;
  readonly slot: number;
  readonly depth: number;
  readonly line: string;
  readonly packet: number | undefined;
  readonly insn: Insn | undefined;
  readonly callee: string | undefined;
  readonly tailCalls: number;
  /** R0 to R10 of every frame, outermost first. */
  readonly regs: readonly (readonly bigint[])[];
  /** Bytes of the stack, by address: 16 below each frame pointer seen so far. */
  readonly stack: ReadonlyMap<number, string>;
  /** Key that R2 points to, for calls on maps; and the map in R1. */
  readonly key: string;
}

export interface Trace {
  readonly first: number;
  readonly entries: readonly Entry[];
}

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');

/** Steps a fresh session to its end; undefined when that takes more than `limit` ticks. */
export function traceOf(session: Session, limit: number): Trace | undefined {
  const entries: Entry[] = [];
  const seen = new Set<number>();
  let results = 0;
  let began = 0;
  for (;;) {
    const { machine, running, symbols, kernel } = session.view();
    const before = entries.at(-1);
    const ended = session.results().length > results;
    const fresh = machine?.insns === 0 && (!before?.at || before.at.packet === undefined);
    if (fresh) began = session.tick;
    if (ended && before) {
      const { verdict, fault } = session.results().at(-1)!;
      before.result = { verdict, fault: fault !== undefined };
      results++;
    }
    let at: At | undefined;
    if (machine) {
      const insn = machine.prog.insns[machine.pc];
      const pos = symbols.prog(machine.prog.id)?.insns[machine.pc]?.position?.pos;
      const regs = Array.from({ length: machine.depth + 1 }, (_, d) =>
        Array.from({ length: 11 }, (_, r) => machine.register(r, d)),
      );
      for (const frame of regs) seen.add(Number(frame[10]));
      const key = Number(machine.register(2));
      at = {
        prog: machine.prog.id,
        progName: symbols.prog(machine.prog.id)?.name ?? machine.prog.name,
        slot: machine.pc,
        depth: machine.depth,
        line: pos ? `${pos.file}:${pos.line}` : `insn ${machine.pc}`,
        packet: running?.number,
        insn,
        callee: insn && calleeName(machine.prog, machine.pc, insn),
        tailCalls: machine.tailCalls,
        regs,
        stack: new Map(
          [...seen].flatMap((fp) =>
            [8, 16].map((off) => [fp - off, hexOf(kernel.arena.u8.slice(fp - off, fp - off + 8))] as const),
          ),
        ),
        key:
          insn?.row?.kind === 'call' && key + 4 <= kernel.arena.size ? hexOf(kernel.arena.u8.slice(key, key + 4)) : '',
      };
    }
    entries.push({
      tick: session.tick,
      state: stateOf(session),
      began,
      arrival: ended ? 'result' : fresh ? 'begin' : undefined,
      at,
      result: undefined,
    });
    if (entries.length > limit) return undefined;
    const { tick } = session;
    let stop = session.go({ kind: 'step', unit: 'insn' });
    if (stop.reason === 'fault') stop = session.go({ kind: 'step', unit: 'insn' });
    if (session.tick === tick)
      return session.over && session.problems.length === 0 ? { first: entries[0]!.tick, entries } : undefined;
  }
}

/** A condition: `rN == value` of the innermost frame. */
export interface RegisterIs {
  readonly reg: number;
  readonly value: bigint;
}

export interface ModelBreak {
  readonly number: number;
  readonly place: BreakPlace;
  /** Of a watch: the frame of its register, or the address of its 8 bytes. */
  readonly watch?: { readonly reg: number; readonly depth: number } | { readonly address: number };
  /** Of a place in a map: its address. */
  readonly map?: number;
  readonly condition?: RegisterIs;
  readonly hits?: (n: number) => boolean;
  readonly temporary?: boolean;
  enabled: boolean;
  count: number;
}

export interface ModelStop {
  readonly reason: StopReason;
  readonly tick: number;
  readonly hits: readonly number[];
}

type Phase = 'around' | 'begin' | 'before' | 'result';
type Done = (tick: number, phase: Phase | 'end') => boolean;
const NOT: Done = () => false;

const OPS: Readonly<Record<string, string>> = { bpf_map_update_elem: 'update', bpf_map_delete_elem: 'delete' };

function writes(insn: Insn, reg: number): boolean {
  const { row } = insn;
  if (row?.kind === 'alu' || row?.kind === 'load' || row?.kind === 'ld_imm64') return insn.dst === reg;
  if (row?.kind === 'atomic') return row.fetch && (row.op === 'cmpxchg' ? 0 : insn.src) === reg;
  return (row?.kind === 'call' || row?.kind === 'ld_packet') && reg === 0;
}

export class Model {
  readonly trace: Trace;
  breaks: ModelBreak[] = [];
  tick: number;
  reason: StopReason = 'entry';

  constructor(trace: Trace) {
    this.trace = trace;
    this.tick = trace.first;
  }

  get last(): number {
    return this.trace.entries.at(-1)!.tick;
  }

  entry(tick: number): Entry {
    return this.trace.entries[tick - this.trace.first]!;
  }

  /** Moves; what the session must say. */
  go(motion: Motion): ModelStop {
    const stop = this.#go(motion);
    this.tick = stop.tick;
    this.reason = stop.reason;
    this.breaks = this.breaks.filter((b) => !b.temporary || !stop.hits.includes(b.number));
    return { ...stop, hits: [...stop.hits].sort((a, b) => a - b) };
  }

  #go(motion: Motion): ModelStop {
    const here = this.tick;
    switch (motion.kind) {
      case 'goto': {
        const tick = Math.max(this.trace.first, motion.tick);
        return tick > this.last ? stop('end', this.last) : stop('goto', tick);
      }
      case 'continue':
        return motion.back ? this.#back(here, NOT) : this.#forward(here, NOT, motion.here);
      case 'until': {
        const done: Done = (tick, phase) =>
          phase !== 'end' && this.#place({ place: motion.place, ...this.pin(motion.place) }, tick, phase);
        return motion.back ? this.#back(here, done) : this.#forward(here, done);
      }
      case 'finish':
        return this.#finish(here, motion.back === true);
      default: {
        let at = stop('step', here);
        for (let i = 0; i < (motion.count ?? 1) && at.reason === 'step'; i++) {
          const over = motion.kind === 'next';
          at =
            motion.unit === 'line'
              ? this.#line(at.tick, over, motion.back === true)
              : this.#one(at.tick, over, motion.back === true);
        }
        return at;
      }
    }
  }

  /** What a place means where the model stands now. */
  pin(place: BreakPlace): Pick<ModelBreak, 'watch'> {
    if (place.kind !== 'watch') return {};
    const { at } = this.entry(this.tick);
    const reg = /^r(\d+)$/.exec(place.expr);
    if (reg) return { watch: { reg: Number(reg[1]), depth: at?.depth ?? 0 } };
    const off = Number(/^fp-(\d+)$/.exec(place.expr)![1]);
    return { watch: { address: Number(at!.regs[at!.depth]![10]) - off } };
  }

  /** The tick of the insn that gave a register of the innermost frame its value. */
  wroteRegister(from: number, reg: number): number | undefined {
    let { depth } = this.entry(from).at!;
    for (let tick = from - 1; tick >= this.entry(from).began; tick--) {
      const at = this.entry(tick).at!;
      const after = this.entry(tick + 1).at!;
      if (after.depth !== depth) continue;
      if (at.depth === depth && at.insn && writes(at.insn, reg)) return tick;
      if (at.depth === depth + 1 && reg === 0) depth++;
      else if (at.depth === depth - 1) {
        if (at.insn?.row?.kind === 'call' && at.insn.row.target === 'helper') return tick;
        if (reg < 1 || reg > 5) return undefined;
        depth--;
      }
    }
    return undefined;
  }

  wroteStack(from: number, off: number): number | undefined {
    const { at } = this.entry(from);
    const address = Number(at!.regs[at!.depth]![10]) - off;
    for (let tick = from - 1; tick >= this.trace.first; tick--) {
      if (this.entry(tick).at && this.#written({ address }, tick)) return tick;
    }
    return undefined;
  }

  becameTrue(from: number, { reg, value }: RegisterIs): number | undefined {
    const is = (tick: number): boolean => {
      const { at } = this.entry(tick);
      return at !== undefined && at.regs[at.depth]![reg] === value;
    };
    for (let tick = from - 1; tick >= this.trace.first; tick--) {
      if (this.entry(tick).at && !is(tick) && is(tick + 1)) return tick;
      if (this.entry(tick).arrival === 'begin' && is(tick)) return tick;
    }
    return undefined;
  }

  #holds(b: ModelBreak, tick: number): boolean {
    if (!b.condition) return true;
    const at = this.entry(tick)?.at;
    return at !== undefined && at.regs[at.depth]![b.condition.reg] === b.condition.value;
  }

  /** Is a place met: around the insn of `tick`, before it, by the beginning of a run there or by the result it gives? */
  #place({ place, watch, map }: Pick<ModelBreak, 'place' | 'watch' | 'map'>, tick: number, phase: Phase): boolean {
    const entry = this.entry(tick);
    const { at } = entry;
    const after = this.entry(tick + 1)?.at;
    const is = (wanted: Phase): boolean => phase === wanted && at !== undefined;
    switch (place.kind) {
      case 'insn':
        return is('before') && place.at.some((p) => p.prog === at?.prog && p.slot === at.slot);
      case 'call':
        return is('before') && at?.callee === place.name;
      case 'map': {
        const op = OPS[at?.callee ?? ''];
        if (!is('before') || !op || (place.op !== 'any' && place.op !== op)) return false;
        if (at!.regs[at!.depth]![1] !== BigInt(map!)) return false;
        return !place.key || hexOf(place.key) === at!.key;
      }
      case 'tail-call':
        return (
          is('around') &&
          at?.callee === 'bpf_tail_call' &&
          after !== undefined &&
          after.tailCalls > at.tailCalls &&
          (place.to ?? after.progName) === after.progName
        );
      case 'packet':
        return (
          phase === 'begin' &&
          entry.arrival === 'begin' &&
          at?.packet !== undefined &&
          (place.number ?? at.packet) === at.packet
        );
      case 'fault':
        return phase === 'result' && entry.result?.fault === true;
      case 'verdict':
        return (
          phase === 'result' &&
          entry.result !== undefined &&
          (place.name ?? entry.result.verdict) === entry.result.verdict
        );
      case 'watch':
        return is('around') && entry.result?.fault !== true && this.#written(watch!, tick);
    }
  }

  #written(watch: NonNullable<ModelBreak['watch']>, tick: number): boolean {
    const at = this.entry(tick).at!;
    const after = this.entry(tick + 1)?.at;
    if (!at.insn) return false;
    const { row } = at.insn;
    if ('reg' in watch) {
      if (after?.depth !== watch.depth) return false;
      if (row?.kind === 'exit') return watch.reg === 0 && at.depth === watch.depth + 1;
      return at.depth === watch.depth && writes(at.insn, watch.reg);
    }
    const store = row?.kind === 'store' || row?.kind === 'atomic' ? row : undefined;
    if (store) {
      const to = Number(at.regs[at.depth]![at.insn.dst]) + at.insn.off;
      return to < watch.address + 8 && watch.address < to + store.size;
    }
    // What a call does to memory; what setting up a run does is nobody's insn.
    return (
      row?.kind === 'call' &&
      row.target !== 'local' &&
      after?.stack.get(watch.address) !== at.stack.get(watch.address) &&
      after !== undefined
    );
  }

  /** Breakpoints that are met; forward they count. */
  #met(tick: number, phase: Phase, forward: boolean): number[] {
    const hits: number[] = [];
    for (const b of this.breaks) {
      if (!b.enabled || !this.#place(b, tick, phase) || !this.#holds(b, phase === 'around' ? tick + 1 : tick)) continue;
      if (forward && b.hits && !b.hits(++b.count)) continue;
      hits.push(b.number);
    }
    return hits;
  }

  /** All that one meets going forward to a tick; `from` is where one comes from. */
  #arrive(tick: number, done: Done): { hits: number[]; done: boolean } {
    const { arrival } = this.entry(tick);
    const hits = this.#met(tick - 1, 'around', true);
    let is = done(tick - 1, 'around');
    if (arrival === 'begin') {
      hits.push(...this.#met(tick, 'begin', true));
      is = done(tick, 'begin') || is;
    }
    if (arrival === 'result') is = done(tick, 'end') || is;
    hits.push(...this.#met(tick, 'before', true));
    is = done(tick, 'before') || is;
    return { hits, done: is };
  }

  #forward(from: number, done: Done, here = false): ModelStop {
    for (let tick = from; ; tick++) {
      const { result } = this.entry(tick);
      let met = { hits: [] as number[], done: false };
      if (tick > from) met = this.#arrive(tick, done);
      else if (here) met = { hits: this.#met(tick, 'before', true), done: false };
      const gives = result && !result.fault && (tick > from || met.hits.length > 0);
      const verdict = gives ? this.#met(tick, 'result', true) : [];
      const hits = [...met.hits, ...verdict];
      if (hits.length > 0) return stop('breakpoint', tick, hits);
      if (met.done || (gives && done(tick, 'result'))) return stop('step', tick);
      if (result?.fault && !this.#standsAtFault(tick, from))
        return stop('fault', tick, this.#met(tick, 'result', true));
      if (tick >= this.last) return stop('end', tick);
    }
  }

  #standsAtFault(tick: number, from: number): boolean {
    return tick === from && tick === this.tick && this.reason === 'fault';
  }

  /** What is met at a tick going back to it. */
  #behind(tick: number, done: Done): { hits: number[]; done: boolean } {
    const { arrival, result } = this.entry(tick);
    const phases: Phase[] = ['around', 'before'];
    if (arrival === 'begin') phases.push('begin');
    if (result) phases.push('result');
    return {
      hits: phases.flatMap((p) => this.#met(tick, p, false)),
      done: phases.some((p) => done(tick, p)) || (arrival === 'result' && done(tick, 'end')),
    };
  }

  #back(from: number, done: Done): ModelStop {
    for (let tick = from - 1; tick >= this.trace.first; tick--) {
      const met = this.#behind(tick, done);
      if (this.entry(tick).result?.fault) return stop('fault', tick, met.hits);
      if (met.hits.length > 0) return stop('breakpoint', tick, met.hits);
      if (met.done) return stop('step', tick);
    }
    return stop('start', this.trace.first);
  }

  #one(from: number, over: boolean, back: boolean): ModelStop {
    const here = this.entry(from);
    const to = from + (back ? -1 : 1);
    if (to < this.trace.first) return stop('start', from);
    if (!back && here.result?.fault && !this.#standsAtFault(from, from)) {
      return stop('fault', from, this.#met(from, 'result', true));
    }
    if (to > this.last) return stop('end', from);
    const { at, began, result } = this.entry(to);
    const met = back ? this.#behind(to, NOT) : this.#arrive(to, NOT);
    if (!back && result && !result.fault) met.hits.push(...this.#met(to, 'result', true));
    if (met.hits.length > 0) return stop('breakpoint', to, met.hits);
    const deeper = over && at && here.at && began === here.began && at.depth > here.at.depth;
    if (!deeper) return stop('step', to);
    const wanted = this.#comesTo(here, here.at!.depth, here.at!.prog, here.at!.slot + (back ? -1 : 1));
    return back ? this.#back(to, wanted) : this.#forward(to, wanted);
  }

  #comesTo({ began }: Entry, depth: number, prog: number, slot: number): Done {
    return (tick, phase) => {
      const e = this.entry(tick);
      if (phase === 'end' || (phase === 'begin' && e.began > began)) return true;
      return (
        phase === 'before' && e.at?.depth === depth && e.at.prog === prog && e.at.slot === slot && e.began === began
      );
    };
  }

  #sameLine(a: number, b: number): boolean {
    const [x, y] = [this.entry(a), this.entry(b)];
    if (!x.at || !y.at || x.began !== y.began) return false;
    return x.at.depth === y.at.depth && x.at.prog === y.at.prog && x.at.line === y.at.line;
  }

  #line(from: number, over: boolean, back: boolean): ModelStop {
    for (let at = from; ; ) {
      const next = this.#one(at, over, back);
      if (next.reason !== 'step') return next;
      if (!back && !this.#sameLine(next.tick, from)) return next;
      if (back && (next.tick === this.trace.first || !this.#sameLine(this.#before(next.tick, over), next.tick)))
        return next;
      at = next.tick;
    }
  }

  /** The insn before, whatever breakpoints there are. */
  #before(tick: number, over: boolean): number {
    const { at, began } = this.entry(tick);
    let to = tick - 1;
    const inside = (e: Entry): boolean =>
      over && at !== undefined && e.began === began && e.at !== undefined && e.at.depth > at.depth;
    while (inside(this.entry(to))) to--;
    return to;
  }

  #finish(from: number, back: boolean): ModelStop {
    const here = this.entry(from);
    const depth = here.at?.depth ?? 0;
    if (here.at && depth > 0) {
      // The call that this frame is in is the last insn at the depth above before now.
      let call = from;
      while (this.entry(call).at!.depth >= depth) call--;
      const { prog, slot } = this.entry(call).at!;
      const wanted = this.#comesTo(here, depth - 1, prog, slot + (back ? 0 : 1));
      return back ? this.#back(from, wanted) : this.#forward(from, wanted);
    }
    if (back) return this.#back(from, (_, phase) => phase === 'begin');
    const began = here.at ? here.began : Number.POSITIVE_INFINITY;
    return this.#forward(
      from,
      (tick, phase) => phase === 'end' || (phase === 'begin' && this.entry(tick).began > began),
    );
  }
}

const stop = (reason: StopReason, tick: number, hits: readonly number[] = []): ModelStop => ({ reason, tick, hits });
