/** An explanation as text, in the shape that Linux 7.3 gives its own: headline, then sections. */
import type { Explanation, FaultPlace } from './explanation.ts';
import type { ProgramSource } from './source.ts';
import { linesOf } from './source.ts';

/** What may be coloured. */
export type Ink = 'error' | 'title' | 'marked' | 'added' | 'removed' | 'quiet';

/** How an explanation is printed. */
export interface RenderOptions {
  readonly source?: ProgramSource;
  /** Lines are broken there; 100 by default. */
  readonly columns?: number;
  /** Colours a piece of text; nothing is coloured without it. */
  readonly paint?: (ink: Ink, text: string) => string;
}

/** Breaks words at spaces. */
function wrapped(text: string, columns: number, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > columns) {
      lines.push(indent + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, indent + line];
}

const CONTEXT = 2;

/** A table of numbered lines, one of them marked. */
function numbered(
  rows: readonly { readonly n: number; readonly text: string }[],
  mark: number,
  sep: string,
  paint: NonNullable<RenderOptions['paint']>,
): string[] {
  const width = Math.max(...rows.map((r) => `${r.n}`.length));
  return rows.map(({ n, text }) => {
    const line = `${n === mark ? '>>>' : '   '} ${`${n}`.padStart(width)}${sep}${text}`;
    return n === mark ? paint('marked', `  ${line}`) : `  ${line}`;
  });
}

function atSection(
  at: FaultPlace,
  e: Explanation,
  options: RenderOptions,
  paint: NonNullable<RenderOptions['paint']>,
): string[] {
  const out: string[] = [];
  const { source: place } = at;
  const lines = place && linesOf(options.source, place.file);
  if (place && lines) {
    const from = Math.max(1, place.line - CONTEXT);
    const rows = lines
      .slice(from - 1, place.line + CONTEXT)
      .map((text, i) => ({ n: from + i, text: text.replaceAll('\t', '    ') }));
    const table = numbered(rows, place.line, ' | ', paint);
    const width = Math.max(...rows.map((r) => `${r.n}`.length));
    const pad = lines[place.line - 1]!.slice(0, place.col - 1)
      .replaceAll('\t', '    ')
      .replace(/\S/g, ' ');
    const caret = `      ${' '.repeat(width)} | ${pad}${paint('error', `^-- error: ${e.message}`)}`;
    const index = rows.findIndex((r) => r.n === place.line);
    out.push(...table.slice(0, index + 1), caret, ...table.slice(index + 1), '');
  } else if (at.quoted) {
    const { text, file, line } = at.quoted;
    out.push(
      `  >>> ${file === undefined ? '' : `${file}:${line} | `}${text}`,
      paint('error', `      ^-- error: ${e.message}`),
      '',
    );
  }
  out.push(
    ...numbered(
      at.around.map((a) => ({ n: a.slot, text: a.text })),
      at.slot,
      ': ',
      paint,
    ),
  );
  if (!lines && !at.quoted) out.push(paint('error', `      ^-- error: ${e.message}`));
  return out;
}

function placeText(at: FaultPlace | undefined, program: string | undefined): string {
  if (!at) return '';
  const file = at.source
    ? `${at.source.file}:${at.source.line}:${at.source.col}, `
    : at.quoted?.file === undefined
      ? ''
      : `${at.quoted.file}:${at.quoted.line}, `;
  return ` ${file}insn ${at.slot}${program === undefined ? '' : ` of ${program}`}`;
}

/** The lines of an explanation. */
export function renderExplanation(e: Explanation, options: RenderOptions = {}): string[] {
  const columns = options.columns ?? 100;
  const paint = options.paint ?? ((_, text) => text);
  const section = (name: string, rest = ''): string => paint('title', `${name}:`) + rest;
  const out = wrapped(`${e.id}: ${e.headline}`, columns, '').map((line) => paint('error', line));
  out.push('', section('Verification failed', ` ${e.category} (${e.class})`), `  ${e.message}`);
  out.push('', section('Reason'), ...wrapped(e.reason, columns, '  '));
  if (e.proof) {
    out.push(
      ...wrapped(`needed: ${e.proof.needs}`, columns, '  '),
      ...wrapped(`proven: ${e.proof.proven}`, columns, '  '),
    );
  }
  if (e.at) out.push('', section('At', placeText(e.at, e.program)), ...atSection(e.at, e, options, paint));
  if (e.causalPath.length > 0) {
    const width = Math.max(...e.causalPath.map((s) => `${s.slot}`.length));
    out.push('', section('Causal path'));
    for (const step of e.causalPath) {
      const head = `  ${`${step.slot}`.padStart(width)}: ${step.text}`;
      const line = `${head.padEnd(44)} ${step.what}`;
      if (line.length <= columns) out.push(step.kind === 'branch' ? paint('quiet', line) : line);
      else out.push(head, ...wrapped(step.what, columns, ' '.repeat(width + 6)));
    }
  }
  if (e.counterexample) out.push('', section('Counter-example'), ...wrapped(e.counterexample.text, columns, '  '));
  out.push('', section('Suggestion'), ...wrapped(e.suggestion, columns, '  '));
  for (const line of e.fix?.diff ?? []) {
    out.push(
      line.startsWith('+')
        ? paint('added', `  ${line}`)
        : line.startsWith('-')
          ? paint('removed', `  ${line}`)
          : `  ${line}`,
    );
  }
  if (e.page !== undefined) out.push('', paint('quiet', `${e.id} is explained in ${e.page}`));
  return out;
}
