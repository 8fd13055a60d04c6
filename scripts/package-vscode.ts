/** Makes the VS Code extension: `npm run build && npx tsx scripts/package-vscode.ts [FOLDER]` (default: editors/vscode). */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { packExtension } from './vscode/pack.ts';

const root = resolve(import.meta.dirname, '..');
const { name, bytes } = packExtension(root);
const path = join(resolve(process.argv[2] ?? join(root, 'editors/vscode')), name);
mkdirSync(dirname(path), { recursive: true });
writeFileSync(path, bytes);
console.log(`${path}: ${bytes.length} bytes`);
