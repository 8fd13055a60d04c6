/** Writes what the VS Code extension takes from the tables: `npx tsx scripts/make-vscode-grammar.ts`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { vscodeFiles } from './vscode/files.ts';

const DIR = new URL('../editors/vscode/', import.meta.url).pathname;
for (const [path, text] of vscodeFiles()) {
  mkdirSync(`${DIR}${path.slice(0, path.lastIndexOf('/'))}`, { recursive: true });
  writeFileSync(`${DIR}${path}`, text);
}
