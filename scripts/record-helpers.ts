/**
 * Asks a real kernel which helpers each kind of program may call, and writes test/recorded/spec/helpers-6.12.json.
 * Usage: ORACLE_DIR=DIR npx tsx scripts/record-helpers.ts [KERNEL]   (DIR holds oracle.py; default ~/.oracle; KERNEL: 6.12, 6.1)
 */

import { writeFileSync } from 'node:fs';
import { HELPERS } from '../src/spec/helpers/index.ts';
import type { LoadRequest, LoadResult } from '../src/spec/request.ts';
import { hooks } from './hooks.ts';
import { askOracle } from './oracle.ts';

const RELEASES: Readonly<Record<string, string>> = { '6.12': '6.12.117', '6.1': '6.1.192' };
const kernel = process.argv[2] ?? '6.12';
const ask = (requests: readonly LoadRequest[]): LoadResult[] => askOracle(requests, 0, [], kernel);

function callInsns(id: number): string {
  const imm = Buffer.alloc(4);
  imm.writeUInt32LE(id);
  return `85000000${imm.toString('hex')} 9500000000000000`;
}

type Answer = 'allowed' | 'no' | 'not_allowed_in_probe' | 'might_sleep' | 'gpl';

function answer(result: LoadResult): Answer {
  const log = result.log ?? '';
  if (/cannot use helper|unknown func|invalid func|must have a GPL compatible license/.test(log)) return 'no';
  if (log.includes('not allowed in probe')) return 'not_allowed_in_probe';
  if (log.includes('might sleep')) return 'might_sleep';
  if (log.includes('GPL-restricted')) return 'gpl';
  if (log.includes('(85) call') || log.includes('!read_ok') || result.verdict === 'accept') return 'allowed';
  throw new Error(`${result.name}: ${result.verdict} ${result.stage} ${result.errname}: ${log}`);
}

const ids = Object.values(HELPERS)
  .map((row) => row.id)
  .sort((a, b) => a - b);
const all = hooks();
const alive = ask(all.map((h) => ({ ...h.request, name: h.name, insns: 'b700000001000000 9500000000000000' })));
const loadable = all.filter((_, i) => alive[i]?.verdict === 'accept' || alive[i]?.log?.includes('At program exit'));
const unloadable = Object.fromEntries(
  all.flatMap((h, i) => (loadable.includes(h) ? [] : [[h.name, alive[i]?.errname ?? alive[i]?.detail ?? '?']])),
);
const answers = ask(
  loadable.flatMap((h) => ids.map((id) => ({ ...h.request, name: `${h.name} ${id}`, insns: callInsns(id) }))),
).map(answer);
const byHook: Record<string, Partial<Record<Answer, number[]>>> = {};
loadable.forEach((h, i) => {
  const groups: Partial<Record<Answer, number[]>> = {};
  ids.forEach((id, j) => {
    const a = answers[i * ids.length + j]!;
    if (a !== 'no') groups[a] = [...(groups[a] ?? []), id];
  });
  byHook[h.name] = groups;
});
const closed = ask(
  ids.map((id) => {
    // LSM and struct_ops programs must be GPL whatever they call
    const hook = loadable.find(
      (h, i) => !/^(lsm|struct_ops)/.test(h.name) && answers[i * ids.length + ids.indexOf(id)] !== 'no',
    );
    return { ...(hook ?? loadable[0]!).request, license: 'Proprietary', name: String(id), insns: callInsns(id) };
  }),
).map(answer);
const gpl_only = ids.filter((_, i) => closed[i] === 'gpl');
const lines = Object.entries(byHook).map(([name, groups]) => `    ${JSON.stringify(name)}: ${JSON.stringify(groups)}`);
writeFileSync(
  new URL(`../test/recorded/spec/helpers-${kernel}.json`, import.meta.url),
  `{\n  "kernel": "${RELEASES[kernel]}",\n  "gpl_only": ${JSON.stringify(gpl_only)},\n  "unloadable": ${JSON.stringify(unloadable)},\n  "hooks": {\n${lines.join(',\n')}\n  }\n}\n`,
);
