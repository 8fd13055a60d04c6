/** The line where commands are typed. */
import type { App } from './app.ts';
import { type StyledLine, span } from './line.ts';
import { LOOK } from './style.ts';
import { widthOf } from './text.ts';

/** The prompt, and the column of the cursor in it; undefined where nobody can type. */
export interface PromptLine {
  readonly spans: StyledLine;
  readonly cursor: number | undefined;
}

const PROMPT = '(bpflab) ';

export function promptLine(app: App): PromptLine {
  const { editor, columns } = app;
  if (app.asking) {
    const text = 'Quit? (y or n) ';
    return { spans: [span(text, LOOK.warning)], cursor: text.length };
  }
  if (app.busy) {
    return {
      spans: [span('running ', LOOK.title), span(`${app.face.progress()}, ctrl-c stops it`)],
      cursor: undefined,
    };
  }
  const { searching } = editor;
  const lead = searching
    ? `(${searching.failed ? 'not in history' : 'history'}: ${searching.text}) `
    : app.typing
      ? ':'
      : PROMPT;
  const before = widthOf(lead) + widthOf(editor.before);
  // What is too long is cut on its left.
  const over = Math.max(0, before - (columns - 2));
  const chars = Array.from(editor.text);
  let cut = 0;
  for (let gone = 0; cut < chars.length && gone < over; cut++) gone += widthOf(chars[cut]!);
  const left = widthOf(chars.slice(0, cut).join(''));
  const cursor = before - left;
  return { spans: [span(lead, LOOK.label), span(chars.slice(cut).join(''))], cursor: Math.min(cursor, columns - 1) };
}
