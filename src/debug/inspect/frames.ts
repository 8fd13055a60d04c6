/** The call frames as lines: who called whom, from where. */
import { framesOf } from '../session/frames.ts';
import type { Frame } from '../session/types.ts';
import type { View } from '../view.ts';

/** Callbacks of timers have no program that waits for them. */
function calledBy({ machine, running }: View, frame: Frame): string | undefined {
  if (frame.via !== undefined) return frame.via;
  return machine && !running && frame.depth === 0 ? 'callback of a timer or work queue' : undefined;
}

/** `ct_lookup+3`, or with the label that is nearer: `ct_lookup (found+1)`. */
function placeText({ symbols }: View, { progId, func, slot }: Frame): string {
  const prog = symbols.prog(progId);
  const nearest = prog ? symbols.placeName(prog, slot) : '';
  const plain = slot === func.slot ? func.name : `${func.name}+${slot - func.slot}`;
  return nearest === '' || nearest === plain ? plain : `${func.name} (${nearest})`;
}

/** The frames of what runs, innermost first: `#0  14: ct_lookup (found+1) in tc_main at tc.bpf:40: r6 = r0`. */
export function frameLines(view: View): string[] {
  const frames = framesOf(view);
  return frames.map((frame) => {
    const by = calledBy(view, frame);
    const shown = frame.depth === view.depth ? '>' : ' ';
    const at = frame.pos ? ` at ${frame.pos.file}:${frame.pos.line}` : '';
    const place = placeText(view, frame);
    const prog = frame.func.name === frame.prog ? '' : ` in ${frame.prog}`;
    const why = by === undefined ? '' : ` (${by})`;
    return `${shown}#${frame.depth}  ${frame.slot}: ${place}${prog}${why}${at}: ${frame.text}`;
  });
}
