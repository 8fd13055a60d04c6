/** Writes what docs/ holds of the tables of node and scenario files: `npx tsx scripts/make-file-docs.ts`. */
import { writeFileSync } from 'node:fs';
import { nodeSchema } from '../src/kernel/net/file/schema.ts';
import { scenarioSchema } from '../src/kernel/scenario/file/schema.ts';

const write = (path: string, text: string): void => writeFileSync(new URL(`../docs/${path}`, import.meta.url), text);

write('node.schema.json', `${JSON.stringify(nodeSchema(), null, 2)}\n`);
write('scenario.schema.json', `${JSON.stringify(scenarioSchema(), null, 2)}\n`);
