/** What came of the mutants, in numbers: a row a file. */
import type { Fate, Judged } from './check.ts';

/** The score that the programs' scenarios have to reach, in percent. */
export const GOAL = 97;

export interface Tally {
  readonly file: string;
  readonly mutants: number;
  readonly scenario: number;
  /** Faults, too many insns, and what the simulator could not stand. */
  readonly fault: number;
  readonly verifier: number;
  /** Proved by the check. */
  readonly proved: number;
  /** In the list, with a reason. */
  readonly argued: number;
  /** Insns that no scenario executes. */
  readonly unexecuted: number;
  readonly survived: number;
  /** Of the mutants that are not equivalent how many were noticed, in percent. */
  readonly score: number;
}

function tallyOf(file: string, judged: readonly Judged[]): Tally {
  const count = (...fates: readonly Fate[]): number => judged.filter((j) => fates.includes(j.fate)).length;
  const equivalent = judged.filter((j) => j.fate === 'equivalent');
  const argued = equivalent.filter((j) => j.why === j.listed?.reason).length;
  const killed = count('scenario', 'fault', 'limit', 'crash', 'verifier');
  const counted = judged.length - equivalent.length;
  return {
    file,
    mutants: judged.length,
    scenario: count('scenario'),
    fault: count('fault', 'limit', 'crash'),
    verifier: count('verifier'),
    proved: equivalent.length - argued,
    argued,
    unexecuted: count('unexecuted'),
    survived: count('survived'),
    score: counted === 0 ? 100 : (100 * killed) / counted,
  };
}

/** A row for each file in the order of their names, and one for all. */
export function tallies(judged: readonly Judged[]): { readonly files: readonly Tally[]; readonly all: Tally } {
  const names = [...new Set(judged.map((j) => j.file))].sort();
  const files = names.map((name) =>
    tallyOf(
      name,
      judged.filter((j) => j.file === name),
    ),
  );
  return { files, all: tallyOf('all', judged) };
}

const COLUMNS = [
  ['file', (t: Tally) => t.file],
  ['mutants', (t: Tally) => `${t.mutants}`],
  ['by scenario', (t: Tally) => `${t.scenario}`],
  ['by fault', (t: Tally) => `${t.fault}`],
  ['by verifier', (t: Tally) => `${t.verifier}`],
  ['equivalent, proved', (t: Tally) => `${t.proved}`],
  ['equivalent, listed', (t: Tally) => `${t.argued}`],
  ['never executed', (t: Tally) => `${t.unexecuted}`],
  ['survived', (t: Tally) => `${t.survived}`],
  ['score', (t: Tally) => `${(Math.floor(t.score * 10) / 10).toFixed(1)} %`],
] as const;

/** The numbers as a table in Markdown. */
export function markdownTable(judged: readonly Judged[]): string {
  const { files, all } = tallies(judged);
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const lines = [
    row(COLUMNS.map(([name]) => name)),
    row(COLUMNS.map((_, i) => (i === 0 ? '---' : '---:'))),
    ...files.map((t) => row(COLUMNS.map(([, of]) => of(t)))),
    row(COLUMNS.map(([, of]) => `**${of(all)}**`)),
  ];
  return `${lines.join('\n')}\n`;
}

/** A mutant in one line. */
export function mutantLine({ site, what, why }: Judged): string {
  const nth = site.nth > 1 ? ` (${site.nth})` : '';
  return `${site.place}: ${site.function}: ${site.line}${site.insn === undefined ? '' : ` [${site.insn}]`}${nth}: ${what}${why === '' ? '' : ` — ${why}`}`;
}
