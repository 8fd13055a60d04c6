/** Why a remembered state covers another: place by place, what was asked of it. */
import type { Exactness } from '../../verifier/explore/equal.ts';
import { regText } from '../../verifier/log/print.ts';
import { FP, INVALID, LIVE } from '../../verifier/state.ts';
import type { Reg } from '../../verifier/value/reg.ts';
import type { SeenFrames, SeenSlot } from './seen.ts';

/** What became of a place: nobody reads it later; only that it is a number counts; its value is inside the old one's. */
export type Asked = 'not read' | 'any number' | 'covered';

/** One place of both states. */
export interface PruneReason {
  readonly frame: number;
  /** `R1` or `fp-8`. */
  readonly place: string;
  readonly asked: Asked;
  /** As the log prints values. */
  readonly old: string;
  readonly now: string;
}

function asked(old: Reg, live: number, how: Exactness): Asked {
  if (how !== 'NOT_EXACT') return 'covered';
  if ((live & LIVE.READ) === 0 || old.type === 'NOT_INIT') return 'not read';
  return old.type === 'SCALAR_VALUE' && !old.precise ? 'any number' : 'covered';
}

const NOTHING = '';

function slotText(slot: SeenSlot | undefined, frameno: number): string {
  if (!slot || slot.types === INVALID) return NOTHING;
  return slot.types[7] === 'r' ? regText(slot.cell.v, frameno) : slot.types;
}

const valueText = (v: Reg | undefined, frameno: number): string =>
  !v || v.type === 'NOT_INIT' ? NOTHING : regText(v, frameno);

function askedOfSlot(slot: SeenSlot | undefined, how: Exactness): Asked {
  if (!slot) return 'not read';
  if (slot.types[7] === 'r') return asked(slot.cell.v, slot.cell.live, how);
  return (slot.cell.live & LIVE.READ) !== 0 || how !== 'NOT_EXACT' ? 'covered' : 'not read';
}

/** Every place that holds something in one of the states; `old` covers `now`. What nobody reads is forgotten in `old`: `origin` has it. */
export function pruneReasons(
  old: SeenFrames,
  now: SeenFrames,
  how: Exactness,
  origin: SeenFrames = old,
): PruneReason[] {
  const out: PruneReason[] = [];
  const add = (reason: PruneReason): void => {
    if (reason.old !== NOTHING || reason.now !== NOTHING) out.push(reason);
  };
  for (const [frame, f] of old.entries()) {
    const g = now[frame];
    const o = origin[frame];
    for (let r = 0; r < FP; r++) {
      const { v, live } = f.regs[r]!;
      const texts = {
        old: valueText(v, frame) || valueText(o?.regs[r]?.v, frame),
        now: valueText(g?.regs[r]?.v, frame),
      };
      add({ frame, place: `R${r}`, asked: asked(v, live, how), ...texts });
    }
    for (let spi = 0; spi < Math.max(f.stack.length, g?.stack.length ?? 0); spi++) {
      const texts = {
        old: slotText(f.stack[spi], frame) || slotText(o?.stack[spi], frame),
        now: slotText(g?.stack[spi], frame),
      };
      add({ frame, place: `fp${-8 * (spi + 1)}`, asked: askedOfSlot(f.stack[spi], how), ...texts });
    }
  }
  return out;
}
