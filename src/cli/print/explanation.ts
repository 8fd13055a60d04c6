/** What is said below a verdict to explain it. */
import type { Explanation, Ink, ProgramSource } from '../../explain/index.ts';
import { explainRejection, renderExplanation } from '../../explain/index.ts';
import type { Style } from '../style.ts';
import type { Verified } from '../verifyInputs.ts';

interface ExplanationPrinter {
  readonly style: Style;
  readonly columns: number | undefined;
}

/** Wider than this nobody reads. */
const WIDEST = 100;

/** The block that explains a rejection, with its newline. */
export function explainedText(e: Explanation, printer: ExplanationPrinter, source?: ProgramSource): string {
  const { style } = printer;
  const inks: Readonly<Record<Ink, (text: string) => string>> = {
    error: style.red,
    title: style.bold,
    marked: style.bold,
    added: style.green,
    removed: style.red,
    quiet: style.dim,
  };
  const lines = renderExplanation(e, {
    columns: Math.min(printer.columns ?? WIDEST, WIDEST),
    paint: (ink, text) => inks[ink](text),
    ...(source && { source }),
  });
  return `${lines.join('\n')}\n`;
}

/** What a rejection means; undefined where the kernel says nothing, or accepts. */
export function explainVerified({ program, source, maps }: Verified): Explanation | undefined {
  const { verification, request } = program;
  if (verification.verdict !== 'reject') return undefined;
  return explainRejection({
    log: verification.log,
    request: { ...request, ...(maps && { maps }) },
    ...(source && { source }),
  });
}

/** The explanation of a rejection; '' where there is none. */
export function explanationText(verified: Verified, printer: ExplanationPrinter): string {
  const found = explainVerified(verified);
  return found ? `\n${explainedText(found, printer, verified.source)}` : '';
}
