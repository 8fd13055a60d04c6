/** The call frames as lines: who called whom, from where. */
import { framesOf } from '../session/frames.ts';
import type { Frame } from '../session/types.ts';
import type { View } from '../view.ts';

/** Callbacks of timers have no program that waits for them. */
function calledBy({ machine, running }: View, frame: Frame): string | undefined {
  if (frame.via !== undefined) return frame.via;
  return machine && !running && frame.depth === 0 ? 'callback of a timer or work queue' : undefined;
}

/** `ct_lookup+3`, the nearest label first where one is nearer than the function. */
export function placeText({ symbols }: View, frame: Frame): string {
  const prog = symbols.prog(frame.progId);
  return prog ? symbols.placeName(prog, frame.slot) : `${frame.func.name}+${frame.slot - frame.func.slot}`;
}

/** The frames of what runs, innermost first: `#0  14: ct_lookup+3 in tc_main at lb/tc.bpf:40: call bpf_map_lookup_elem#1`. */
export function frameLines(view: View): string[] {
  const frames = framesOf(view);
  return frames.map((frame) => {
    const by = calledBy(view, frame);
    const shown = frame.depth === view.depth ? '>' : ' ';
    const at = frame.pos ? ` at ${frame.pos.file}:${frame.pos.line}` : '';
    const place = placeText(view, frame);
    const prog = place === frame.prog ? '' : ` in ${frame.prog}`;
    const why = by === undefined ? '' : ` (${by})`;
    return `${shown}#${frame.depth}  ${frame.slot}: ${place}${prog}${why}${at}: ${frame.text}`;
  });
}
