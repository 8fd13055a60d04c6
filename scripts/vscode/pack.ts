/** Puts the extension together: its own files, bpflab, and the packages that bpflab needs at run time. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contentTypes, type ExtensionManifest, vsixManifest } from './manifest.ts';
import { zip } from './zip.ts';

type Files = Map<string, Uint8Array>;

/** Files below a folder whose path from it is wanted; `/` separates everywhere. */
function take(files: Files, from: string, to: string, wanted: (path: string) => boolean): void {
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const full = join(entry.parentPath, entry.name);
    const path = full.slice(from.length + 1).replaceAll('\\', '/');
    if (wanted(path)) files.set(`${to}/${path}`, readFileSync(full));
  }
}

/** The extension's own code, compiled from its sources as they are now. */
function takeCode(files: Files, root: string): void {
  const out = mkdtempSync(join(tmpdir(), 'bpflab-vscode-'));
  try {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const args = [tsc, '-p', join(root, 'editors/vscode/tsconfig.json'), '--outDir', out];
    const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(stdout);
    take(files, out, 'extension/out', () => true);
  } finally {
    rmSync(out, { recursive: true });
  }
}

const isRuntime = (path: string): boolean =>
  !/\.(?:map|d\.[cm]?ts)$/.test(path) && !/^(?:typings|browser)\//.test(path);
const OWN = /^(?:package\.json|README\.md|language-configuration\.json|syntaxes\/.*|data\/.*)$/;

/** Packages of `dependencies` need no others; a new one that does would be found missing when the .vsix is tested. */
function takeBpflab(files: Files, root: string): void {
  const { name, version, license, type, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const to = 'extension/bpflab';
  const text = `${JSON.stringify({ name, version, license, type, dependencies }, null, 2)}\n`;
  files.set(`${to}/package.json`, Buffer.from(text));
  files.set(`${to}/LICENSE`, readFileSync(join(root, 'LICENSE')));
  take(files, join(root, 'dist'), `${to}/dist`, isRuntime);
  take(files, join(root, 'docs/errors'), `${to}/docs/errors`, () => true);
  for (const dependency of Object.keys(dependencies)) {
    take(files, join(root, 'node_modules', dependency), `${to}/node_modules/${dependency}`, isRuntime);
  }
}

/** The .vsix and the name that it should have. bpflab must have been built. */
export function packExtension(root: string): { name: string; bytes: Uint8Array } {
  const files: Files = new Map();
  const own = join(root, 'editors/vscode');
  take(files, own, 'extension', (path) => OWN.test(path));
  takeCode(files, root);
  takeBpflab(files, root);
  files.set('extension/LICENSE.txt', readFileSync(join(root, 'LICENSE')));
  const manifest = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8')) as ExtensionManifest;
  files.set('extension.vsixmanifest', Buffer.from(vsixManifest(manifest)));
  files.set('[Content_Types].xml', Buffer.from(contentTypes([...files.keys()])));
  return { name: `${manifest.name}-${manifest.version}.vsix`, bytes: zip(files) };
}
