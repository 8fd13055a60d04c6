/**
 * Compares the collectors over the same traffic and writes the table of programs/gc/README.md: `npx tsx scripts/compare-gc.ts`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { compareCollectors, comparisonTable } from '../test/programs/gc/compare.ts';

const README = new URL('../programs/gc/README.md', import.meta.url);
const PLACE = /(<!-- comparison: made by scripts\/compare-gc\.ts -->\n)[\s\S]*?(\n<!-- end of comparison -->)/;

const table = comparisonTable(compareCollectors());
const text = readFileSync(README, 'utf8');
writeFileSync(
  README,
  text.replace(PLACE, (_, from: string, to: string) => `${from}${table}${to}`),
);
console.log(table);
