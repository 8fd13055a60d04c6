/** Makes the VS Code extension: `npm run build && npx tsx scripts/package-vscode.ts [FOLDER]` (default: editors/vscode). */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { packExtension } from './vscode/pack.ts';

const root = resolve(import.meta.dirname, '..');
const { name, bytes } = packExtension(root);
const path = join(resolve(process.argv[2] ?? join(root, 'editors/vscode')), name);
writeFileSync(path, bytes);
console.log(`${path}: ${bytes.length} bytes`);
