/** Writes what docs/ holds of the tables of node and scenario files: `npx tsx scripts/make-file-docs.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { nodeSchema } from '../src/kernel/net/file/schema.ts';
import { scenarioTables } from '../src/kernel/scenario/file/document.ts';
import { scenarioSchema } from '../src/kernel/scenario/file/schema.ts';

const place = (path: string): URL => new URL(`../docs/${path}`, import.meta.url);
const write = (path: string, text: string): void => writeFileSync(place(path), text);

write('node.schema.json', `${JSON.stringify(nodeSchema(), null, 2)}\n`);
write('scenario.schema.json', `${JSON.stringify(scenarioSchema(), null, 2)}\n`);

const marks = /(<!-- tables[^>]*-->\n)[\s\S]*(<!-- end of tables -->)/;
const page = readFileSync(place('scenario.md'), 'utf8');
write(
  'scenario.md',
  page.replace(marks, (_, begin: string, end: string) => `${begin}\n${scenarioTables()}\n\n${end}`),
);
