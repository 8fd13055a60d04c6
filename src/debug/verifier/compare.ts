/** A moment of a run against a node: the first place that holds what the verifier said it cannot hold. */
import { FP } from '../../verifier/state.ts';
import { registerDoubted, slotDoubted } from './doubt.ts';
import type { Graph } from './graph.ts';
import type { Concrete } from './holds.ts';
import { holdsSlot, holdsValue, slotBytes } from './holds.ts';
import type { Candidate, Position } from './position.ts';
import { withForks } from './position.ts';

const CALLEE_SAVED = 6;

/** Registers of a frame that count: of an outer one those that a call keeps. */
export const firstRegister = (innermost: boolean): number => (innermost ? 0 : CALLEE_SAVED);

/** The first place whose value is none of the node's, in words; undefined when all are. `base`: the machine's frame that is frame 0 there. */
function outside(c: Concrete, graph: Graph, base: number, { node, doubt }: Candidate): string | undefined {
  const frames = graph.frames(node);
  const last = c.depth - base;
  if (frames.length !== last + 1) return `${last + 1} frames where there are ${frames.length}`;
  for (const [i, f] of frames.entries()) {
    for (let r = firstRegister(i === last); r < FP; r++) {
      if (registerDoubted(doubt, i, r)) continue;
      const v = c.register(r, base + i);
      if (!holdsValue(c, base, f.regs[r]!.v, v)) return `frame ${i} R${r} = 0x${v.toString(16)}`;
    }
    for (const [spi, slot] of f.stack.entries()) {
      if (slotDoubted(doubt, i, spi)) continue;
      if (!holdsSlot(c, base, slot.types, slot.cell.v, slotBytes(c, base + i, spi))) {
        return `frame ${i} fp${-8 * (spi + 1)}`;
      }
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
  const checked = all.map((p) => ({ p, why: outside(c, graph, base, p) }));
  const at = checked.flatMap(({ p, why }) => (why === undefined ? [p] : []));
  if (at.length === 0) return { position, why: checked[0]!.why };
  return { position: { ...position, levels: [...position.levels.slice(0, -1), { ...level, at }] }, why: undefined };
}
