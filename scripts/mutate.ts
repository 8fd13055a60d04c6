/**
 * The mutation check of the programs: every insn of every program that scenarios load is broken in several ways, and some
 * scenario, or the verifier, has to notice:
 * `npx tsx scripts/mutate.ts [--only TEXT] [--sample N] [--seed N] [--json] [--write] [--survivors] [--entries] [--root DIR]`.
 * `--entries` prints what of programs/mutants.json is missing, to be given reasons; `--write` puts the table into docs/mutation.md. Exit status 1 when a mutant survives that is not in
 * programs/mutants.json, when one that is there is noticed, or when the score is below 97 %.
 */
import { fork } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Check, type Judged } from './mutation/check.ts';
import { quietIo } from './mutation/io.ts';
import { type ListFile, newEntries, staleEntries } from './mutation/list.ts';
import { mutationPage } from './mutation/page.ts';
import { sampled } from './mutation/sample.ts';
import { Suite } from './mutation/suite.ts';
import { GOAL, markdownTable, mutantLine, tallies } from './mutation/table.ts';

const { values } = parseArgs({
  options: {
    root: { type: 'string', default: resolve(import.meta.dirname, '../programs') },
    only: { type: 'string', default: '' },
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    /** Of a worker process: which part of the mutants is its own. */
    part: { type: 'string' },
    processes: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
    survivors: { type: 'boolean', default: false },
    entries: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

const listFile = join(values.root, 'mutants.json');
const list = existsSync(listFile) ? (JSON.parse(readFileSync(listFile, 'utf8')) as ListFile).mutants : [];

/** What workers tell: mutants that were judged, and at the end what could not be used. */
type Message = { readonly judged: readonly Judged[]; readonly of: number } | { readonly broken: readonly string[] };

/** What all workers told. */
interface Answer {
  readonly judged: readonly Judged[];
  readonly broken: readonly string[];
}

const PIECE = 100;

/** Judges the mutants of one part, and tells of them piece by piece. */
async function work(part: number, parts: number, tell: (message: Message) => Promise<void>): Promise<void> {
  const check = new Check(new Suite(quietIo, values.root), list, values.only);
  const { sample, seed } = values;
  const all = sample === undefined ? check.mutants : sampled(check.mutants, Number(sample), Number(seed));
  // Mutants of neighbouring insns have much in common, what they cost too: parts are slices.
  const own = all.filter((_, i) => Math.floor(i / PIECE) % parts === part);
  for (let i = 0; i < own.length; i += PIECE) {
    await tell({ judged: own.slice(i, i + PIECE).map((mutant) => check.judge(mutant)), of: own.length });
  }
  await tell({ broken: check.broken });
}

/** Runs a worker; fails when it ends before it has told all. */
function inProcess(part: number, parts: number, progress: (done: number, of: number) => void): Promise<Answer> {
  return new Promise((done, failed) => {
    const child = fork(fileURLToPath(import.meta.url), [...process.argv.slice(2), '--part', `${part}/${parts}`]);
    const judged: Judged[] = [];
    let broken: readonly string[] | undefined;
    child.on('message', (message: Message) => {
      if ('broken' in message) ({ broken } = message);
      else {
        judged.push(...message.judged);
        progress(judged.length, message.of);
      }
    });
    child.on('exit', (code) => (broken ? done({ judged, broken }) : failed(new Error(`a worker ended with ${code}`))));
  });
}

async function main(): Promise<void> {
  const parts = Number(values.processes);
  const start = performance.now();
  const progress = new Map<number, string>();
  const answers = await Promise.all(
    Array.from({ length: parts }, (_, part) =>
      inProcess(part, parts, (done, of) => {
        progress.set(part, `${done}/${of}`);
        if (process.stderr.isTTY) process.stderr.write(`\r${[...progress.values()].join('  ')} mutants `);
      }),
    ),
  );
  const judged = answers.flatMap((a) => a.judged);
  const broken = answers[0]?.broken ?? [];
  const { all } = tallies(judged);
  const whole = values.sample === undefined && values.only === '';
  const stale = staleEntries(list, judged, whole);
  const survivors = judged.filter((j) => j.fate === 'survived' || j.fate === 'unexecuted');
  const unlisted = survivors.filter((j) => !j.listed);
  const crashes = judged.filter((j) => j.fate === 'crash');
  const seconds = Math.round((performance.now() - start) / 1000);
  if (values.json) console.log(JSON.stringify({ ...tallies(judged), judged, broken, stale, seconds }, undefined, 1));
  else if (values.entries) {
    console.log(
      newEntries(unlisted)
        .map((entry) => JSON.stringify(entry))
        .join(',\n'),
    );
  } else {
    if (process.stderr.isTTY) process.stderr.write('\n');
    console.log(markdownTable(judged));
    for (const j of values.survivors ? survivors : unlisted) console.log(`${j.fate}: ${mutantLine(j)}`);
    for (const j of crashes) console.log(`crash: ${mutantLine(j)}`);
    for (const entry of stale) console.log(`stale: ${JSON.stringify(entry)}`);
    for (const line of broken) console.log(`unusable: ${line}`);
    console.log(`${judged.length} mutants in ${seconds} s`);
  }
  if (values.write) writeFileSync(resolve(import.meta.dirname, '../docs/mutation.md'), mutationPage(judged));
  const bad = all.score < GOAL || broken.length + unlisted.length + stale.length + crashes.length > 0;
  process.exitCode = bad ? 1 : 0;
}

if (values.part === undefined) await main();
else {
  const [part, parts] = values.part.split('/').map(Number) as [number, number];
  await work(
    part,
    parts,
    (message) => new Promise((sent) => process.send!(message, undefined, undefined, () => sent())),
  );
  process.disconnect!();
}
