/**
 * How faithful the verifier is: every corpus through a real kernel and through ours, at log level 2. Rewrites docs/fidelity.json
 * and fails when a count is worse than the committed one: `npm run fidelity [-- CORPUS …]` (needs the oracle).
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Difference } from './fidelity/compare.ts';
import { comparePrograms } from './fidelity/compare.ts';
import { CORPORA } from './fidelity/corpora.ts';
import { ourAnswer } from './fidelity/ours.ts';
import { askOracle } from './oracle.ts';

const FILE = new URL('../docs/fidelity.json', import.meta.url).pathname;

interface Counts {
  readonly programs: number;
  readonly verdict_and_errno: number;
  readonly false_accepts: number;
  readonly false_rejects: number;
  readonly not_covered: number;
  /** By the kernel. */
  readonly rejected: number;
  readonly last_line_of_rejected: number;
  readonly processed_line: number;
  readonly whole_log: number;
  /** Names of programs, by what differs first. */
  readonly differing: Readonly<Partial<Record<Difference, readonly string[]>>>;
}

type Report = Readonly<Record<string, Counts>>;
type CountName = Exclude<keyof Counts, 'differing' | 'rejected' | 'programs'>;

const UP: readonly CountName[] = ['verdict_and_errno', 'last_line_of_rejected', 'processed_line', 'whole_log'];
const DOWN: readonly CountName[] = ['false_accepts', 'false_rejects', 'not_covered'];

function measure(corpus: string): Counts {
  const requests = CORPORA[corpus]!();
  const answers = askOracle(
    requests.map(({ log_level: _, ...request }) => request),
    2,
  );
  const pairs = requests.flatMap((request, i) => comparePrograms(answers[i]!, ourAnswer(request, 2)));
  const count = (of: (c: (typeof pairs)[number]['comparison']) => boolean): number =>
    pairs.filter((p) => of(p.comparison)).length;
  const differing: Partial<Record<Difference, string[]>> = {};
  for (const { name, comparison } of pairs) {
    if (comparison.difference === 'equal') continue;
    differing[comparison.difference] ??= [];
    differing[comparison.difference]!.push(name);
  }
  return {
    programs: pairs.length,
    verdict_and_errno: count((c) => c.verdict),
    false_accepts: count((c) => c.difference === 'false accept'),
    false_rejects: count((c) => c.difference === 'false reject'),
    not_covered: count((c) => c.difference === 'not covered'),
    rejected: count((c) => c.kernelRejects),
    last_line_of_rejected: count((c) => c.kernelRejects && c.lastLine),
    processed_line: count((c) => c.processed),
    whole_log: count((c) => c.log),
    differing,
  };
}

function committed(): Report {
  try {
    const root = new URL('..', import.meta.url).pathname;
    const text = execFileSync('git', ['show', 'HEAD:docs/fidelity.json'], {
      cwd: root,
      encoding: 'utf8',
      stdio: 'pipe',
    });
    return JSON.parse(text) as Report;
  } catch {
    return {};
  }
}

/** What got worse, in words. */
function falls(corpus: string, was: Counts | undefined, now: Counts): string[] {
  if (!was) return [];
  // A corpus that has grown by programs we do not cover is no fall.
  const grown = now.programs - was.programs;
  const worse = [
    ...UP.filter((name) => now[name] < was[name]),
    ...DOWN.filter((name) => now[name] > was[name] + (name === 'not_covered' ? Math.max(grown, 0) : 0)),
  ];
  return worse.map((name) => `${corpus}: ${name} was ${was[name]}, is ${now[name]}`);
}

const wanted = process.argv.slice(2);
for (const name of wanted) {
  if (name in CORPORA) continue;
  console.error(`fidelity: there is no corpus ${name}; there are ${Object.keys(CORPORA).join(', ')}`);
  process.exit(2);
}
const before = committed();
const measured = (wanted.length > 0 ? wanted : Object.keys(CORPORA)).map((name) => [name, measure(name)] as const);
const kept = wanted.length > 0 ? (JSON.parse(readFileSync(FILE, 'utf8')) as Report) : {};
writeFileSync(FILE, `${JSON.stringify({ ...kept, ...Object.fromEntries(measured) }, null, 2)}\n`);
for (const [name, { differing: _, ...counts }] of measured) console.log(name, counts);
const worse = measured.flatMap(([name, now]) => falls(name, before[name], now));
for (const line of worse) console.error(`fidelity: ${line}`);
process.exitCode = worse.length > 0 ? 1 : 0;
