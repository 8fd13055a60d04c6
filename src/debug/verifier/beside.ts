/** What the verifier knew, beside what a moment of a concrete run holds. */
import { regText } from '../../verifier/log/print.ts';
import { FP, INVALID } from '../../verifier/state.ts';
import type { Reg } from '../../verifier/value/reg.ts';
import { S64_MAX, S64_MIN, U32_MAX } from '../../verifier/value/reg.ts';
import { tnumIsConst, tnumIsUnknown } from '../../verifier/value/tnum.ts';
import { exactFirst, firstRegister, type Narrowed, narrow } from './compare.ts';
import { registerDoubted, slotDoubted } from './doubt.ts';
import type { Graph } from './graph.ts';
import { hintsFor } from './hints.ts';
import type { Concrete } from './holds.ts';
import { holdsSlot, holdsValue, slotBytes, slotNumber } from './holds.ts';
import type { Candidate, Position } from './position.ts';

/** How much the verifier knew of a value. `pruned`: it was not compared on this path; `contradiction`: it said that this cannot be. */
export type Mark = 'exact' | 'range' | 'unknown' | 'pruned' | 'contradiction';

/** One place with what the verifier knew of it. */
export interface KnownValue {
  /** `R1` or `fp-8`. */
  readonly place: string;
  /** As the log prints it: `scalar(smin=0,smax=255)`, `pkt(off=14,r=34)`, `ctx()`, `mmmm????`; '' for nothing at all. */
  readonly text: string;
  readonly mark: Mark;
  readonly concrete: bigint;
  /** Where it knew less than one might think. */
  readonly hints: readonly string[];
}

/** A frame, by the machine's index. */
export interface KnownFrame {
  readonly depth: number;
  /** Node whose state it is. */
  readonly node: number;
  /** R0 to R10; of an outer frame R6 to R10. */
  readonly registers: readonly KnownValue[];
  /** Slots that the verifier knows something of. */
  readonly stack: readonly KnownValue[];
}

/** `followed` along an explored path, beyond a `pruned` one, where nothing was `unexplored`, or where no value fits: a bug. */
export type KnownStatus = 'followed' | 'pruned' | 'unexplored' | 'contradiction';

/** What was known in a moment. */
export interface Knowledge {
  readonly status: KnownStatus;
  /** In words, for people. */
  readonly text: string;
  /** The node that stands for the moment, 0 for none. */
  readonly node: number;
  /** So many nodes fit. */
  readonly fitting: number;
  /** The innermost first. */
  readonly frames: readonly KnownFrame[];
  /** @internal The position without the nodes that do not fit: go on from it. */
  readonly position: Position;
}

/** More of a run, where it is at hand. */
export interface BesideOptions {
  /** What an address belongs to, in words. */
  readonly pointsTo?: (address: bigint) => string | undefined;
}

const unbounded = (r: Reg): boolean =>
  tnumIsUnknown(r.var_off) &&
  r.smin_value === S64_MIN &&
  r.smax_value === S64_MAX &&
  r.umin_value === 0n &&
  r.u32_min_value === 0 &&
  r.u32_max_value === U32_MAX;

function markOf(r: Reg): Mark {
  if (r.type === 'NOT_INIT') return 'unknown';
  if (tnumIsConst(r.var_off)) return 'exact';
  return r.type === 'SCALAR_VALUE' && unbounded(r) ? 'unknown' : 'range';
}

interface Moment {
  readonly c: Concrete;
  readonly graph: Graph;
  readonly base: number;
  readonly candidate: Candidate;
  readonly options: BesideOptions;
}

function known(
  m: Moment,
  place: string,
  reg: Reg,
  frame: number,
  concrete: bigint,
  fits: boolean,
  own: boolean,
): KnownValue {
  const text = reg.type === 'NOT_INIT' ? '' : regText(reg, frame);
  if (!own) return { place, text, mark: 'pruned', concrete, hints: [] };
  const mark = fits ? markOf(reg) : 'contradiction';
  const hints = reg.type === 'NOT_INIT' ? [] : hintsFor({ reg, concrete, pointsTo: m.options.pointsTo?.(concrete) });
  return { place, text, mark, concrete, hints };
}

function knownFrame(m: Moment, i: number): KnownFrame {
  const { c, graph, base, candidate } = m;
  const f = graph.frames(candidate.node)[i]!;
  const depth = base + i;
  const registers: KnownValue[] = [];
  for (let r = firstRegister(depth === c.depth); r <= FP; r++) {
    const concrete = c.register(r, depth);
    const { v } = f.regs[r]!;
    const own = r === FP || !registerDoubted(candidate.doubt, i, r);
    registers.push(known(m, `R${r}`, v, i, concrete, r === FP || holdsValue(c, base, v, concrete), own));
  }
  const stack = f.stack.flatMap(({ types, cell }, spi): KnownValue[] => {
    if (types === INVALID) return [];
    const bytes = slotBytes(c, depth, spi);
    const fits = holdsSlot(c, base, types, cell.v, bytes);
    const concrete = slotNumber(bytes);
    const place = `fp${-8 * (spi + 1)}`;
    const own = !slotDoubted(candidate.doubt, i, spi);
    if (types[0] === 'r') return [known(m, place, cell.v, i, concrete, fits, own)];
    const text = types[7] === 'r' ? types.slice(0, types.indexOf('r')) + regText(cell.v, i) : types;
    const held: Mark = !fits
      ? 'contradiction'
      : types === '00000000'
        ? 'exact'
        : /^[m?]*$/.test(types)
          ? 'unknown'
          : 'range';
    return [{ place, text, mark: own ? held : 'pruned', concrete, hints: [] }];
  });
  return { depth, node: candidate.node, registers, stack };
}

/** What the verifier knew in a moment of a run that stands at `position`. */
export function beside(position: Position, c: Concrete, options: BesideOptions = {}): Knowledge {
  const narrowed = narrow(position, c);
  const frames: KnownFrame[] = [];
  let end = c.depth;
  for (const { graph, base, at } of narrowed.position.levels.toReversed()) {
    const candidate = exactFirst(at);
    if (graph && candidate) {
      const m: Moment = { c, graph, base, candidate, options };
      for (let k = Math.min(end - base, graph.depth(candidate.node)); k >= 0; k--) frames.push(knownFrame(m, k));
    }
    end = base - 1;
  }
  return { ...summary(narrowed), frames, position: narrowed.position };
}

function summary({ position, why }: Narrowed): Pick<Knowledge, 'status' | 'text' | 'node' | 'fitting'> {
  const level = position.levels.at(-1);
  const graph = level?.graph;
  if (!level || !graph)
    return { status: 'unexplored', text: 'the verifier did not see this program', node: 0, fitting: 0 };
  const candidate = exactFirst(level.at);
  if (!candidate) {
    const missing = graph.complete ? 'no explored path leads here' : 'the exploration ended before it got here';
    return { status: graph.complete ? 'contradiction' : 'unexplored', text: missing, node: 0, fitting: 0 };
  }
  const { node, exact, into } = candidate;
  if (why !== undefined) {
    return { status: 'contradiction', text: `outside of what the verifier knew: ${why}`, node, fitting: 0 };
  }
  const fitting = level.at.length;
  if (exact) return { status: 'followed', text: `node ${node}`, node, fitting };
  const text = into === 0 ? `one of the visits of this insn, such as node ${node}` : `pruned into state ${into}`;
  return { status: 'pruned', text, node, fitting };
}
