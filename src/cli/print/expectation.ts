/** An expectation that is not met, as a difference of lines. */

import { type Style, wrap } from '../style.ts';
import type { PlacedFailure } from '../test/outcome.ts';

/** Lines that are the same on both sides are shown so far around a difference. */
const AROUND = 3;

/** Wanted and got as lines with `- `, `+ ` or two spaces in front. */
export function differenceLines({
  diff,
  wanted,
  got,
}: Pick<PlacedFailure, 'diff' | 'wanted' | 'got'>): readonly string[] {
  if (!diff) return [...wanted.map((line) => `- ${line}`), ...got.map((line) => `+ ${line}`)];
  const near = diff.map((_, i) => diff.slice(Math.max(0, i - AROUND), i + AROUND + 1).some((l) => !l.startsWith('  ')));
  const lines: string[] = [];
  for (const [i, line] of diff.entries()) {
    if (near[i]) lines.push(line);
    else if (i === 0 || near[i - 1]) lines.push('  …');
  }
  return lines;
}

/** `FILE:LINE`, or the path where the file has no such place of its own. */
export function failurePlace({ pos, path }: PlacedFailure): string {
  return pos ? `${pos.file}:${pos.line}` : path;
}

/** A failure in some lines: which, where, and what is missing and what came instead. */
export function failureText(failure: PlacedFailure, style: Style, columns: number | undefined): string {
  const head = wrap(
    `not as expected: ${failure.what} (${failurePlace(failure)})`,
    columns,
    ' '.repeat(8),
    ' '.repeat(6),
  );
  const lines = [head.replace('not as expected:', (words) => style.red(words))];
  for (const line of differenceLines(failure)) {
    const text = wrap(line, columns, ' '.repeat(12), ' '.repeat(8));
    lines.push(line.startsWith('- ') ? style.red(text) : line.startsWith('+ ') ? style.green(text) : text);
  }
  return lines.join('\n');
}
