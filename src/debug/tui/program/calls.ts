/** The call frames, and the world around them. */
import type { Shell } from '../../commands/shell.ts';
import { frameLines } from '../../inspect/frames.ts';
import { worldLines } from '../../inspect/world.ts';
import { type Content, linesContent, type PaneRow } from '../face.ts';
import { line } from '../line.ts';
import { LOOK, PLAIN } from '../style.ts';
import type { Kept } from './kept.ts';

export function callsPane(shell: Shell, kept: Kept): PaneRow {
  const frames = (): readonly string[] => kept.get('frames', () => frameLines(kept.get('view', () => shell.view())));
  return {
    id: 'calls',
    title: 'calls',
    choose: true,
    content: (): Content => {
      const view = kept.get('view', () => shell.view());
      const calls = frames();
      const { tailCalls = 0 } = view.machine ?? {};
      const world = kept.get('world', () => worldLines(view));
      return linesContent([
        ...calls.map((text) => line(text, text.startsWith('>') ? LOOK.title : PLAIN)),
        ...(tailCalls > 0 ? [line(`(${tailCalls} tail calls led here: 'tail-calls' lists them)`, LOOK.faint)] : []),
        ...world.map((text) => line(text)),
      ]);
    },
    /** Looks at the frame of a line. */
    enter: (index) => {
      const depth = /^.#(\d+)/.exec(frames()[index] ?? '')?.[1];
      return depth === undefined ? false : `frame ${depth}`;
    },
  };
}
