/** Explanations of rejections, coloured. */
import type { Explanation, Ink, ProgramSource } from '../../explain/index.ts';
import { renderExplanation } from '../../explain/index.ts';
import type { Style } from '../style.ts';

interface ExplainedPrinter {
  readonly style: Style;
  readonly columns: number | undefined;
  readonly source?: ProgramSource | undefined;
}

/** Wider than this nobody reads. */
const WIDEST = 100;

/** The block that explains a rejection, with its newline. */
export function explainedText(e: Explanation, { style, columns, source }: ExplainedPrinter): string {
  const inks: Readonly<Record<Ink, (text: string) => string>> = {
    error: style.red,
    title: style.bold,
    marked: style.bold,
    added: style.green,
    removed: style.red,
    quiet: style.dim,
  };
  const lines = renderExplanation(e, {
    columns: Math.min(columns ?? WIDEST, WIDEST),
    paint: (ink, text) => inks[ink](text),
    ...(source && { source }),
  });
  return `${lines.join('\n')}\n`;
}
