/**
 * Makes what `bpflab run` shows: `npx tsx scripts/make-demo-capture.ts` writes programs/demo/demo.pcap and, in
 * maps.json, the maps that the node's agent would have filled, as bpftool prints them.
 */
import { writeFileSync } from 'node:fs';
import { writePcap } from '../src/net/pcap.ts';
import { problemText } from '../src/util/problem.ts';
import { demoEvents } from '../test/programs/demo.ts';
import { nodeMaps } from '../test/programs/node.ts';

const DIR = new URL('../programs/demo/', import.meta.url).pathname;
/** 2021-06-06 00:00 UTC. */
const FIRST_NS = 1_622_937_600_000_000_000n;

const events = demoEvents();
const capture = writePcap(
  events.map(({ ms, bytes }) => ({ timeNs: FIRST_NS + BigInt(ms) * 1_000_000n, bytes, origLen: bytes.length })),
);
if (!capture.ok) throw new Error(capture.problems.map(problemText).join('\n'));
writeFileSync(`${DIR}demo.pcap`, capture.value);

const maps = Object.entries(nodeMaps()).map(([name, elements]) => {
  const lines = elements.map((e) => `    ${JSON.stringify(e).replaceAll('","', '", "')}`);
  return `  ${JSON.stringify(name)}: [\n${lines.join(',\n')}\n  ]`;
});
writeFileSync(`${DIR}maps.json`, `{\n${maps.join(',\n')}\n}\n`);
