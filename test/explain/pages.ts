/** The pages of docs/errors/, made of the catalogue and of what the kernel was recorded to say. */
import { ERROR_ROWS } from '../../src/explain/catalogue/index.ts';
import type { ErrorRow } from '../../src/explain/catalogue/row.ts';
import type { Example, Recorded } from './examples.ts';
import { examples, explain, records } from './examples.ts';

const fenced = (lines: readonly string[]): string[] => ['```', ...lines, '```'];

function classOf(row: ErrorRow): string {
  return typeof row.class === 'string' ? row.class : 'bug, or as the log shows';
}

function page(row: ErrorRow, example: Example | undefined, recorded: Recorded | undefined): string {
  const e = example && recorded && explain(example, recorded);
  const lines = [
    `# ${row.id}: ${row.name}`,
    '',
    `${row.category}; class: ${classOf(row)}.`,
    '',
    '## What the kernel says',
    '',
    ...fenced(row.messages),
    '',
    '## What it means',
    '',
    row.why,
    '',
  ];
  const suggestion = e?.suggestion ?? (typeof row.suggestion === 'string' ? row.suggestion : undefined);
  if (suggestion !== undefined) lines.push('## What to do', '', suggestion, '');
  if (!e || !recorded) lines.push('No small program is known that brings it about.', '');
  else {
    const last = recorded.log.filter((line) => !/^(?:processed|verification time|stack depth)/.test(line)).slice(-6);
    lines.push('## The smallest program', '', ...fenced(row.example.split('\n')), '');
    lines.push(
      `Linux 6.12 answers ${recorded.errname}${row.unpriv ? ' to a loader without privileges' : ''}:`,
      '',
      ...fenced(last),
      '',
      e.headline,
      '',
    );
    if (e.proof) lines.push(`- needed: ${e.proof.needs}`, `- proven: ${e.proof.proven}`, '');
    if (e.counterexample) lines.push(`${e.counterexample.text}`, '');
    if (e.fix)
      lines.push(
        recorded.repaired === 'accept' ? 'With this change the kernel accepts it:' : 'A change to begin with:',
        '',
        '```diff',
        ...e.fix.diff,
        '```',
        '',
      );
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function index(): string {
  const rows = ERROR_ROWS.toSorted((a, b) => a.id.localeCompare(b.id)).map(
    (r) => `| [${r.id}](${r.id}.md) | ${r.name} | ${r.category} |`,
  );
  return [
    '# Rejections',
    '',
    'What Linux refuses, one page for each kind of rejection that `bpflab explain` and `bpflab verify --explain` know. These pages are',
    'generated (`npx tsx scripts/make-error-pages.ts`) from `src/explain/catalogue/`, with the words of a real Linux 6.12.',
    '',
    '| id | | category |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

/** All pages by file name. */
export function errorPages(): Map<string, string> {
  const made = examples();
  const recorded = records();
  return new Map([
    ['README.md', index()],
    ...ERROR_ROWS.map(
      (row) =>
        [
          `${row.id}.md`,
          page(
            row,
            made.find((e) => e.row === row),
            recorded[row.id],
          ),
        ] as const,
    ),
  ]);
}
