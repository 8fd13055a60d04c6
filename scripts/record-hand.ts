/**
 * Records what the kernel's verifier says of the programs of test/verifier/hand/, whole logs: `npx tsx scripts/record-hand.ts [GROUP …]`
 * (needs the oracle). Writes test/recorded/verifier/hand/GROUP.json.gz. EXPECT lines that are missing in the `.bpf` files are added.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { bpfFiles, HAND_DIR, programsOfFile } from '../test/verifier/hand/bpfFiles.ts';
import { expectation, HAND_GROUPS, handOutcome, recordedGroup } from '../test/verifier/hand/requests.ts';
import type { Outcome } from '../test/verifier/outcome.ts';
import { askOracle } from './oracle.ts';

const asked = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(HAND_GROUPS);
for (const group of asked) {
  const named = [...HAND_GROUPS[group]!()];
  const requests = named.map(([, request]) => request);
  const answers = askOracle(requests, 2);
  const golden = Object.fromEntries(answers.map((answer, i) => [named[i]![0], handOutcome(answer)]));
  mkdirSync(new URL('.', recordedGroup(group)), { recursive: true });
  writeFileSync(recordedGroup(group), gzipSync(JSON.stringify(golden), { level: 9 }));
  if (group === 'files') for (const file of bpfFiles()) addExpectations(file, golden);
}

function addExpectations(file: string, golden: Readonly<Record<string, Outcome>>): void {
  let text = readFileSync(new URL(file, HAND_DIR), 'utf8');
  for (const { name, expect } of programsOfFile(file)) {
    if (expect !== '') continue;
    const head = `=== ${name.slice(name.indexOf(': ') + 2)}\n`;
    text = text.replace(head, () => `${head}# EXPECT ${expectation(golden[name]!)}\n`);
  }
  writeFileSync(new URL(file, HAND_DIR), text);
}
