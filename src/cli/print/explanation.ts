/** What is said below a verdict to explain it. */
import type { Style } from '../style.ts';
import type { Verified } from '../verifyInputs.ts';

interface ExplanationPrinter {
  readonly style: Style;
  readonly columns: number | undefined;
}

/** The explanation of a rejection; '' where there is none. */
export function explanationText(_verified: Verified, _printer: ExplanationPrinter): string {
  return '';
}
