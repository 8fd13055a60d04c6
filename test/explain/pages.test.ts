import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { errorPages } from './pages.ts';

const DIR = new URL('../../docs/errors/', import.meta.url);

test('docs/errors/ is what the catalogue makes; else `npx tsx scripts/make-error-pages.ts`', () => {
  const pages = errorPages();
  expect(pages.size).toBeGreaterThan(80);
  expect(readdirSync(DIR).sort()).toEqual([...pages.keys()].sort());
  for (const [name, text] of pages) expect(readFileSync(new URL(name, DIR), 'utf8'), name).toBe(text);
});
