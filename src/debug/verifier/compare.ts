/** A moment of a run against a node: the first place that holds what the verifier said it cannot hold. */
import { isSpilledReg, LIVE } from '../../verifier/state.ts';
import type { Reg } from '../../verifier/value/reg.ts';
import type { Graph } from './graph.ts';
import type { Concrete } from './holds.ts';
import { holdsSlot, holdsValue, slotBytes } from './holds.ts';
import type { Candidate, Position } from './position.ts';
import { withForks } from './position.ts';

const CALLEE_SAVED = 6;

/** Registers of a frame that count: of an outer one those that a call keeps. */
export const firstRegister = (innermost: boolean): number => (innermost ? 0 : CALLEE_SAVED);

/** Whether a place of a remembered state was compared with the path's: it is read later, and of numbers the precise ones. */
export function counts(v: Reg, live: number): boolean {
  return (live & LIVE.READ) !== 0 && (v.type !== 'SCALAR_VALUE' || v.precise);
}

/** The first place whose value is none of the node's, in words; undefined when all are. `base`: the machine's frame that is frame 0 there. */
export function outside(c: Concrete, graph: Graph, node: number, base: number): string | undefined {
  const frames = graph.frames(node);
  const last = c.depth - base;
  if (frames.length !== last + 1) return `${last + 1} frames where there are ${frames.length}`;
  for (const [i, f] of frames.entries()) {
    for (let r = firstRegister(i === last); r < 10; r++) {
      const v = c.register(r, base + i);
      if (!holdsValue(c, base, f.regs[r]!.v, v)) return `frame ${i} R${r} = 0x${v.toString(16)}`;
    }
    for (const [spi, slot] of f.stack.entries()) {
      if (!holdsSlot(c, base, slot.types, slot.cell.v, slotBytes(c, base + i, spi))) {
        return `frame ${i} fp${-8 * (spi + 1)}`;
      }
    }
  }
  return undefined;
}

/** The same for a state that stands for others: only what later insns read counts, and of numbers only the precise ones. */
export function outsideCovering(c: Concrete, graph: Graph, node: number, base: number): string | undefined {
  const kept = graph.covering(node);
  if (!kept) return undefined;
  const last = c.depth - base;
  if (kept.frame.length !== last + 1) return `${last + 1} frames where there are ${kept.frame.length}`;
  for (const [i, f] of kept.frame.entries()) {
    for (let r = firstRegister(i === last); r < 10; r++) {
      const { v, live } = f.regs[r]!;
      const value = c.register(r, base + i);
      if (counts(v, live) && !holdsValue(c, base, v, value)) return `frame ${i} R${r} = 0x${value.toString(16)}`;
    }
    for (const [spi, slot] of f.stack.entries()) {
      const { v, live } = slot.cell;
      if ((live & LIVE.READ) === 0) continue;
      if (isSpilledReg(slot) && !counts(v, live)) continue;
      if (!holdsSlot(c, base, slot.types, v, slotBytes(c, base + i, spi))) return `frame ${i} fp${-8 * (spi + 1)}`;
    }
  }
  return undefined;
}

/** A position without the candidates that a moment does not fit. */
export interface Narrowed {
  readonly position: Position;
  /** Why none of the innermost walk fits, which then keeps all its candidates. */
  readonly why: string | undefined;
}

/** The one that says most. */
export const exactFirst = (at: readonly Candidate[]): Candidate | undefined => at.find((p) => p.exact) ?? at[0];

/** Holds a moment of a run against the candidates of its innermost walk; walks below stand at a call, and were held against it there. */
export function narrow(position: Position, c: Concrete): Narrowed {
  const level = position.levels.at(-1);
  if (!level?.graph || level.at.length === 0) return { position, why: undefined };
  const { graph, base } = level;
  const all = withForks(graph, level.at);
  const checked = all.map((p) => ({
    p,
    why: p.exact ? outside(c, graph, p.node, base) : outsideCovering(c, graph, p.node, base),
  }));
  const at = checked.flatMap(({ p, why }) => (why === undefined ? [p] : []));
  if (at.length === 0) return { position, why: checked[0]!.why };
  return { position: { ...position, levels: [...position.levels.slice(0, -1), { ...level, at }] }, why: undefined };
}
