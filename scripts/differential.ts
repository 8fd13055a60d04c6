/**
 * Random programs through the kernel's verifier and ours: `npx tsx scripts/differential.ts [--seed N] [--count N]
 * [--section SEC] [--report FILE] [--shrink N] [--rounds N]` (needs the oracle). Prints the counts; each difference is shrunk
 * (at most N of them) and written to the report. Exit status 1 when a verdict differs.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { LoadResult } from '../src/spec/request.ts';

import type { Generated } from '../test/verifier/generate/program.ts';
import { generate, requestOf } from '../test/verifier/generate/program.ts';
import type { Candidate } from '../test/verifier/generate/shrink.ts';
import { shrunk, sizeOf, together } from '../test/verifier/generate/shrink.ts';
import type { Difference } from './fidelity/compare.ts';
import { compare, lastLine, logLines } from './fidelity/compare.ts';
import { isShort, ourAnswer } from './fidelity/ours.ts';
import { askOracle } from './oracle.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '1000' },
    section: { type: 'string' },
    report: { type: 'string' },
    shrink: { type: 'string', default: '12' },
    rounds: { type: 'string', default: '12' },
  },
});
const BATCH = 2500;
const MAX_INSNS = 2_500;
/** Precision tracking can make a log of 100 MB of a short walk. */
const MAX_LOG = 2_000_000;
const WORST: readonly Difference[] = [
  'false accept',
  'false reject',
  'errno',
  'last line',
  'processed line',
  'log',
  'not covered',
];

interface Case {
  program: Generated;
  difference: Difference;
  kernel: LoadResult;
  ours: LoadResult;
}

/** What the kernel and we say of programs; those that do not assemble or are walked for long are left out. */
function judge(programs: readonly Generated[]): Case[] {
  const pairs = programs.flatMap((program) => {
    const request = requestOf(program);
    if (!request || !isShort(request, MAX_INSNS)) return [];
    const ours = ourAnswer(request, 2);
    return (ours.log?.length ?? 0) <= MAX_LOG ? [{ program, request, ours }] : [];
  });
  if (pairs.length === 0) return [];
  const answers = askOracle(
    pairs.map((p) => p.request),
    2,
  );
  return pairs.flatMap(({ program, ours }, i) => {
    const kernel = answers[i]!;
    const comparison = compare(kernel, ours);
    return comparison ? [{ program, difference: comparison.difference, kernel, ours }] : [];
  });
}

/** Shrinks all cases together, so that each round is one boot. */
function shrinkAll(cases: Case[], rounds: number): void {
  let active = cases.map((c) => ({ c, candidates: shrunk(c.program) }));
  for (let round = 0; round < rounds && active.length > 0; round++) {
    const flat = active.flatMap(({ candidates }, i) => candidates.map((candidate) => ({ i, candidate })));
    const judged = judge(flat.map(({ candidate }, k) => ({ ...candidate.program, name: String(k) })));
    const shown = active.map((): Candidate[] => []);
    const best: (Case | undefined)[] = active.map(() => undefined);
    for (const j of judged) {
      const { i, candidate } = flat[Number(j.program.name)]!;
      if (j.difference !== active[i]!.c.difference) continue;
      shown[i]!.push(candidate);
      if (sizeOf(j.program) < sizeOf((best[i] ?? active[i]!.c).program)) best[i] = j;
    }
    active = active.flatMap(({ c }, i) => {
      const smaller = best[i];
      if (!smaller) return [];
      const more = together(c.program, shown[i]!);
      Object.assign(c, { ...smaller, program: { ...smaller.program, name: c.program.name } });
      return [{ c, candidates: [...more, ...shrunk(c.program)] }];
    });
  }
}

function around(lines: readonly string[], at: number): string {
  return lines.slice(Math.max(0, at - 12), at + 6).join('\n');
}

function describe(c: Case): string {
  const [k, o] = [logLines(c.kernel.log), logLines(c.ours.log)];
  let at = k.findIndex((line, i) => line !== o[i]);
  if (at < 0) at = k.length;
  return [
    `## ${c.difference}: ${c.program.name} (${c.program.section}${c.program.flags.join(' ')})`,
    `kernel: ${c.kernel.verdict} ${c.kernel.errno}, ours: ${c.ours.verdict} ${c.ours.errno} ${c.ours.detail ?? ''}`,
    `kernel's last line: ${lastLine(k)}`,
    `our last line: ${lastLine(o)}`,
    '```',
    ...c.program.lines,
    '```',
    `Kernel around line ${at + 1}:`,
    '```',
    around(k, at),
    '```',
    'Ours:',
    '```',
    around(o, at),
    '```',
    '',
  ].join('\n');
}

const [first, count] = [Number(values.seed), Number(values.count)];
const counts: Record<string, number> = {};
const missing: Record<string, number> = {};
const found: Case[] = [];
for (let at = 0; at < count; at += BATCH) {
  const n = Math.min(BATCH, count - at);
  const judged = judge(Array.from({ length: n }, (_, i) => generate(first + at + i, values.section)));
  for (const c of judged) {
    const bump = (of: Record<string, number>, key: string): void => {
      of[key] = (of[key] ?? 0) + 1;
    };
    bump(counts, c.difference);
    bump(counts, `kernel ${c.kernel.verdict}`);
    if (c.difference === 'not covered') bump(missing, c.ours.detail ?? '');
    else if (c.difference !== 'equal') found.push(c);
  }
  console.log(`${at + n} programs: ${JSON.stringify(counts)}`);
}
console.log(JSON.stringify(missing));
found.sort(
  (a, b) => WORST.indexOf(a.difference) - WORST.indexOf(b.difference) || sizeOf(a.program) - sizeOf(b.program),
);
// Many programs show one difference; two of them are enough.
const groups: Record<string, number> = {};
const shown = found
  .filter((c) => {
    const kinds = [c.kernel, c.ours].map((r) => lastLine(logLines(r.log)).replace(/-?\d+/g, 'N'));
    const group = c.difference === 'log' || c.difference === 'processed line' ? c.difference : kinds.join('|');
    groups[group] = (groups[group] ?? 0) + 1;
    return groups[group] <= (c.difference === 'log' || c.difference === 'processed line' ? 8 : 2);
  })
  .slice(0, Number(values.shrink));
if (values.report) writeFileSync(values.report, shown.map(describe).join('\n'));
shrinkAll(shown, Number(values.rounds));
const report = shown.map(describe).join('\n');
if (values.report) writeFileSync(values.report, report);
else console.log(report);
process.exitCode = found.some((c) => c.difference === 'false accept' || c.difference === 'false reject') ? 1 : 0;
