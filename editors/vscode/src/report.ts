/** What `bpflab verify --json --explain` says, as findings at places. Knows nothing of VS Code. */

export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly col: number;
  readonly length?: number;
}

interface Step {
  readonly slot: number;
  readonly text: string;
  readonly what: string;
}

interface Explanation {
  readonly id: string;
  readonly name: string;
  readonly headline: string;
  readonly reason: string;
  readonly proof?: { readonly needs: string; readonly proven: string };
  readonly causalPath: readonly Step[];
  readonly suggestion: string;
  readonly fix?: { readonly file?: string; readonly repaired?: string };
  readonly page?: string;
}

interface ProgramAnswer {
  readonly file: string;
  readonly name: string;
  readonly verdict: 'accept' | 'reject' | 'not_covered';
  readonly what?: string;
  readonly errname?: string;
  readonly words?: readonly string[];
  readonly pos?: Place;
  readonly explanation?: Explanation;
  readonly stats?: { readonly insns: number };
}

interface Problem {
  readonly code: string;
  readonly text: string;
  readonly at?: { readonly pos?: Place };
}

interface Answer {
  readonly programs?: readonly ProgramAnswer[];
  readonly problems?: readonly Problem[];
}

/** One thing to show at a place. */
export interface Finding {
  readonly at: Place;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly code: string;
  /** Page about it, from bpflab's folder. */
  readonly page?: string;
  readonly program?: string;
  readonly explanation?: Explanation;
}

export interface Report {
  readonly findings: readonly Finding[];
  readonly status: { readonly text: string; readonly good: boolean };
}

/** Where each slot of a program was written, by the program's name. */
export type Positions = Readonly<Record<string, readonly (Place | null)[]>>;

const plural = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

function findingOf(program: ProgramAnswer): Finding[] {
  const { file, name, verdict, words = [], explanation } = program;
  const at = program.pos ?? { file, line: 1, col: 1 };
  if (verdict === 'accept') return [];
  if (verdict === 'not_covered')
    return [
      {
        at,
        severity: 'warning',
        message: `${name}: not covered: ${program.what ?? ''}`,
        code: 'not-covered',
        program: name,
      },
    ];
  const last = words.at(-1) ?? 'rejected';
  const message = explanation ? `${last}\n${explanation.headline}` : words.join('\n') || 'rejected';
  return [
    {
      at,
      severity: 'error',
      message: `${name}: ${message}`,
      code: explanation?.id ?? program.errname ?? 'rejected',
      program: name,
      ...(explanation && { explanation }),
      ...(explanation?.page !== undefined && { page: explanation.page }),
    },
  ];
}

function statusOf(programs: readonly ProgramAnswer[], problems: number): Report['status'] {
  if (problems > 0) return { text: plural(problems, 'problem'), good: false };
  if (programs.length === 0) return { text: 'no program', good: true };
  const bad = programs.filter((p) => p.verdict === 'reject');
  if (bad.length > 0) {
    const which = programs.length === 1 ? '' : ` (${bad.length} of ${programs.length})`;
    return { text: `rejected${which}`, good: false };
  }
  if (programs.some((p) => p.verdict === 'not_covered')) return { text: 'not covered', good: false };
  const insns = programs.reduce((sum, p) => sum + (p.stats?.insns ?? 0), 0);
  return { text: `accepted (${plural(insns, 'insn')})`, good: true };
}

/** Reads the command's output; undefined when it is no answer of bpflab's. `file` is where problems without place go. */
export function readReport(output: string, file: string): Report | undefined {
  let answer: Answer;
  try {
    answer = JSON.parse(output) as Answer;
  } catch {
    return undefined;
  }
  if (typeof answer !== 'object' || answer === null) return undefined;
  const { programs = [], problems = [] } = answer;
  if (!Array.isArray(programs) || !Array.isArray(problems)) return undefined;
  const reported = (problems as readonly Problem[]).map(
    ({ code, text, at }): Finding => ({
      at: at?.pos ?? { file, line: 1, col: 1 },
      severity: 'error',
      message: text,
      code,
    }),
  );
  return {
    findings: [...reported, ...(programs as readonly ProgramAnswer[]).flatMap(findingOf)],
    status: statusOf(programs, problems.length),
  };
}

/** The explanation in Markdown. `link` makes the address of a place. */
export function explanationText(finding: Finding, positions: Positions, link: (place: Place) => string): string {
  const { explanation, program } = finding;
  if (!explanation) return '';
  const { id, name, headline, reason, proof, causalPath, suggestion } = explanation;
  const places = positions[program ?? ''] ?? [];
  const path = causalPath.map(({ slot, text, what }) => {
    const place = places[slot];
    const where = place ? `[line ${place.line}](${link(place)})` : `insn ${slot}`;
    return `- ${where}: \`${text.replaceAll('`', "'")}\` ${plain(what)}`;
  });
  return [
    `**${id}: ${plain(name)}**`,
    plain(headline),
    plain(reason),
    ...(proof ? [`Needed: ${plain(proof.needs)}  \nProven: ${plain(proof.proven)}`] : []),
    ...(path.length > 0 ? [path.join('\n')] : []),
    `*${plain(suggestion)}*`,
  ].join('\n\n');
}

/** Text that Markdown leaves as it is, but for `code`, which stays code. */
export function plain(text: string): string {
  return text.replace(/`[^`\n]+`|[\\`*_{}[\]<>#|~]/g, (found) => (found.length > 1 ? found : `\\${found}`));
}

/** The whole text of the file after the repair that the explanation offers. */
export function repairOf(finding: Finding): { file: string; text: string } | undefined {
  const { file, repaired } = finding.explanation?.fix ?? {};
  return file === undefined || repaired === undefined ? undefined : { file, text: repaired };
}
