/** Writes the pages of docs/errors/: `npx tsx scripts/make-error-pages.ts`. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { errorPages } from '../test/explain/pages.ts';

const DIR = new URL('../docs/errors/', import.meta.url).pathname;
const pages = errorPages();
mkdirSync(DIR, { recursive: true });
for (const old of readdirSync(DIR)) if (!pages.has(old)) rmSync(`${DIR}${old}`);
for (const [name, text] of pages) writeFileSync(`${DIR}${name}`, text);
